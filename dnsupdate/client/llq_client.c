/*
 *   IDLE --(1)--> SETTING_UP --challenge, (3)--> RESPONDING --answers--> LIVE <--> REFRESHING
 *    ^                |                             |                      |
 *    +---- SERV-FULL, silence ----------------------+------ NO-SUCH-LLQ ---+
 *
 * Challenge and answers look alike when there are no answers (RFC 8764 appendix A), so (3) goes
 * under a new message ID, and what answers (1) is always the challenge.
 *
 * Question 0 goes first and alone: it tells whether the server has LLQ at all.  If not, the next
 * attempt is an hour later, or when the server is another one or back from an absence.  In a small
 * account leases are short, so that a server that lost us is found out soon; in a large one the
 * refreshes would be too many.
 *
 * The requests repeat after 2 and 4 s and end after 8 more (section 5.1).
 */
#include "dnsupdate/client/llq_client.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 3
#define MINUTE_MS 60000
#define HOUR_MS 3600000
#define SMALL_ACCOUNT 16
#define SHORT_LEASE_SEC 1800
#define REFRESH_MIN_MS 10000 /* however short the lease */

static const uint32_t waits_ms[TRIES] = {2000, 4000, 8000};

void
llq_client_init(
    struct llq_client *c, uint32_t (*jitter)(uint32_t range), uint16_t (*random_id)(void))
{
	memset(c, 0, sizeof *c);
	c->jitter = jitter;
	c->random_id = random_id;
	c->why = "";
	TAILQ_INIT(&c->all);
}

static int
is_out(const struct llq_entry *e)
{
	return e->state == LLQ_SETTING_UP || e->state == LLQ_RESPONDING ||
	    e->state == LLQ_REFRESHING;
}

static int
is_live(const struct llq_entry *e)
{
	return e->state == LLQ_LIVE || e->state == LLQ_REFRESHING || e->state == LLQ_FIXED;
}

static void
move(struct llq_client *c, struct llq_entry *e, enum llq_state state)
{
	c->out -= (unsigned)is_out(e);
	c->live -= (unsigned)is_live(e);
	e->state = (uint8_t)state;
	e->tries = 0;
	c->out += (unsigned)is_out(e);
	c->live += (unsigned)is_live(e);
}

static void
set_id(struct llq_client *c, struct llq_entry *e, uint64_t id)
{
	if (e->id != 0)
		LIST_REMOVE(e, bucket);
	e->id = id;
	if (id != 0)
		LIST_INSERT_HEAD(&c->bucket[id % LLQ_BUCKETS], e, bucket);
}

static void
idle(struct llq_client *c, struct llq_entry *e, uint64_t at)
{
	move(c, e, LLQ_IDLE);
	set_id(c, e, 0);
	e->at_ms = at;
}

static void
drop(struct llq_client *c, struct llq_entry *e)
{
	idle(c, e, 0);
	TAILQ_REMOVE(&c->all, e, entry);
	if (c->number[e->number] == e)
		c->number[e->number] = NULL;
	c->count--;
	free(e);
}

void
llq_client_clear(struct llq_client *c)
{
	while (!TAILQ_EMPTY(&c->all))
		drop(c, TAILQ_FIRST(&c->all));
}

static void
end(struct llq_client *c, struct llq_entry *e)
{
	if (e->id == 0 || !is_live(e)) {
		drop(c, e);
		return;
	}
	move(c, e, LLQ_ENDING);
	c->number[e->number] = NULL;
}

static int
same_question(const struct question *a, const struct question *b)
{
	return a->type == b->type && a->class == b->class && name_equal(&a->name, &b->name);
}

void
llq_client_set(struct llq_client *c, uint16_t number, const struct question *q)
{
	struct llq_entry *e = c->number[number];

	if (e != NULL && q != NULL && same_question(&e->q, q))
		return;
	if (e != NULL)
		end(c, e);
	if (q == NULL)
		return;
	if ((e = calloc(1, sizeof *e)) == NULL)
		fatal("llq");
	e->q = *q;
	e->number = number;
	c->number[number] = e;
	TAILQ_INSERT_TAIL(&c->all, e, entry);
	c->count++;
}

