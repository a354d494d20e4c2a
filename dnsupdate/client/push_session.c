/*
 * The session is set up by a Keepalive request: unlike the answer to a first SUBSCRIBE, which may
 * be refused for reasons of its own, that to a Keepalive tells whether the server has DSO at all.
 * The subscription of the list follows on its heels; the others when the session stands.
 *
 * What is not re-announced after a reconnect is gone: the topics start empty in every session, so
 * that there are no ghosts.  The initial records have no end mark (RFC 8765 section 6.2.2), so
 * until something was pushed for a topic the server is asked.
 *
 * A server that breaks a rule is left by a reset, and tried again after a minute, then ever more
 * rarely, up to an hour.  One that knows no DSO, which it may also say by a reset (Knot DNS does),
 * is tried again after an hour (RFC 8490 section 6.6.3.3), or at once when it is another or started
 * anew (push_session_pardon).
 */
#include "dnsupdate/client/push_session_inner.h"

#include <string.h>

#define WANT_INACTIVITY_MS 60000
/* Short enough for the connection tables of home routers. */
#define WANT_KEEPALIVE_MS 300000
#define ANSWER_MS 30000 /* RFC 8490 section 5.1.1 */
#define NODSO_MS 3600000
#define FAILED_MS 10000
#define VIOLATION_MS 60000
#define PAD 128 /* RFC 8467 */
#define BUSY_MAX 64 /* SUBSCRIBEs without an answer */

void
push_session_init(struct push_session *s, uint32_t (*jitter)(uint32_t range))
{
	memset(s, 0, sizeof *s);
	s->jitter = jitter;
	s->why = "";
	topics_init(&s->topics);
}

void
push_session_clear(struct push_session *s)
{
	topics_clear(&s->topics);
}

uint64_t
push_session_in_about(const struct push_session *s, uint64_t ms, uint64_t now)
{
	return now + ms + s->jitter((uint32_t)(ms / 10));
}

void
push_session_begin(struct push_session *s, int verified, uint64_t now)
{
	s->state = now < s->not_before_ms ? PUSH_SESSION_REFUSED : PUSH_SESSION_SETUP;
	s->verified = verified;
	s->timeouts = (struct dso_timeouts) {DSO_DEFAULT_MS, DSO_DEFAULT_MS};
	s->keepalive_id = s->unknown_id = 0;
	s->heard_ms = s->said_ms = s->used_ms = now;
	s->end = PUSH_SESSION_STAY;
	memset(s->gone, 0, sizeof s->gone);
}

/* No session came about: the server does not know DSO, or, when it does, something is wrong. */
static uint64_t
next_try(const struct push_session *s, uint64_t now)
{
	return push_session_in_about(s, s->proven ? FAILED_MS : NODSO_MS, now);
}

void
push_session_end(struct push_session *s, uint64_t now)
{
	/* Some servers answer opcode 6 with a reset. */
	if (s->state == PUSH_SESSION_SETUP && s->keepalive_id != 0) {
		s->why = "the server ends the connection when it is asked for DSO";
		s->not_before_ms = next_try(s, now);
	}
	s->state = PUSH_SESSION_DOWN;
	s->end = PUSH_SESSION_STAY;
	topics_forget(&s->topics);
}

void
push_session_pardon(struct push_session *s)
{
	struct topic *topic;

	s->not_before_ms = 0;
	s->violations = 0;
	while ((topic = TAILQ_FIRST(&s->topics.state[TOPIC_HELD])) != NULL)
		topics_move(&s->topics, topic, TOPIC_DUE);
}

/* ---- how it ends ---- */

void
push_session_leave(struct push_session *s, const char *why, uint64_t until)
{
	s->state = PUSH_SESSION_OVER;
	s->end = PUSH_SESSION_LEAVE;
	s->why = why;
	if (s->not_before_ms < until)
		s->not_before_ms = until;
}

void
push_session_reset(struct push_session *s, const char *why, uint64_t until)
{
	push_session_leave(s, why, until);
	s->end = PUSH_SESSION_RESET;
}

void
push_session_violation(struct push_session *s, const char *what, uint64_t now)
{
	uint64_t wait = (uint64_t)VIOLATION_MS << (s->violations < 6 ? s->violations : 6);

	s->violations++;
	push_session_reset(s, what, push_session_in_about(s, wait < HOUR_MS ? wait : HOUR_MS, now));
}

