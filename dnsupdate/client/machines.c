/*
 * A machine is in up to four lists: all; unread, in the order in which they are to be read; news,
 * what the manager must hear; follow, whose names the channel must hear.  It is freed when it is
 * gone and in none of the last three.
 */
#include "dnsupdate/client/machines.h"

#include "base/log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* So long an older epoch is taken for an old answer. */
#define EPOCH_BACK_MS 120000

/* What the reading of all still waits for: one reading of it, or the one after the present one. */
enum { COUNTED = 1, COUNTED_TWICE };

void
machines_init(struct machines *t)
{
	memset(t, 0, sizeof *t);
	TAILQ_INIT(&t->all);
	TAILQ_INIT(&t->unread);
	TAILQ_INIT(&t->news);
	TAILQ_INIT(&t->follow);
}

static void
drop(struct machines *t, struct machine *m)
{
	TAILQ_REMOVE(&t->all, m, entry);
	LIST_REMOVE(m, bucket);
	t->number[m->number] = NULL;
	free(m->target);
	free(m);
}

void
machines_free(struct machines *t)
{
	struct machine *m;

	while ((m = TAILQ_FIRST(&t->all)) != NULL)
		drop(t, m);
}

static void
drop_if_done(struct machines *t, struct machine *m)
{
	if (!m->peer.present && !m->listed && !m->unread && !m->dirty && !m->refollow)
		drop(t, m);
}

static struct machine_bucket *
bucket_of(struct machines *t, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint32_t)tolower((unsigned char)*name)) * 16777619u;
	return &t->bucket[hash % MACHINES_BUCKETS];
}

struct machine *
machines_find(struct machines *t, const char *name)
{
	struct machine *m;

	LIST_FOREACH (m, bucket_of(t, name), bucket)
		if (strcasecmp(m->peer.name, name) == 0)
			return m;
	return NULL;
}

struct machine *
machines_owner(struct machines *t, const struct name *name)
{
	struct name n = *name;
	char text[MSG_NAME_MAX];
	struct machine *m;

	do {
		if (name_host(&n, text) == 0 && (m = machines_find(t, text)) != NULL)
			return m;
	} while (name_strip(&n, &n, 1) == 0);
	return NULL;
}

static struct machine *
make(struct machines *t, const char *name)
{
	struct machine *m;
	uint16_t number = 1;

	while (number <= MSG_PEERS_MAX && t->number[number] != NULL)
		number++;
	if (number > MSG_PEERS_MAX)
		return NULL;
	if ((m = calloc(1, sizeof *m)) == NULL)
		fatal("machine");
	peer_gone(&m->peer, name);
	m->number = number;
	t->number[number] = m;
	TAILQ_INSERT_TAIL(&t->all, m, entry);
	LIST_INSERT_HEAD(bucket_of(t, name), m, bucket);
	return m;
}

static void
mark_news(struct machines *t, struct machine *m)
{
	if (!m->dirty)
		TAILQ_INSERT_TAIL(&t->news, m, news_entry);
	m->dirty = 1;
}

static void
mark_follow(struct machines *t, struct machine *m)
{
	if (!m->refollow)
		TAILQ_INSERT_TAIL(&t->follow, m, follow_entry);
	m->refollow = 1;
}

void
machines_list_begin(struct machines *t)
{
	struct machine *m;

	TAILQ_FOREACH (m, &t->all, entry)
		m->listed = 0;
}

int
machines_list_add(struct machines *t, const char *name)
{
	struct machine *m = machines_find(t, name);

	if (m == NULL) {
		if ((m = make(t, name)) == NULL)
			return -1;
		machines_want(t, m, 0, 0);
	}
	if (!m->peer.present)
		mark_follow(t, m);
	m->listed = 1;
	return 0;
}

static void
forget_reading(struct machines *t, struct machine *m)
{
	if (m->unread && !m->reading)
		TAILQ_REMOVE(&t->unread, m, unread_entry);
	t->counted -= m->counted != 0;
	m->unread = m->again = m->fresh = m->counted = 0;
	m->read_ms = m->epoch_back_ms = 0;
}

static int
leave(struct machines *t, struct machine *m)
{
	char name[MSG_NAME_MAX];
	int was = m->peer.present;

	forget_reading(t, m);
	mark_follow(t, m);
	if (was) {
		memcpy(name, m->peer.name, sizeof name);
		peer_gone(&m->peer, name);
		t->present--;
		mark_news(t, m);
	}
	return was;
}

unsigned
machines_list_end(struct machines *t)
{
	struct machine *m, *next;
	unsigned gone = 0;

	for (m = TAILQ_FIRST(&t->all); m != NULL; m = next) {
		next = TAILQ_NEXT(m, entry);
		if (!m->listed)
			gone += (unsigned)leave(t, m);
	}
	return gone;
}

void
machines_want(struct machines *t, struct machine *m, int fresh, int counted)
{
	if (m->reading)
		m->again = 1;
	else if (!m->unread)
		TAILQ_INSERT_TAIL(&t->unread, m, unread_entry);
	m->unread = 1;
	m->fresh |= fresh != 0;
	if (counted && !m->counted) {
		m->counted = m->reading ? COUNTED_TWICE : COUNTED;
		t->counted++;
	}
}

