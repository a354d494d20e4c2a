/*
 * The client's end of a DNS Push session (RFC 8765 on RFC 8490): a pure machine.  It says which
 * message to send on the connection and when the connection must go, takes the messages of opcode 6
 * that came, and keeps topics.h up to date.  Times are boot-time milliseconds.
 */
#ifndef CLIENT_PUSH_SESSION_H
#define CLIENT_PUSH_SESSION_H

#include "dnsupdate/client/topics.h"

#define PUSH_SESSION_NEVER UINT64_MAX
#define PUSH_SESSION_ROOM 512 /* octets, for a message we send */

enum push_session_state {
	PUSH_SESSION_DOWN, /* there is no connection */
	PUSH_SESSION_SETUP, /* the first request is out */
	PUSH_SESSION_UP,
	PUSH_SESSION_REFUSED, /* the connection knows no DSO: plain DNS only */
	PUSH_SESSION_OVER, /* the connection has to go */
};

struct push_session {
	uint32_t (*jitter)(uint32_t range);
	struct topics topics;
	enum push_session_state state;
	int verified; /* the server is who it should be: what it pushes may be used */
	struct dso_timeouts timeouts;
	uint16_t last_id;
	uint16_t keepalive_id; /* out; 0 = none */
	uint64_t keepalive_ms; /* when it was sent */
	uint64_t heard_ms, said_ms; /* last message in, out */
	uint64_t used_ms; /* last message that was no keepalive */
	uint64_t not_before_ms; /* the next session */
	int proven; /* the server has shown once that it knows DSO */
	unsigned violations; /* in a row */
	uint16_t unknown_id; /* a request to be answered with DSOTYPENI; 0 = none */
	enum { PUSH_SESSION_STAY, PUSH_SESSION_LEAVE, PUSH_SESSION_RESET } end;
	const char *why; /* it ended, or was refused: a phrase for the log */
	uint16_t gone[64]; /* IDs whose UNSUBSCRIBE is out: a late answer to them is no violation */
	unsigned gone_at;
};

/* jitter gives a random value below its argument. */
void push_session_init(struct push_session *s, uint32_t (*jitter)(uint32_t range));
void push_session_clear(struct push_session *s);

/* The connection stands and we may speak.  verified: TLS, and the server is who it should be. */
void push_session_begin(struct push_session *s, int verified, uint64_t now);
/* The connection is gone, by whatever end. */
void push_session_end(struct push_session *s, uint64_t now);
/* Another server, or the same one started anew: nothing that was said before counts. */
void push_session_pardon(struct push_session *s);

/* A message of opcode 6 came. */
void push_session_take(struct push_session *s, const void *data, size_t len, uint64_t now);

enum push_session_act {
	PUSH_SESSION_NOTHING,
	PUSH_SESSION_SEND, /* what is in b; call again */
	PUSH_SESSION_CLOSE, /* close the connection gracefully */
	PUSH_SESSION_ABORT, /* reset it (RFC 8490 section 5.3) */
};
/* What is due; b starts empty.  After CLOSE and ABORT comes push_session_end. */
enum push_session_act push_session_next(struct push_session *s, uint64_t now, struct buf *b);
/* When to call it. */
uint64_t push_session_wake(const struct push_session *s);

/* Does every change arrive here?  Only then may looks be rare. */
int push_session_live(const struct push_session *s);

#endif
