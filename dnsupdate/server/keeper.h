/*
 * Everything about zones that is not answering: they come from disk at start and stay there
 * (store.h), secondaries are told and fed (notify.h, transfer.h), the administrator adds and
 * removes them (control.h).  One object for main.c to begin and end.
 */
#ifndef DNSUPDATE_SERVER_KEEPER_H
#define DNSUPDATE_SERVER_KEEPER_H

#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/server.h"
#include "loop/loop.h"

struct notifier;
struct store;
struct transfers;

struct keeper {
	const struct conf *conf;
	struct server *server;
	struct store *store;
	struct transfers *transfers;
	struct notifier *notifier;
	struct loop_timer *work;
};

/*
 * When the process is locked in and its directories are there: fill the server's zones, which are
 * empty, from disk; a zone without anything there begins as the configuration says.  A zone that
 * cannot be read is not served (zone.broken), with a line in the log.  Errors of the state
 * directory itself end the process.
 */
void keeper_begin(struct keeper *k, struct loop *l, struct server *s, const struct conf *c);
void keeper_end(struct keeper *k);

#endif
