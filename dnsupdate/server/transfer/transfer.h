/* Transfers in progress: AXFR and IXFR questions (server.h's hook) become streams of messages. */
#ifndef DNSUPDATE_SERVER_TRANSFER_TRANSFER_H
#define DNSUPDATE_SERVER_TRANSFER_TRANSFER_H

#include "dnsupdate/server/server.h"

struct transfers;

/* Plugs itself into s's hooks. */
struct transfers *transfers_new(struct server *s);
/* Connections that still carry one must be gone before. */
void transfers_free(struct transfers *t);
/* The zone goes: end those of it. */
void transfers_forget(struct transfers *t, const struct zone *z);

struct transfers_stats {
	uint64_t full, incremental, current; /* begun, by what was answered */
	uint64_t refused; /* because there were LIMIT_TRANSFERS already */
	size_t running;
};
void transfers_stats(const struct transfers *t, struct transfers_stats *out);

#endif
