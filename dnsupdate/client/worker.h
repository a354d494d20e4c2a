/* What the files of the worker share: nobody else includes this. */
#ifndef CLIENT_WORKER_H
#define CLIENT_WORKER_H

#include "dnsupdate/client/publish.h"
#include "dnsupdate/client/resolve.h"
#include "dnsupdate/client/transport.h"
#include "dnsupdate/client/watch.h"

struct worker {
	struct loop *loop;
	struct loop_channel *channel;
	struct loop_timer *step;
	struct loop_timer *bound; /* of quitting */
	struct resolve *resolve;
	struct msg_dns_zone zone; /* hdr.type 0 = none yet */
	struct name domain, host, service;
	struct tsig_signer signer; /* its secret is in zone */
	struct transport *transport;
	struct publish publish;
	struct publish_mark mark; /* read, or being written */
	struct watch *watch; /* NULL = no zone yet */
	uint32_t readings; /* of watch, when our own records were last doubted */
	enum outcome outcome; /* of watch, then */
	enum outcome said; /* logged last about publishing */
	int64_t skew_sec;
	uint64_t heard_ms;
	int quitting;
	/* Finding the server, when the manager names none. */
	int finding;
	uint64_t find_ms, find_wait_ms;
	unsigned finds_failed; /* in a row */
	char no_server[MSG_TEXT_MAX];
	/* To the manager. */
	int synced; /* said */
	struct msg_dns_state told;
	union msg out;
};

/* Have step() run soon. */
void worker_wake(struct worker *w);

/* Send what publish.c has due.  worker.c calls it when server and zone may be known. */
void own_step(struct worker *w, uint64_t now);

#endif
