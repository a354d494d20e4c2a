/*
 * The hosts that serve a zone and their addresses, as discovery finds them, put in the order in
 * which they are to be tried: pure.  TLS before clear text, then by the priority and weight of SRV
 * (RFC 2782), then by address family in turns, IPv6 first (RFC 8305 section 4).
 */
#ifndef CLIENT_TARGETS_H
#define CLIENT_TARGETS_H

#include "base/msg.h"
#include "dnsupdate/wire/rdata.h"

#define TARGETS_MAX 8
#define TARGET_ADDRS_MAX 4 /* of each family */

enum target_kind { TARGET_TLS, TARGET_PLAIN, TARGET_LLQ };

struct target {
	char host[MSG_NAME_MAX];
	uint16_t port, priority, weight;
	uint8_t kind; /* enum target_kind */
	uint8_t count[2]; /* IPv6, IPv4 */
	struct endpoint addr[2][TARGET_ADDRS_MAX];
};

struct targets {
	unsigned count;
	struct target t[TARGETS_MAX];
};

/* A host that an SRV record of this kind names.  Those without name or port ("not offered"), those
 * already there and those beyond the limit are left out. */
void targets_add(struct targets *t, enum target_kind kind, const struct srv *srv);
/* An address of host, for every target of this name; port unused. */
void targets_address(struct targets *t, const char *host, const struct endpoint *addr);
int targets_have(const struct targets *t, enum target_kind kind);

/* Write the servers of the kinds TLS and PLAIN (want_llq 0), or LLQ alone, at most max, each once.
 * random gives a value below its argument.  Addresses inside tunnels (ULA) and those nobody can be
 * reached at are left out.  Returns how many. */
unsigned targets_order(const struct targets *t, int want_llq, uint32_t (*random)(uint32_t range),
    struct dns_server *out, unsigned max);

#endif