void
machines_hint(struct machines *t, struct machine *m, uint64_t now)
{
	if (!m->unread || (m->reading && !m->again))
		gate_count(&m->gate, &gate_hints, now);
	machines_want(t, m, 0, 0);
}

struct machine *
machines_next(struct machines *t, uint64_t now)
{
	struct machine *m;

	TAILQ_FOREACH (m, &t->unread, unread_entry) {
		if (gate_ready(&m->gate, &gate_hints, 0) > now)
			continue;
		TAILQ_REMOVE(&t->unread, m, unread_entry);
		m->reading = 1;
		return m;
	}
	return NULL;
}

void
machines_read(struct machines *t, struct machine *m)
{
	m->reading = 0;
	if (m->counted == COUNTED)
		t->counted--;
	m->counted = m->counted == COUNTED_TWICE ? COUNTED : 0;
	if (m->again && m->listed) {
		m->again = 0;
		TAILQ_INSERT_TAIL(&t->unread, m, unread_entry);
		return;
	}
	m->unread = m->again = m->fresh = 0;
	drop_if_done(t, m);
}

void
machines_abandon(struct machines *t)
{
	struct machine *m, *next;

	for (m = TAILQ_FIRST(&t->all); m != NULL; m = next) {
		next = TAILQ_NEXT(m, entry);
		m->counted = 0;
		if (!m->reading)
			continue;
		m->reading = m->again = 0;
		if (m->unread)
			TAILQ_INSERT_HEAD(&t->unread, m, unread_entry);
		else
			drop_if_done(t, m);
	}
	t->counted = 0;
}

uint64_t
machines_wake(const struct machines *t, uint64_t now)
{
	const struct machine *m;
	uint64_t at = UINT64_MAX;

	TAILQ_FOREACH (m, &t->unread, unread_entry) {
		if (gate_ready(&m->gate, &gate_hints, 0) <= now)
			return now;
		if (gate_ready(&m->gate, &gate_hints, 0) < at)
			at = gate_ready(&m->gate, &gate_hints, 0);
	}
	return at;
}

/* Without what changes at each refresh. */
static struct msg_dns_peer
essence(const struct msg_dns_peer *peer)
{
	struct msg_dns_peer p = *peer;

	p.epoch = 0;
	p.expires_sec = 0;
	return p;
}

/* A TXT record that is gone altogether is no going back: the account's key took it. */
static int
is_old(struct machine *m, const struct msg_dns_peer *peer, uint64_t now)
{
	if (peer->epoch == 0 || peer->epoch >= m->peer.epoch) {
		m->epoch_back_ms = 0;
		return 0;
	}
	if (m->epoch_back_ms == 0)
		m->epoch_back_ms = now;
	return now - m->epoch_back_ms < EPOCH_BACK_MS;
}

int
machines_take(struct machines *t, struct machine *m, const struct msg_dns_peer *peer, uint64_t now)
{
	struct msg_dns_peer before = essence(&m->peer), after = essence(peer);

	if (is_old(m, peer, now))
		return -1;
	m->epoch_back_ms = 0;
	if (!m->retell && memcmp(&m->peer, peer, sizeof *peer) == 0)
		return 0;
	t->present += peer->present - m->peer.present;
	m->retell = 0;
	m->peer = *peer;
	mark_news(t, m);
	return memcmp(&before, &after, sizeof before) != 0;
}

static int
same_targets(const struct machine *m, const struct peer_target *target, unsigned count)
{
	if (m->targets != count)
		return 0;
	for (unsigned i = 0; i < count; i++)
		if (!name_equal(&m->target[i], &target[i].name))
			return 0;
	return 1;
}

void
machines_targets(
    struct machines *t, struct machine *m, const struct peer_target *target, unsigned count)
{
	if (same_targets(m, target, count))
		return;
	free(m->target);
	m->target = count == 0 ? NULL : calloc(count, sizeof *m->target);
	if (count != 0 && m->target == NULL)
		fatal("machine");
	for (unsigned i = 0; i < count; i++)
		m->target[i] = target[i].name;
	m->targets = (uint8_t)count;
	mark_follow(t, m);
}

const struct machine *
machines_news(const struct machines *t)
{
	return TAILQ_FIRST(&t->news);
}

void
machines_told(struct machines *t, const struct machine *told)
{
	struct machine *m = t->number[told->number];

	TAILQ_REMOVE(&t->news, m, news_entry);
	m->dirty = 0;
	drop_if_done(t, m);
}

const struct machine *
machines_refollow(const struct machines *t)
{
	return TAILQ_FIRST(&t->follow);
}

void
machines_followed(struct machines *t, const struct machine *followed)
{
	struct machine *m = t->number[followed->number];

	TAILQ_REMOVE(&t->follow, m, follow_entry);
	m->refollow = 0;
	drop_if_done(t, m);
}

void
machines_retell(struct machines *t)
{
	struct machine *m;

	TAILQ_FOREACH (m, &t->all, entry) {
		m->retell = 1;
		m->read_ms = m->epoch_back_ms = 0;
		m->peer.epoch = 0;
	}
}

void
machines_refollow_all(struct machines *t)
{
	struct machine *m;

	TAILQ_FOREACH (m, &t->all, entry)
		mark_follow(t, m);
}
