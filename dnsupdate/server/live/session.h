/*
 * The server's side of a DSO session (RFC 8490): which message means what, what is fatal, and how
 * long silence is borne.  A machine in virtual time, without sockets and without subscriptions: it
 * says what is to be done, push.c and dso.c do it.
 *
 * A session begins with the first request that is answered NOERROR.  Before that everything
 * unidirectional is fatal, and the connection's own limits hold.
 */
#ifndef DNSUPDATE_SERVER_LIVE_SESSION_H
#define DNSUPDATE_SERVER_LIVE_SESSION_H

#include "dnsupdate/wire/push.h"

enum session_what {
	SESSION_NOTHING,
	SESSION_REPLY, /* send the reply */
	SESSION_ABORT, /* forcibly abort: RST */
	SESSION_SUBSCRIBE, /* session_answer says how that went */
	SESSION_UNSUBSCRIBE,
	SESSION_RECONFIRM, /* we are the zone's own server: nothing is to be confirmed */
};

struct session {
	uint64_t heard_ms; /* the last message of any kind */
	uint64_t active_ms; /* the last one that was no Keepalive */
	uint64_t retry_ms; /* when Retry Delay was sent; 0 = not */
	struct dso_timeouts timeouts; /* in force */
	uint64_t grace_ms; /* inactivity is borne until here at least: the limit was lowered */
	uint8_t established;
};

struct session_event {
	struct question question; /* SESSION_SUBSCRIBE, SESSION_RECONFIRM */
	struct rdata rdata; /* SESSION_RECONFIRM */
	uint16_t id; /* of the subscription; SESSION_SUBSCRIBE, SESSION_UNSUBSCRIBE */
	uint8_t padded; /* so must the answer be */
};

#define SESSION_REPLY_MAX 512

void session_init(struct session *s, uint64_t now_ms);

/* A DSO message.  May subscribe: 0 on a connection without TLS (RFC 8765 section 7).  reply is
 * empty room of SESSION_REPLY_MAX octets, filled for SESSION_REPLY. */
enum session_what session_message(struct session *s, const void *data, size_t len,
    int may_subscribe, uint64_t now_ms, struct buf *reply, struct session_event *out);
/* Any other message on the connection, in either direction: a PUSH, an answer. */
void session_touch(struct session *s, uint64_t now_ms);

/* Write the answer to a SUBSCRIBE: an rcode, with a Retry Delay when it is an error.  The first
 * success begins the session.  Returns 1 when the client must be told the timeouts then
 * (session_timeouts), because he has not asked for any. */
int session_answer(
    struct session *s, const struct session_event *e, unsigned rcode, struct buf *reply);
/* End one subscription, though it was granted (RFC 8490 section 5.6). */
void session_cancel(uint16_t id, unsigned rcode, struct buf *message);
/* The timeouts, unasked. */
void session_timeouts(struct session *s, struct buf *message);
/* Ask the client to leave and come back after delay_ms; nothing may be sent after it. */
void session_retry(
    struct session *s, unsigned rcode, uint32_t delay_ms, uint64_t now_ms, struct buf *message);

/* When to look again (milliseconds since boot, UINT64_MAX: never); a time that is not after now:
 * forcibly abort.  busy: it has subscriptions, or requests not answered yet. */
uint64_t session_deadline(const struct session *s, int busy);

#endif