void
push_session_no_dso(struct push_session *s, uint64_t now)
{
	s->state = PUSH_SESSION_REFUSED;
	s->why = "the server knows no DSO";
	s->not_before_ms = push_session_in_about(s, NODSO_MS, now);
	topics_forget(&s->topics);
}

/* ---- what goes out ---- */

static struct topic *
first(const struct push_session *s, enum topic_state state)
{
	return TAILQ_FIRST(&s->topics.state[state]);
}

int
push_session_is_gone(const struct push_session *s, uint16_t id)
{
	for (size_t i = 0; i < sizeof s->gone / sizeof s->gone[0]; i++)
		if (s->gone[i] == id)
			return 1;
	return 0;
}

/* IDs in use are few among 65535. */
static uint16_t
next_id(struct push_session *s)
{
	do {
		s->last_id++;
	} while (s->last_id == 0 || s->last_id == s->keepalive_id ||
	    push_session_is_gone(s, s->last_id) || topics_find_id(&s->topics, s->last_id) != NULL);
	return s->last_id;
}

static enum push_session_act
send_keepalive(struct push_session *s, uint64_t now, struct buf *b)
{
	static const struct dso_timeouts want = {WANT_INACTIVITY_MS, WANT_KEEPALIVE_MS};

	s->keepalive_id = next_id(s);
	s->keepalive_ms = s->said_ms = now;
	dso_begin(b, DSO_REQUEST, s->keepalive_id, RCODE_NOERROR);
	dso_put_keepalive(b, &want);
	return PUSH_SESSION_SEND;
}

static enum push_session_act
subscribe(struct push_session *s, struct topic *topic, uint64_t now, struct buf *b)
{
	struct question q = {.type = topic->type, .class = CLASS_IN};

	topic_name(topic, &q.name);
	topics_sent(&s->topics, topic, next_id(s), now);
	s->said_ms = s->used_ms = now;
	push_subscribe_build(b, topic->id, &q, PAD);
	return PUSH_SESSION_SEND;
}

static enum push_session_act
unsubscribe(struct push_session *s, struct topic *topic, uint64_t now, struct buf *b)
{
	s->said_ms = s->used_ms = now;
	s->gone[s->gone_at++ % (sizeof s->gone / sizeof s->gone[0])] = topic->id;
	push_unsubscribe_build(b, topic->id, PAD);
	topics_drop(&s->topics, topic);
	return PUSH_SESSION_SEND;
}

static enum push_session_act
answer_unknown(struct push_session *s, uint64_t now, struct buf *b)
{
	s->said_ms = now;
	dso_begin(b, DSO_RESPONSE, s->unknown_id, RCODE_DSOTYPENI);
	s->unknown_id = 0;
	return PUSH_SESSION_SEND;
}

static uint64_t
after(uint64_t ms, uint32_t timeout)
{
	return timeout == DSO_NEVER ? PUSH_SESSION_NEVER : ms + timeout;
}

static uint64_t
latest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* While anything is subscribed or asked for there is no inactivity (RFC 8490 section 6.4). */
static uint64_t
inactive_at(const struct push_session *s)
{
	if (first(s, TOPIC_SENT) != NULL || first(s, TOPIC_LIVE) != NULL)
		return PUSH_SESSION_NEVER;
	return after(s->used_ms, s->timeouts.inactivity_ms);
}

static uint64_t
keepalive_at(const struct push_session *s)
{
	if (s->keepalive_id != 0)
		return PUSH_SESSION_NEVER;
	return after(latest(s->heard_ms, s->said_ms), s->timeouts.keepalive_ms);
}

/* When the server is taken for dead: a request has no answer, or we have slept so long that it has
 * given us up. */
static uint64_t
dead_at(const struct push_session *s)
{
	const struct topic *oldest = first(s, TOPIC_SENT);
	uint64_t at = PUSH_SESSION_NEVER;

	if (s->timeouts.keepalive_ms != DSO_NEVER)
		at = latest(s->heard_ms, s->said_ms) + 2 * (uint64_t)s->timeouts.keepalive_ms;
	if (s->keepalive_id != 0 && s->keepalive_ms + ANSWER_MS < at)
		at = s->keepalive_ms + ANSWER_MS;
	if (oldest != NULL && oldest->at_ms + ANSWER_MS < at)
		at = oldest->at_ms + ANSWER_MS;
	return at;
}

