/*
 * Long-lived queries (RFC 8764), the client's side: a pure machine for all questions that are kept
 * open at one server.  It says which datagram to send and takes those that came.  What an event
 * says is not used: it only tells that something has changed.  Times are boot-time milliseconds.
 */
#ifndef CLIENT_LLQ_CLIENT_H
#define CLIENT_LLQ_CLIENT_H

#include "dnsupdate/wire/llq.h"

#include <sys/queue.h>

#define LLQ_CLIENT_NEVER UINT64_MAX
#define LLQ_CLIENT_OUT_MAX 16 /* requests without an answer */

enum llq_state {
	LLQ_IDLE, /* to be set up at at_ms */
	LLQ_SETTING_UP, /* (1) is out */
	LLQ_RESPONDING, /* (3) is out: the challenge came back */
	LLQ_LIVE,
	LLQ_REFRESHING, /* live, and a refresh is out */
	LLQ_FIXED, /* the server says that it never changes */
	LLQ_ENDING, /* a refresh with lease 0 is to be sent, then it is gone */
};

struct llq_entry {
	LIST_ENTRY(llq_entry) bucket; /* by id, when it has one */
	TAILQ_ENTRY(llq_entry) entry;
	struct question q;
	uint16_t number;
	uint16_t msg_id; /* of the request that is out */
	uint8_t state; /* enum llq_state */
	uint8_t tries; /* of that request */
	uint64_t id; /* 0 = none yet */
	uint32_t lease_sec; /* granted */
	uint64_t at_ms; /* when something is to be done next */
	uint64_t granted_ms; /* when the lease began */
};

TAILQ_HEAD(llq_list, llq_entry);
LIST_HEAD(llq_bucket, llq_entry);
#define LLQ_BUCKETS 256

struct llq_client {
	uint32_t (*jitter)(uint32_t range);
	uint16_t (*random_id)(void);
	struct llq_list all;
	struct llq_bucket bucket[LLQ_BUCKETS];
	struct llq_entry *number[MSG_PEERS_MAX + 1];
	unsigned count, out, live; /* entries; requests out; live ones */
	uint64_t off_ms; /* not before: the server has no LLQ */
	uint32_t keep_ms; /* keep the way back open by a refresh each so long; 0 = it stays open */
	int works; /* a set-up has succeeded since the last llq_client_forget */
	const char *why; /* there is no LLQ: a phrase for the log */
};

/* jitter gives a random value below its argument, random_id an unpredictable message ID. */
void llq_client_init(
    struct llq_client *c, uint32_t (*jitter)(uint32_t range), uint16_t (*random_id)(void));
void llq_client_clear(struct llq_client *c);

/* The question with this number is q (class IN, a real type); NULL = none any more. */
void llq_client_set(struct llq_client *c, uint16_t number, const struct question *q);

/* Another server, or other sockets: everything is to be set up anew. */
void llq_client_forget(struct llq_client *c);
/* The server has been started anew, or is reachable again: try at once. */
void llq_client_pardon(struct llq_client *c);
/* Something changed of which we were not told: ask whether the server still knows us. */
void llq_client_doubt(struct llq_client *c, uint64_t now);
/* Give all back (RFC 8764 section 7.2): llq_client_next says so to the server. */
void llq_client_stop(struct llq_client *c);

/* 1: send what is in b (which starts empty), a request; its answer is believed only if it is signed
 * as the request was.  0: nothing now. */
int llq_client_next(struct llq_client *c, uint64_t now, struct buf *b);
/* When to call it. */
uint64_t llq_client_wake(const struct llq_client *c);

enum llq_heard {
	LLQ_HEARD_NOTHING,
	LLQ_HEARD_ANSWERS, /* to q: all there is, m has it */
	LLQ_HEARD_CHANGE, /* of what is at q */
	LLQ_HEARD_LOST, /* the server has forgotten q: whatever was there may have changed */
};
/* A datagram of the server came.  proven: it answers the signed request of the same ID.  When ack
 * holds something afterwards, send it back. */
enum llq_heard llq_client_take(struct llq_client *c, const struct message *m, int proven,
    uint64_t now, struct question *q, struct buf *ack);

/* Is every change told to us?  Only then may looks be rare. */
int llq_client_live(const struct llq_client *c);

#endif
