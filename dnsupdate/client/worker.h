/* What the files of the worker share: nobody else includes this. */
#ifndef CLIENT_WORKER_H
#define CLIENT_WORKER_H

#include "dnsupdate/client/ladder.h"
#include "dnsupdate/client/llq_io.h"
#include "dnsupdate/client/publish.h"
#include "dnsupdate/client/push_session.h"
#include "dnsupdate/client/roster_follow.h"
#include "dnsupdate/client/server.h"
#include "dnsupdate/client/transport.h"
#include "dnsupdate/client/watch.h"
#include "dnsupdate/client/whoami.h"

struct worker {
	struct loop *loop;
	struct loop_channel *channel;
	struct loop_timer *step;
	struct loop_timer *bound; /* of quitting */
	struct server server;
	struct msg_dns_zone zone; /* hdr.type 0 = none yet */
	struct name domain, host, service;
	struct tsig_signer signer; /* its secret is in zone */
	struct transport *transport;
	struct publish publish;
	struct publish_mark mark; /* read, or being written */
	struct watch *watch; /* NULL = no zone yet */
	uint32_t readings, surprises; /* of watch, at the last step */
	struct roster_follow roster;
	struct whoami whoami[MSG_LOOKS_MAX];
	struct transport *aside[MSG_LOOKS_MAX]; /* for one question of theirs; or NULL */
	enum outcome outcome; /* of watch, then */
	/* How changes are learnt. */
	struct ladder ladder;
	struct push_session push;
	int stream_up;
	int greeting; /* the stream stands: we have to show our key on it first */
	unsigned streams; /* connections so far, to know an answer's */
	struct llq_client llq;
	struct llq_io *llq_io; /* NULL = not running */
	unsigned llqs_failed; /* places tried in vain */
	enum outcome said; /* logged last about publishing */
	int64_t skew_sec;
	uint64_t heard_ms;
	int quitting;
	/* To the manager. */
	int synced; /* said */
	struct msg_dns_state told;
	union msg out;
};

/* Have step() run soon. */
void worker_wake(struct worker *w);

/* others.c: with the machines of the account.  All from the first zone on. */
void others_start(struct worker *w); /* once */
void others_start_over(struct worker *w); /* another server, key or domain; transport is new */
void others_end(struct worker *w); /* say good-bye; transport is still there */
void others_step(struct worker *w, uint64_t now);
uint64_t others_wake(const struct worker *w, uint64_t now);

/* others_push.c: the transport is new; send what is due; tell of what was pushed; the server is
 * back, or another. */
void others_push_begin(struct worker *w);
void others_push_step(struct worker *w, uint64_t now);
void others_push_hear(struct worker *w, uint64_t now);
void others_push_again(struct worker *w);

/* others_llq.c: ask for the SRV record (the answer goes to the ladder); run or stop, and send what
 * is due; give all back; make sure of it. */
void others_llq_ask(struct worker *w, uint64_t now);
void others_llq_step(struct worker *w, int wanted, uint64_t now);
void others_llq_stop(struct worker *w, uint64_t now);
void others_llq_hurry(struct worker *w, uint64_t now);

/* Send w->out to the manager; 0, or -1 when it must wait for room. */
int worker_say(struct worker *w);

/* roster.c: ask what roster_follow.c has due; and tell the manager, 0 or -1 as above. */
void roster_ask(struct worker *w, uint64_t now);
int roster_tell(struct worker *w);

/* whoami_ask.c: ask what whoami.c has due; tell the manager, 0 or -1 as above; the server is gone,
 * or another. */
void whoami_ask(struct worker *w, uint64_t now);
int whoami_tell(struct worker *w);
void whoami_leave(struct worker *w);

/* Send what publish.c has due.  worker.c calls it when server and zone may be known. */
void own_step(struct worker *w, uint64_t now);

#endif
