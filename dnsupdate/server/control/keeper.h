/*
 * Everything about zones that is not answering: they come from disk at start and stay there
 * (store.h), secondaries are told and fed (notifier.h, transfer.h), the administrator adds and
 * removes zones and keys (control.h).  One object for main.c to begin and end.
 *
 * What is added at run time stands in STATE/added.conf, in the syntax of the configuration,
 * readable by nobody else; it is written anew, atomically, with each change.
 */
#ifndef DNSUPDATE_SERVER_CONTROL_KEEPER_H
#define DNSUPDATE_SERVER_CONTROL_KEEPER_H

#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/server.h"
#include "loop/loop.h"

struct control;
struct import;
struct notifier;
struct secure;
struct store;
struct subscriptions;
struct transfers;

#define KEEPER_WHY_MAX 512

struct keeper {
	/* set by main.c */
	struct loop *loop;
	struct server *server;
	struct conf *conf; /* replaced by keeper_reload */
	const char *conf_path;
	struct subscriptions *subscriptions;
	struct secure *secure; /* NULL: no TLS */
	/* a zone was opened and can be changed; cz: its section */
	void (*opened)(void *ctx, struct zone *z, const struct conf_zone *cz);
	void *opened_ctx;
	/* its own */
	struct conf added; /* zones that were added at run time; their keys are in the ring only */
	struct store *store;
	struct transfers *transfers;
	struct notifier *notifier;
	struct control *control;
	struct loop_timer *work;
	uint64_t started_ms;
};

/* As root, in the run directory: open the control socket. */
void keeper_prepare(struct keeper *k);
/*
 * When the process is locked in and its directories are there: fill the server's zones, which are
 * empty, from disk, and those added at run time; a zone without anything there begins as the
 * configuration says.  A zone that cannot be read is not served (zone.broken), with a line in the
 * log.  Errors of the state directory itself end the process.
 */
void keeper_begin(struct keeper *k);
void keeper_end(struct keeper *k);

/* ---- changes at run time: 0, or -1 with a sentence in why and nothing changed ---- */

/* Serve this zone from now on; cz is copied but for its keys.  Its data on disk, if any, comes
 * back. */
int keeper_add_zone(struct keeper *k, const struct conf_zone *cz, char why[KEEPER_WHY_MAX]);
/* Serve it no more and remove its data and keys. */
int keeper_remove_zone(struct keeper *k, struct zone *z, char why[KEEPER_WHY_MAX]);
/* text: "hmac-sha256:NAME:SECRET" */
int keeper_add_key(struct keeper *k, struct zone *z, enum key_kind kind, const char *text,
    char why[KEEPER_WHY_MAX]);
int keeper_remove_key(struct keeper *k, const struct name *name, char why[KEEPER_WHY_MAX]);
/* Read the configuration again. */
int keeper_reload(struct keeper *k, char why[KEEPER_WHY_MAX]);
/* Make the zone's records these (import.h). */
int keeper_import(struct keeper *k, struct import *i, char why[KEEPER_WHY_MAX]);

/* Was it added at run time?  NULL if not. */
const struct conf_zone *keeper_added(const struct keeper *k, const struct name *zone);

#endif
