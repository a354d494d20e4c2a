/* The server as a whole: its parts, its timers and signals. */
#ifndef DNSUPDATE_SERVER_DNSD_H
#define DNSUPDATE_SERVER_DNSD_H

#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/control/keeper.h"
#include "dnsupdate/server/server.h"

struct conns;
struct listeners;
struct secure;
struct subscriptions;

struct dnsd {
	const char *config; /* its file */
	struct conf conf;
	struct server server;
	struct loop *loop;
	struct conns *conns;
	struct listeners *listeners;
	struct keeper keeper;
	struct secure *secure; /* NULL: no TLS */
	struct subscriptions *subscriptions;
	struct loop_timer *commit_timer, *lease_timer;
	struct loop_timer *stop_timer; /* NULL until a signal asks for the end */
	struct loop_signal *term, *interrupt, *hangup;
};

/* Configuration and server are filled, zones still without records.  Returns the exit status. */
int dnsd_run(struct dnsd *d);
/* Print the pin of the TLS key, which is made if there is none. */
int dnsd_print_pin(struct dnsd *d);

#endif
