#include "dnsupdate/server/live/session.h"

#include "dnsupdate/server/limits.h"

#include <string.h>

#define CLOSE_MS 5000 /* for a client to leave (RFC 8490 section 6.4.1, 6.6.1) */
#define PADDING_BLOCK 468 /* of responses (RFC 8467) */

void
session_init(struct session *s, uint64_t now_ms)
{
	*s = (struct session) {
	    .heard_ms = now_ms,
	    .active_ms = now_ms,
	    .timeouts = {DSO_DEFAULT_MS, DSO_DEFAULT_MS},
	};
}

/* ---- answers ---- */

static uint32_t
between(uint32_t v, uint32_t min, uint32_t max)
{
	if (v < min)
		return min;
	return v < max ? v : max;
}

/* How long to stay away after an error (RFC 8765 section 6.2.2). */
static uint32_t
retry_after(unsigned rcode)
{
	switch (rcode) {
	case RCODE_SERVFAIL:
		return 60 * 1000;
	case RCODE_NOTIMP:
	case RCODE_DSOTYPENI:
		return 3600 * 1000;
	}
	return 300 * 1000;
}

static void
pad(struct buf *b, int padded)
{
	if (padded)
		dso_put_padding(b, PADDING_BLOCK);
}

static enum session_what
reply_error(const struct dso_message *m, unsigned rcode, struct buf *reply)
{
	dso_begin(reply, DSO_RESPONSE, m->id, rcode);
	return SESSION_REPLY;
}

int
session_answer(struct session *s, const struct session_event *e, unsigned rcode, struct buf *reply)
{
	int begins = rcode == RCODE_NOERROR && !s->established;

	dso_begin(reply, DSO_RESPONSE, e->id, rcode);
	if (rcode != RCODE_NOERROR)
		dso_put_retry_delay(reply, retry_after(rcode));
	pad(reply, e->padded);
	if (begins)
		s->established = 1;
	return begins;
}

void
session_cancel(uint16_t id, unsigned rcode, struct buf *message)
{
	dso_begin(message, DSO_RESPONSE, id, rcode);
	dso_put_retry_delay(message, retry_after(rcode));
}

void
session_timeouts(struct session *s, struct buf *message)
{
	s->timeouts = (struct dso_timeouts) {LIMIT_DSO_INACTIVITY_MS, LIMIT_DSO_KEEPALIVE_MS};
	dso_begin(message, DSO_UNIDIRECTIONAL, 0, RCODE_NOERROR);
	dso_put_keepalive(message, &s->timeouts);
}

void
session_retry(
    struct session *s, unsigned rcode, uint32_t delay_ms, uint64_t now_ms, struct buf *message)
{
	s->retry_ms = now_ms;
	dso_begin(message, DSO_UNIDIRECTIONAL, 0, rcode);
	dso_put_retry_delay(message, delay_ms);
}

/* ---- messages ---- */

/* What is granted of what he asks for. */
static enum session_what
keepalive(struct session *s, const struct dso_message *m, const struct dso_tlv *tlv,
    uint64_t now_ms, struct buf *reply, int padded)
{
	struct dso_timeouts t;

	if (dso_get_keepalive(tlv, &t) == -1)
		return reply_error(m, RCODE_FORMERR, reply);
	t.inactivity_ms = between(t.inactivity_ms, 0, LIMIT_DSO_INACTIVITY_MS);
	t.keepalive_ms =
	    between(t.keepalive_ms, LIMIT_DSO_KEEPALIVE_MIN_MS, LIMIT_DSO_KEEPALIVE_MS);
	/* a lower limit may have passed already: he gets time to act on it (section 7.1.1) */
	if (t.inactivity_ms < s->timeouts.inactivity_ms)
		s->grace_ms =
		    now_ms + (t.inactivity_ms / 4 > CLOSE_MS ? t.inactivity_ms / 4 : CLOSE_MS);
	s->timeouts = t;
	s->established = 1;
	dso_begin(reply, DSO_RESPONSE, m->id, RCODE_NOERROR);
	dso_put_keepalive(reply, &t);
	pad(reply, padded);
	return SESSION_REPLY;
}