void
llq_client_forget(struct llq_client *c)
{
	struct llq_entry *e, *next;

	for (e = TAILQ_FIRST(&c->all); e != NULL; e = next) {
		next = TAILQ_NEXT(e, entry);
		if (e->state == LLQ_ENDING)
			drop(c, e);
		else
			idle(c, e, 0);
	}
	c->off_ms = 0;
	c->works = 0;
}

void
llq_client_pardon(struct llq_client *c)
{
	struct llq_entry *e;

	c->off_ms = 0;
	TAILQ_FOREACH (e, &c->all, entry)
		if (e->state == LLQ_IDLE)
			e->at_ms = 0;
}

void
llq_client_doubt(struct llq_client *c, uint64_t now)
{
	struct llq_entry *e = c->number[0];

	if (e != NULL && e->state == LLQ_LIVE)
		e->at_ms = now;
}

void
llq_client_stop(struct llq_client *c)
{
	struct llq_entry *e, *next;

	for (e = TAILQ_FIRST(&c->all); e != NULL; e = next) {
		next = TAILQ_NEXT(e, entry);
		if (e->state != LLQ_ENDING)
			end(c, e);
	}
}

/* ---- what goes out ---- */

static uint32_t
wanted_lease(const struct llq_client *c)
{
	return c->count <= SMALL_ACCOUNT ? SHORT_LEASE_SEC : LLQ_LEASE_MAX;
}

static int
put(struct llq_client *c, struct llq_entry *e, uint16_t opcode, uint32_t lease, struct buf *b)
{
	struct llq_writer w;
	struct llq_option o = {
	    .version = LLQ_VERSION, .opcode = opcode, .id = e->id, .lease = lease};

	if (e->tries == 0)
		e->msg_id = c->random_id();
	llq_begin(&w, b->data, b->size, e->msg_id, 0, &e->q);
	b->pos = llq_end(&w, &o);
	return b->pos > 0;
}

/* The server does not do it, or not now. */
static void
give_up(struct llq_client *c, struct llq_entry *e, uint64_t ms, const char *why, uint64_t now)
{
	uint64_t at = now + ms + c->jitter((uint32_t)(ms / 10));

	idle(c, e, at);
	if (e->number != 0)
		return;
	c->off_ms = at;
	c->why = why;
}

static uint64_t
percent(const struct llq_entry *e, unsigned n)
{
	return e->granted_ms + (uint64_t)e->lease_sec * 10 * n;
}

static void
send_setup(struct llq_client *c, struct llq_entry *e, uint64_t now)
{
	if (e->state == LLQ_IDLE)
		move(c, e, LLQ_SETTING_UP);
	e->at_ms = now + waits_ms[e->tries];
}

/* At 80 %, 90 % and 95 % of the lease, section 7.1; or to keep the way open. */
static void
send_refresh(struct llq_client *c, struct llq_entry *e, uint64_t now)
{
	static const unsigned next[TRIES] = {90, 95, 100};

	if (e->state == LLQ_LIVE)
		move(c, e, LLQ_REFRESHING);
	e->at_ms = percent(e, next[e->tries]);
	if (now < percent(e, 80))
		e->at_ms = now + waits_ms[e->tries];
}

/* No answer to the last try. */
static void
lose(struct llq_client *c, struct llq_entry *e, uint64_t now)
{
	if (e->state == LLQ_REFRESHING)
		idle(c, e, now);
	else
		give_up(c, e, c->live > 0 ? MINUTE_MS : HOUR_MS, "no answer to a long-lived query",
		    now);
}

/* May it be sent at all now?  Question 0 first, and not too many at a time. */
static int
may_send(const struct llq_client *c, const struct llq_entry *e)
{
	if (e->state != LLQ_IDLE)
		return 1;
	return c->out < LLQ_CLIENT_OUT_MAX && (e->number == 0 || c->works);
}

static uint64_t
due(const struct llq_client *c, const struct llq_entry *e)
{
	if (e->state == LLQ_ENDING)
		return 0;
	if (e->state == LLQ_FIXED || !may_send(c, e))
		return LLQ_CLIENT_NEVER;
	return e->state == LLQ_IDLE && c->off_ms > e->at_ms ? c->off_ms : e->at_ms;
}

