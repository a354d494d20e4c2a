/*
 * DNS cookies (RFC 7873) as RFC 9018 makes them: who returns ours can receive at the address he
 * claims, so his packets need no rate limit.  Nothing is kept for a client.
 */
#ifndef DNSUPDATE_SERVER_NET_COOKIE_H
#define DNSUPDATE_SERVER_NET_COOKIE_H

#include "crypto/siphash.h"
#include "dnsupdate/server/request.h"

#define OPTION_COOKIE 10
#define COOKIE_CLIENT_LEN 8
#define COOKIE_LEN 24 /* the client's and ours */

enum cookie {
	COOKIE_NONE,
	COOKIE_BAD, /* of a length that cannot be: FORMERR */
	COOKIE_NEW, /* without one of ours, or with an old or a foreign one */
	COOKIE_GOOD,
};

/* Judge the option of a message from this address, and write the cookie to answer with to out,
 * unless it is NONE or BAD. */
enum cookie cookie_check(const struct siphash_key *secret, const struct message *m,
    const union socket_address *from, uint32_t now_sec, uint8_t out[COOKIE_LEN]);

#endif
