/*
 * By which channel changes are learnt: Push, else long-lived queries, else looks at the SOA serial.
 * Pure.  Climbs back up by itself.  Times are boot-time milliseconds.
 */
#ifndef CLIENT_LADDER_H
#define CLIENT_LADDER_H

#include "base/msg.h"

/* How things stand now. */
struct ladder_facts {
	int zone_known; /* the server has answered */
	int has_stream; /* there is, or may be, a connection that can carry Push */
	int push_live, llq_live;
	uint64_t push_not_before_ms; /* a Push session is of no use before */
};

struct ladder {
	uint32_t (*jitter)(uint32_t range);
	uint64_t trying_ms; /* since when Push is hoped for in vain, 0 = it is not */
	uint64_t srv_ms; /* not before: ask for the SRV record of long-lived queries */
	uint64_t asked_ms; /* when it was last asked for, 0 = never */
	uint16_t llq_port; /* what it says; 0 = nothing */
	int asking;
	uint8_t source; /* enum dns_source, as it is now */
	uint64_t since_ms; /* since when */
};

void ladder_init(struct ladder *c, uint32_t (*jitter)(uint32_t range));
/* Another server, or it is back from an absence: it may have learnt something. */
void ladder_back(struct ladder *c, uint64_t now);

struct ladder_orders {
	int hold; /* keep a connection for Push */
	int ask_srv; /* ask the server for the SRV record, answer with ladder_srv */
	int llq; /* long-lived queries are to run, at llq_port */
};
struct ladder_orders ladder_step(struct ladder *c, const struct ladder_facts *f, uint64_t now);
/* When to call it again if nothing else happens; UINT64_MAX = never. */
uint64_t ladder_wake(const struct ladder *c, const struct ladder_facts *f, uint64_t now);

/* The port the SRV record names, 0 = there is none; failed: there was no answer. */
void ladder_srv(struct ladder *c, int failed, uint16_t port, uint64_t now);

#endif
