#include "dnsupdate/server/update/updates.h"

#include "base/log.h"
#include "dnsupdate/server/update/apply.h"
#include "dnsupdate/server/complain.h"
#include "dnsupdate/server/update/keyops.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/update/policy.h"
#include "dnsupdate/server/server.h"

#include <stdlib.h>
#include <string.h>

/* An update of the batch; data follows.  Its request is complete, but for the room of the reply. */
struct waiting {
	struct request r;
	unsigned rcode;
	uint8_t is_new; /* carried out in this batch, not an answer given again */
	int has_lease;
	struct lease_option lease;
	uint8_t data[];
};

struct updates {
	struct waiting *waiting[LIMIT_BATCH];
	size_t count;
	struct change_list changes; /* of the update at hand */
	uint8_t reply[MESSAGE_MAX];
};

struct updates *
updates_new(void)
{
	struct updates *u = calloc(1, sizeof *u);

	if (u == NULL)
		fatalx("out of memory");
	return u;
}

static void
forget(struct waiting *w)
{
	key_unref(w->r.key);
	free(w);
}

void
updates_free(struct updates *u)
{
	if (u == NULL)
		return;
	while (u->count > 0)
		forget(u->waiting[--u->count]);
	change_list_free(&u->changes);
	free(u);
}

size_t
updates_waiting(const struct updates *u)
{
	return u->count;
}

/* What can be said without looking into the zone (RFC 2136 sections 3.1 and 3.3). */
static unsigned
refuse_at_once(struct server *s, struct request *r)
{
	if (!r->m.has_question || r->m.question.type != TYPE_SOA)
		return RCODE_FORMERR;
	r->zone =
	    r->m.question.class == CLASS_IN ? zones_get(&s->zones, &r->m.question.name) : NULL;
	if (r->zone == NULL)
		return RCODE_NOTAUTH;
	return policy_may_update(r->key, r->zone) ? RCODE_NOERROR : RCODE_REFUSED;
}

/* All of a request but the records that its message does not have, which are most of it. */
static void
copy_request(struct request *to, const struct request *from)
{
	size_t used = offsetof(struct request, m.rr) + from->m.count * sizeof from->m.rr[0];
	size_t behind = offsetof(struct request, m) + sizeof from->m;

	memcpy(to, from, used);
	memcpy((char *)to + behind, (const char *)from + behind, sizeof *to - behind);
}

enum request_result
updates_add(struct server *s, struct request *r)
{
	unsigned rcode = refuse_at_once(s, r);
	struct waiting *w;

	if (rcode != RCODE_NOERROR) {
		if (r->key == NULL)
			complain(&s->complaints, r, "an update that may not be: refused");
		return reply_error(r, rcode);
	}
	if (s->updates->count == LIMIT_BATCH)
		server_commit(s, r->now_sec);
	w = malloc(sizeof *w + r->len);
	if (w == NULL)
		fatalx("out of memory");
	memcpy(w->data, r->data, r->len);
	copy_request(&w->r, r);
	w->is_new = 0;
	w->r.data = w->r.m.data = w->data;
	w->r.tsig.key = &w->r.signer;
	w->r.options.data = w->r.options_room;
	key_ref(w->r.key);
	s->updates->waiting[s->updates->count++] = w;
	if (s->updates->count == 1 && s->want_commit != NULL)
		s->want_commit(s->commit_ctx);
	return REQUEST_PENDING;
}

static void
apply(struct server *s, struct waiting *w, uint64_t now_sec, int only_lease)
{
	struct change_list *changes = &s->updates->changes;
	struct commit_mark mark = {.key = w->r.key, .time_sec = w->r.tsig.time_sec};
	uint32_t serial = w->r.zone->serial;
	struct apply a = {.m = &w->r.m,
	    .zone = w->r.zone,
	    .key = w->r.key,
	    .now_sec = now_sec,
	    .lease_min_sec = s->lease_min_sec,
	    .lease_max_sec = s->lease_max_sec,
	    .key_lease_max_sec = s->key_lease_max_sec,
	    .changes = changes};

	if (only_lease) {
		apply_lease(&a);
	} else {
		change_clear(changes);
		w->is_new = 1;
		w->rcode = apply_update(&a);
		memcpy(mark.mac, w->r.tsig.mac, sizeof mark.mac);
		key_mark(mark.key, mark.time_sec, mark.mac, (uint8_t)w->rcode);
		if (w->rcode == RCODE_NOERROR)
			commit_change(s->commit, w->r.zone, serial, changes, &mark);
	}
	w->has_lease = a.has_lease == 1;
	w->lease = a.lease;
}