static int
may_subscribe(const struct push_session *s)
{
	unsigned out = 0;
	const struct topic *topic;

	if (first(s, TOPIC_DUE) == NULL)
		return 0;
	/* The first one goes with the keepalive that sets up the session. */
	if (s->state == PUSH_SESSION_SETUP)
		return s->keepalive_id != 0 && first(s, TOPIC_SENT) == NULL;
	TAILQ_FOREACH (topic, &s->topics.state[TOPIC_SENT], entry)
		if (++out == BUSY_MAX)
			return 0;
	return 1;
}

static void
unhold(struct push_session *s, uint64_t now)
{
	struct topic *topic, *next;

	for (topic = first(s, TOPIC_HELD); topic != NULL; topic = next) {
		next = TAILQ_NEXT(topic, entry);
		if (topic->at_ms <= now)
			topics_move(&s->topics, topic, TOPIC_DUE);
	}
}

static void
look_at_clock(struct push_session *s, uint64_t now)
{
	if (s->state == PUSH_SESSION_REFUSED && now >= s->not_before_ms) {
		/* The same connection will not do (RFC 8490 section 5.1.1). */
		push_session_leave(s, "to see whether it knows DSO now", now);
		return;
	}
	if (s->state != PUSH_SESSION_SETUP && s->state != PUSH_SESSION_UP)
		return;
	unhold(s, now);
	if (now >= dead_at(s))
		push_session_reset(
		    s, "no answer", s->state == PUSH_SESSION_SETUP ? next_try(s, now) : now);
	else if (s->state == PUSH_SESSION_UP && now >= inactive_at(s) &&
	    first(s, TOPIC_DUE) == NULL)
		push_session_leave(s, "nothing to do", now);
	/* What lasted is no violator. */
	if (s->state == PUSH_SESSION_UP && s->violations > 0 && now > s->not_before_ms + HOUR_MS)
		s->violations = 0;
}

enum push_session_act
push_session_next(struct push_session *s, uint64_t now, struct buf *b)
{
	look_at_clock(s, now);
	if (s->state == PUSH_SESSION_OVER)
		return s->end == PUSH_SESSION_RESET ? PUSH_SESSION_ABORT : PUSH_SESSION_CLOSE;
	if (s->state == PUSH_SESSION_SETUP && s->keepalive_id == 0)
		return send_keepalive(s, now, b);
	if (s->state != PUSH_SESSION_SETUP && s->state != PUSH_SESSION_UP)
		return PUSH_SESSION_NOTHING;
	if (s->unknown_id != 0)
		return answer_unknown(s, now, b);
	if (s->state == PUSH_SESSION_UP && first(s, TOPIC_DROP) != NULL)
		return unsubscribe(s, first(s, TOPIC_DROP), now, b);
	if (may_subscribe(s))
		return subscribe(s, first(s, TOPIC_DUE), now, b);
	if (now >= keepalive_at(s))
		return send_keepalive(s, now, b);
	return PUSH_SESSION_NOTHING;
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t
push_session_wake(const struct push_session *s)
{
	const struct topic *topic;
	uint64_t at;

	if (s->state == PUSH_SESSION_DOWN)
		return PUSH_SESSION_NEVER;
	if (s->state == PUSH_SESSION_REFUSED)
		return s->not_before_ms;
	if (s->state == PUSH_SESSION_OVER || s->unknown_id != 0 || may_subscribe(s) ||
	    (s->state == PUSH_SESSION_SETUP && s->keepalive_id == 0) ||
	    (s->state == PUSH_SESSION_UP && first(s, TOPIC_DROP) != NULL))
		return 0;
	at = sooner(dead_at(s), keepalive_at(s));
	if (s->state == PUSH_SESSION_UP)
		at = sooner(at, inactive_at(s));
	TAILQ_FOREACH (topic, &s->topics.state[TOPIC_HELD], entry)
		at = sooner(at, topic->at_ms);
	return at;
}

int
push_session_live(const struct push_session *s)
{
	return s->state == PUSH_SESSION_UP && first(s, TOPIC_LIVE) != NULL &&
	    first(s, TOPIC_HELD) == NULL;
}