static int
send_one(struct llq_client *c, struct llq_entry *e, uint64_t now, struct buf *b)
{
	if (e->state == LLQ_ENDING) {
		put(c, e, LLQ_REFRESH, 0, b);
		drop(c, e);
		return b->pos > 0;
	}
	if (is_out(e) && e->tries == TRIES) {
		lose(c, e, now);
		if (due(c, e) > now)
			return 0;
	}
	if (e->state == LLQ_IDLE || e->state == LLQ_SETTING_UP) {
		send_setup(c, e, now);
		put(c, e, LLQ_SETUP, wanted_lease(c), b);
	} else if (e->state == LLQ_RESPONDING) {
		e->at_ms = now + waits_ms[e->tries];
		put(c, e, LLQ_SETUP, e->lease_sec, b);
	} else {
		send_refresh(c, e, now);
		put(c, e, LLQ_REFRESH, wanted_lease(c), b);
	}
	e->tries++;
	return b->pos > 0;
}

int
llq_client_next(struct llq_client *c, uint64_t now, struct buf *b)
{
	struct llq_entry *e, *next;

	for (e = TAILQ_FIRST(&c->all); e != NULL; e = next) {
		next = TAILQ_NEXT(e, entry);
		if (due(c, e) <= now && send_one(c, e, now, b))
			return 1;
	}
	return 0;
}

uint64_t
llq_client_wake(const struct llq_client *c)
{
	const struct llq_entry *e;
	uint64_t at = LLQ_CLIENT_NEVER;

	TAILQ_FOREACH (e, &c->all, entry)
		if (due(c, e) < at)
			at = due(c, e);
	return at;
}

/* ---- what comes in ---- */

/* The entry whose request m answers. */
static struct llq_entry *
asked(struct llq_client *c, const struct message *m)
{
	struct llq_entry *e;

	TAILQ_FOREACH (e, &c->all, entry)
		if (is_out(e) && e->msg_id == m->id && same_question(&e->q, &m->question))
			return e;
	return NULL;
}

static void
granted(struct llq_client *c, struct llq_entry *e, uint32_t lease_sec, uint64_t now)
{
	uint32_t most = LLQ_LEASE_MAX * 12;

	move(c, e, LLQ_LIVE);
	c->works = 1;
	e->lease_sec = lease_sec < most ? lease_sec : most;
	e->granted_ms = now;
	e->at_ms = percent(e, 80) + c->jitter(e->lease_sec * 50);
	if (e->at_ms < now + REFRESH_MIN_MS)
		e->at_ms = now + REFRESH_MIN_MS;
	if (e->number == 0 && c->keep_ms != 0 && e->at_ms > now + c->keep_ms)
		e->at_ms = now + c->keep_ms;
}

static void
take_error(struct llq_client *c, struct llq_entry *e, const struct llq_option *o, uint64_t now)
{
	if (o->error == LLQ_SERV_FULL)
		give_up(c, e, (o->lease == 0 ? 60 : o->lease) * UINT64_C(1000),
		    "the server has no room for long-lived queries", now);
	else if (o->error == LLQ_STATIC)
		move(c, e, LLQ_FIXED);
	else
		give_up(c, e, HOUR_MS, "the server refuses long-lived queries", now);
}

static enum llq_heard
take_setup(struct llq_client *c, struct llq_entry *e, const struct llq_option *o, uint64_t now)
{
	if (o->opcode != LLQ_SETUP)
		return LLQ_HEARD_NOTHING;
	if (o->error != LLQ_NO_ERROR || o->id == 0 || o->lease == 0) {
		take_error(c, e, o, now);
		return LLQ_HEARD_NOTHING;
	}
	if (e->state == LLQ_SETTING_UP) {
		move(c, e, LLQ_RESPONDING);
		set_id(c, e, o->id);
		e->lease_sec = o->lease;
		e->at_ms = now;
		return LLQ_HEARD_NOTHING;
	}
	if (o->id != e->id)
		return LLQ_HEARD_NOTHING;
	granted(c, e, o->lease, now);
	return LLQ_HEARD_ANSWERS;
}