/* The same bytes again get the same answer again; older ones are late or somebody else's. */
static void
carry_out(struct server *s, struct waiting *w, uint64_t now_sec)
{
	uint8_t rcode;

	switch (key_replay(w->r.key, w->r.tsig.time_sec, w->r.tsig.mac, &rcode)) {
	case REPLAY_NEW:
		apply(s, w, now_sec, 0);
		return;
	case REPLAY_KNOWN:
		w->rcode = rcode;
		if (rcode == RCODE_NOERROR)
			apply(s, w, now_sec, 1);
		break;
	case REPLAY_OLD:
		w->rcode = RCODE_NOTAUTH;
		w->r.tsig_error = TSIG_BADTIME;
		break;
	}
	s->stats.replays++;
}

/* The disk did not take it: it may be sent again. */
static void
fail(struct waiting *w)
{
	if (w->is_new)
		key_unmark(w->r.key, w->r.tsig.time_sec, w->r.tsig.mac);
	w->rcode = RCODE_SERVFAIL;
}

/* The batch is durable; now the keys that its updates make and remove. */
static void
change_keys(struct server *s)
{
	struct updates *u = s->updates;
	size_t changed[LIMIT_BATCH], all = 0;

	for (size_t i = 0; i < u->count; i++) {
		struct waiting *w = u->waiting[i];

		changed[i] = 0;
		if (w->is_new && w->rcode == RCODE_NOERROR)
			changed[i] = keyops_run(s->keys, &w->r.m, w->r.zone, w->r.key);
		all += changed[i];
	}
	if (all == 0 || s->hooks.keys_changed == NULL ||
	    s->hooks.keys_changed(s->hooks.keys_ctx) == 0)
		return;
	for (size_t i = 0; i < u->count; i++)
		if (changed[i] > 0)
			fail(u->waiting[i]);
}

static void
answer(struct server *s, struct waiting *w)
{
	struct request *r = &w->r;
	char text[REQUEST_TEXT_MAX];

	if (log_get_level() >= LOG_LEVEL_INFO)
		log_info("%s: update: %s", request_text(r, text), rcode_text(w->rcode));
	r->reply = buf_writer(s->updates->reply, r->reply.size);
	if (w->rcode == RCODE_NOERROR && w->has_lease)
		lease_option_put(&r->options, &w->lease);
	r->question_len = 0; /* section 3.8: nothing need be repeated */
	if (reply_error(r, w->rcode) != REQUEST_REPLY)
		r->reply.pos = 0; /* no answer, but whoever waits must know */
	s->stats.rcode[r->rcode < STATS_RCODES ? r->rcode : RCODE_SERVFAIL]++;
	s->send(s->send_ctx, &r->from, r->reply.data, r->reply.pos);
}

void
updates_run(struct server *s, uint64_t now_sec)
{
	struct updates *u = s->updates;

	for (size_t i = 0; i < u->count; i++)
		carry_out(s, u->waiting[i], now_sec);
	if (commit_run(s->commit, now_sec) == -1) {
		s->stats.commits_failed++;
		for (size_t i = 0; i < u->count; i++)
			if (u->waiting[i]->rcode == RCODE_NOERROR)
				fail(u->waiting[i]);
	} else {
		change_keys(s);
	}
	s->stats.commits++;
	for (size_t i = 0; i < u->count; i++) {
		answer(s, u->waiting[i]);
		forget(u->waiting[i]);
	}
	u->count = 0;
}
