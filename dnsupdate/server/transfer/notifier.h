/* NOTIFY over UDP: who is told about which zone (notify.h decides when). */
#ifndef DNSUPDATE_SERVER_TRANSFER_NOTIFIER_H
#define DNSUPDATE_SERVER_TRANSFER_NOTIFIER_H

#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/server.h"
#include "loop/loop.h"

struct notifier;

/* from: what the server listens at; secondaries may know it by its address, so messages come from
 * the first one of their family. */
struct notifier *notifier_new(struct loop *l, struct server *s, const struct conf_addresses *from);
void notifier_free(struct notifier *n);

/* Tell these about z from now on, beginning at once; in place of those before.  Messages are signed
 * with the transfer key that is named, and without it not sent; with no name, with the first one by
 * the alphabet, if there is any.  Never with a weak one. */
void notifier_set(struct notifier *n, struct zone *z, const struct conf_secondaries *to);
/* The zone goes. */
void notifier_forget(struct notifier *n, struct zone *z);

struct notifier_stats {
	uint64_t sent, answered;
};
void notifier_stats(const struct notifier *n, struct notifier_stats *out);

#endif
