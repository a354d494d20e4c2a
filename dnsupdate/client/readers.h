/*
 * Machines being read, eight at a time: which questions about them are out and what came back.
 * Pure.
 */
#ifndef CLIENT_READERS_H
#define CLIENT_READERS_H

#include "dnsupdate/client/machines.h"
#include "dnsupdate/client/outcome.h"

#define READERS_MAX 8
#define READERS_OPEN_MAX 24 /* questions out at a time */

/* A question to send; its answer comes back under the same ticket. */
struct watch_ask {
	uint32_t ticket;
	int fresh; /* only the server's own answer will do, not what it has pushed */
	struct question q;
};

struct reader {
	struct machine *m; /* NULL = free */
	/* The TXT record is asked for before the others: read in any other order, old contacts
	 * might be taken for those of a newer epoch, and never be read again. */
	int epoch_first; /* its answer is not there yet */
	int may_skip; /* where the epoch is the one we know, the rest need not be read */
	int fresh;
	struct peer_reader r;
};

struct readers {
	struct reader reader[READERS_MAX];
	struct {
		uint32_t ticket; /* 0 = free */
		int reader;
		struct question q;
	} open[READERS_OPEN_MAX];
};

/* Forget all readers and their questions. */
void readers_clear(struct readers *rs);
/* Is there room for one more? */
int readers_free(const struct readers *rs);
/* Begin to read m; -1 when its name is none to ask for. */
int readers_begin(struct readers *rs, struct machine *m, const struct name *zone, int may_skip);

/* 1 and *ask under the ticket *last + 1: send this.  0: nothing for now. */
int readers_next(struct readers *rs, uint32_t *last, struct watch_ask *ask);

enum readers_result {
	READERS_UNKNOWN, /* no such question is out */
	READERS_MORE, /* goes on */
	READERS_MISSED, /* cannot be read now: done with it */
	READERS_SAME, /* only its TXT was read, and the epoch is the one we know: done */
	READERS_WHOLE, /* done */
};

/* What came of a question.  *of is the machine; *peer is filled for SAME and WHOLE.  When done the
 * reader stays as it was, for *r, until the next readers_begin. */
enum readers_result readers_answer(struct readers *rs, uint32_t ticket, enum outcome o,
    const struct message *m, struct machine **of, const struct peer_reader **r,
    struct msg_dns_peer *peer);

#endif