static enum session_what
request(struct session *s, const struct dso_message *m, const struct dso_tlv *tlv,
    int may_subscribe, uint64_t now_ms, struct buf *reply, struct session_event *out)
{
	switch (tlv->type) {
	case DSO_KEEPALIVE:
		return keepalive(s, m, tlv, now_ms, reply, out->padded);
	case DSO_RETRY_DELAY:
	case DSO_PUSH:
	case DSO_UNSUBSCRIBE:
	case DSO_RECONFIRM:
		return SESSION_ABORT; /* never requests, not even ours */
	case DSO_SUBSCRIBE:
		if (!may_subscribe)
			break;
		if (push_get_subscribe(m, tlv, &out->question) == -1)
			return reply_error(m, RCODE_FORMERR, reply);
		out->id = m->id;
		return SESSION_SUBSCRIBE;
	}
	return reply_error(m, RCODE_DSOTYPENI, reply);
}

static enum session_what
unidirectional(const struct session *s, const struct dso_message *m, const struct dso_tlv *tlv,
    struct session_event *out)
{
	if (!s->established)
		return SESSION_ABORT;
	switch (tlv->type) {
	case DSO_UNSUBSCRIBE:
		return push_get_unsubscribe(tlv, &out->id) == 0 ? SESSION_UNSUBSCRIBE
								: SESSION_ABORT;
	case DSO_RECONFIRM:
		return push_get_reconfirm(m, tlv, &out->question, &out->rdata) == 0
		    ? SESSION_RECONFIRM
		    : SESSION_ABORT;
	}
	return SESSION_ABORT;
}

enum session_what
session_message(struct session *s, const void *data, size_t len, int may_subscribe, uint64_t now_ms,
    struct buf *reply, struct session_event *out)
{
	struct dso_message m;
	struct dso_tlv tlv, padding;
	size_t pos = 0;
	int malformed = dso_parse(&m, data, len) == -1;

	s->heard_ms = now_ms;
	if (s->retry_ms != 0)
		return SESSION_NOTHING; /* he was asked to leave */
	if (m.kind == DSO_RESPONSE || m.kind == DSO_IMPOSSIBLE)
		return SESSION_ABORT; /* we ask nothing */
	if (malformed || !dso_next(&m, &pos, &tlv))
		return m.kind == DSO_REQUEST ? reply_error(&m, RCODE_FORMERR, reply)
					     : SESSION_ABORT;
	if (tlv.type != DSO_KEEPALIVE)
		s->active_ms = now_ms;
	if (m.kind == DSO_UNIDIRECTIONAL)
		return unidirectional(s, &m, &tlv, out);
	out->padded = (uint8_t)dso_find(&m, 1, DSO_PADDING, &padding);
	return request(s, &m, &tlv, may_subscribe, now_ms, reply, out);
}

void
session_touch(struct session *s, uint64_t now_ms)
{
	if (now_ms < s->heard_ms)
		return;
	s->heard_ms = now_ms;
	s->active_ms = now_ms;
}

/* ---- time ---- */

static uint64_t
twice(uint64_t from_ms, uint32_t limit_ms)
{
	uint64_t borne = 2 * (uint64_t)limit_ms;

	if (limit_ms == DSO_NEVER)
		return UINT64_MAX;
	return from_ms + (borne > CLOSE_MS ? borne : CLOSE_MS);
}

uint64_t
session_deadline(const struct session *s, int busy)
{
	uint64_t silent, inactive;

	if (s->retry_ms != 0)
		return s->retry_ms + CLOSE_MS;
	if (!s->established)
		return UINT64_MAX; /* the connection's own limits */
	silent = twice(s->heard_ms, s->timeouts.keepalive_ms);
	if (busy)
		return silent;
	inactive = twice(s->active_ms, s->timeouts.inactivity_ms);
	if (inactive < s->grace_ms)
		inactive = s->grace_ms;
	return inactive < silent ? inactive : silent;
}
