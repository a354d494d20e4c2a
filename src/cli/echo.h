/* ICMPv6 echo (RFC 4443, section 4), as bytes.  PURE. */
#ifndef CLI_ECHO_H
#define CLI_ECHO_H

#include <stddef.h>
#include <stdint.h>

#define ECHO_LEN 64 /* header, cookie, padding: as much as ping(8) sends */

struct echo {
	uint16_t id; /* the kernel puts its own there on an unprivileged socket */
	uint16_t seq;
	uint64_t cookie; /* random, ours: tells our replies from other programs' */
};

/* The request, checksum left to the kernel. */
void echo_request(const struct echo *e, uint8_t out[ECHO_LEN]);

/* Is this the reply to such a request?  The identifier is not compared, see above.
 * 0, or -1 when it is anything else. */
int echo_reply(const uint8_t *data, size_t len, struct echo *out);

#endif
