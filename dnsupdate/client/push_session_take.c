/* What a DNS Push server may say to us, and what follows from it. */
#include "dnsupdate/client/push_session_inner.h"

static void
take_timeouts(struct push_session *s, const struct dso_tlv *tlv, uint64_t now)
{
	struct dso_timeouts t;

	if (dso_get_keepalive(tlv, &t) != 0 || t.keepalive_ms < DSO_KEEPALIVE_MIN_MS)
		push_session_violation(s, "a keepalive interval that is none", now);
	else
		s->timeouts = t;
}

static void
established(struct push_session *s)
{
	if (s->state == PUSH_SESSION_SETUP)
		s->state = PUSH_SESSION_UP;
	s->proven = 1;
}

static void
keepalive_answered(struct push_session *s, const struct dso_message *m, uint64_t now)
{
	struct dso_tlv tlv;
	size_t pos = 0;

	s->keepalive_id = 0;
	if (m->rcode != RCODE_NOERROR) {
		if (s->state == PUSH_SESSION_SETUP)
			push_session_no_dso(s, now);
		else
			push_session_violation(s, "a keepalive that is refused", now);
		return;
	}
	if (!dso_next(m, &pos, &tlv) || tlv.type != DSO_KEEPALIVE) {
		push_session_violation(s, "a keepalive answered with something else", now);
		return;
	}
	established(s);
	take_timeouts(s, &tlv, now);
}

/* RFC 8765 section 6.2.2 */
static uint64_t
hold_ms(const struct dso_message *m)
{
	struct dso_tlv tlv;
	uint32_t delay;

	if (dso_find(m, 0, DSO_RETRY_DELAY, &tlv) && dso_get_retry_delay(&tlv, &delay) == 0)
		return delay < 1000 ? 1000 : delay;
	switch (m->rcode) {
	case RCODE_SERVFAIL:
		return 60000;
	case RCODE_NOTIMP:
	case RCODE_DSOTYPENI:
		return HOUR_MS;
	default:
		return 300000;
	}
}

static void
subscribe_answered(
    struct push_session *s, struct topic *topic, const struct dso_message *m, uint64_t now)
{
	if (m->rcode == RCODE_NOERROR && topic->state == TOPIC_LIVE) {
		push_session_violation(s, "a SUBSCRIBE answered twice", now);
	} else if (m->rcode == RCODE_NOERROR) {
		established(s);
		topics_move(&s->topics, topic, topic->users > 0 ? TOPIC_LIVE : TOPIC_DROP);
	} else if (topic->users == 0) {
		topics_drop(&s->topics, topic);
	} else {
		/* Refused, or cancelled later (RFC 8490 section 5.6): the server is asked again. */
		topics_refused(&s->topics, topic, push_session_in_about(s, hold_ms(m), now));
	}
}

static void
take_response(struct push_session *s, const struct dso_message *m, uint64_t now)
{
	struct topic *topic;

	if (m->id == s->keepalive_id)
		keepalive_answered(s, m, now);
	else if ((topic = topics_find_id(&s->topics, m->id)) != NULL)
		subscribe_answered(s, topic, m, now);
	else if (!push_session_is_gone(s, m->id))
		push_session_violation(s, "an answer to nothing", now);
}

static void
take_push(struct push_session *s, const struct dso_message *m, struct dso_tlv *tlv, uint64_t now)
{
	static struct push_change change;
	size_t pos = 0;
	int more;

	if (m->len > PUSH_MESSAGE_MAX) {
		push_session_violation(s, "a PUSH that is too long", now);
		return;
	}
	while ((more = push_next(m, tlv, &pos, &change)) > 0)
		topics_apply(&s->topics, &change);
	if (more < 0)
		push_session_violation(s, "a PUSH that is malformed", now);
}

static void
take_unidirectional(struct push_session *s, const struct dso_message *m, uint64_t now)
{
	struct dso_tlv tlv;
	size_t pos = 0;
	uint32_t delay;

	if (s->state != PUSH_SESSION_UP || !dso_next(m, &pos, &tlv)) {
		push_session_violation(s, "a message out of turn", now);
		return;
	}
	switch (tlv.type) {
	case DSO_PUSH:
		take_push(s, m, &tlv, now);
		break;
	case DSO_KEEPALIVE:
		take_timeouts(s, &tlv, now);
		break;
	case DSO_RETRY_DELAY:
		if (dso_get_retry_delay(&tlv, &delay) == 0)
			push_session_leave(s, "the server asked for it", now + delay);
		else
			push_session_violation(s, "a delay that is none", now);
		break;
	default:
		push_session_violation(s, "a message that is not a server's", now);
	}
}

static void
take_request(struct push_session *s, const struct dso_message *m, uint64_t now)
{
	struct dso_tlv tlv;
	size_t pos = 0;

	if (s->state != PUSH_SESSION_UP || s->unknown_id != 0 || !dso_next(m, &pos, &tlv) ||
	    tlv.type <= DSO_PADDING || (tlv.type >= DSO_SUBSCRIBE && tlv.type <= DSO_RECONFIRM))
		push_session_violation(s, "a request that is not a server's", now);
	else
		s->unknown_id = m->id;
}

static int
is_keepalive(const struct dso_message *m)
{
	struct dso_tlv tlv;
	size_t pos = 0;

	return dso_next(m, &pos, &tlv) && tlv.type == DSO_KEEPALIVE;
}

void
push_session_take(struct push_session *s, const void *data, size_t len, uint64_t now)
{
	struct dso_message m;

	if (s->state != PUSH_SESSION_SETUP && s->state != PUSH_SESSION_UP)
		return;
	s->heard_ms = now;
	if (dso_parse(&m, data, len) != 0) {
		/* A server without DSO may not know what the answer to opcode 6 looks like. */
		if (s->state == PUSH_SESSION_SETUP)
			push_session_no_dso(s, now);
		else
			push_session_violation(s, "a malformed message", now);
		return;
	}
	if (!is_keepalive(&m))
		s->used_ms = now;
	if (m.kind == DSO_RESPONSE)
		take_response(s, &m, now);
	else if (m.kind == DSO_UNIDIRECTIONAL)
		take_unidirectional(s, &m, now);
	else if (m.kind == DSO_REQUEST)
		take_request(s, &m, now);
	else
		push_session_violation(s, "an answer without a number", now);
}