/* A server that has forgotten the list has forgotten all. */
static void
forgotten(struct llq_client *c, struct llq_entry *e, uint64_t now)
{
	struct llq_entry *other;

	idle(c, e, now);
	if (e->number != 0)
		return;
	TAILQ_FOREACH (other, &c->all, entry)
		if (is_live(other) && other->state != LLQ_FIXED)
			idle(c, other, now);
}

static enum llq_heard
take_refresh(struct llq_client *c, struct llq_entry *e, const struct llq_option *o, uint64_t now)
{
	if (o->opcode != LLQ_REFRESH || (o->id != e->id && o->error == LLQ_NO_ERROR))
		return LLQ_HEARD_NOTHING;
	if (o->error == LLQ_NO_ERROR && o->lease > 0) {
		granted(c, e, o->lease, now);
		return LLQ_HEARD_NOTHING;
	}
	forgotten(c, e, now);
	return LLQ_HEARD_LOST;
}

static enum llq_heard
take_reply(struct llq_client *c, const struct message *m, const struct llq_option *o, int option,
    uint64_t now, struct question *q)
{
	struct llq_entry *e = asked(c, m);

	if (e == NULL)
		return LLQ_HEARD_NOTHING;
	*q = e->q;
	/* NXDOMAIN: nothing there yet.  Anything else, or no option: no LLQ (section 5.2.3). */
	if (option != 1 || o->version != LLQ_VERSION ||
	    (m->rcode != RCODE_NOERROR && m->rcode != RCODE_NXDOMAIN)) {
		give_up(c, e, HOUR_MS, "the server has no long-lived queries", now);
		return LLQ_HEARD_NOTHING;
	}
	return e->state == LLQ_REFRESHING ? take_refresh(c, e, o, now) : take_setup(c, e, o, now);
}

/* Acknowledge it whether it is new or not (section 6.3): the same ID, question and option. */
static void
acknowledge(const struct message *m, const struct llq_option *o, struct buf *ack)
{
	struct llq_writer w;

	llq_begin(&w, ack->data, ack->size, m->id, FLAG_QR | FLAG_AA, &m->question);
	ack->pos = llq_end(&w, o);
}

static enum llq_heard
take_event(struct llq_client *c, const struct message *m, const struct llq_option *o,
    struct question *q, struct buf *ack)
{
	struct llq_entry *e;

	LIST_FOREACH (e, &c->bucket[o->id % LLQ_BUCKETS], bucket) {
		if (e->id != o->id || e->state == LLQ_RESPONDING ||
		    !same_question(&e->q, &m->question))
			continue;
		acknowledge(m, o, ack);
		*q = e->q;
		return LLQ_HEARD_CHANGE;
	}
	return LLQ_HEARD_NOTHING;
}

enum llq_heard
llq_client_take(struct llq_client *c, const struct message *m, int proven, uint64_t now,
    struct question *q, struct buf *ack)
{
	struct llq_option o = {0};
	int option = llq_get(m, &o);

	if ((m->flags & FLAG_QR) == 0 || m->opcode != OPCODE_QUERY || !m->has_question)
		return LLQ_HEARD_NOTHING;
	if (option == 1 && o.opcode == LLQ_EVENT && o.version == LLQ_VERSION && o.error == 0)
		return o.id == 0 ? LLQ_HEARD_NOTHING : take_event(c, m, &o, q, ack);
	return proven ? take_reply(c, m, &o, option, now, q) : LLQ_HEARD_NOTHING;
}

int
llq_client_live(const struct llq_client *c)
{
	const struct llq_entry *e;

	if (c->live == c->count)
		return c->count > 0;
	/* Those on their way will read what they find; one that is refused must be looked at. */
	if (c->number[0] == NULL || !is_live(c->number[0]))
		return 0;
	TAILQ_FOREACH (e, &c->all, entry)
		if (e->state == LLQ_IDLE && e->at_ms != 0)
			return 0;
	return 1;
}
