/*
 * Which signed updates a key has had.  TSIG's clock counts whole seconds and updates may overtake
 * each other by a little, so the newest time alone would refuse good ones: the last
 * LIMIT_REPLAY_SEC seconds are open, and in them each MAC is taken once.  The marks are a hash set
 * of 64-bit pieces of MACs, which are as good as random numbers already.
 */
#include "base/log.h"
#include "dnsupdate/server/data/keyring.h"
#include "dnsupdate/server/limits.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 4

struct mark {
	uint64_t mac;
	uint64_t time_sec : 56; /* 0 = empty */
	uint64_t rcode : 8; /* what came of it */
};

struct key_marks {
	uint32_t room; /* a power of two */
	uint32_t used;
	uint64_t full_sec; /* all of this second and before is refused: there were too many */
	struct mark mark[];
};

static struct key_marks *
marks_new(uint32_t room)
{
	struct key_marks *m = calloc(1, sizeof *m + room * sizeof m->mark[0]);

	if (m == NULL)
		fatalx("out of memory");
	m->room = room;
	return m;
}

static uint64_t
piece(const uint8_t mac[KEY_MARK_LEN])
{
	uint64_t v;

	memcpy(&v, mac, sizeof v);
	return v;
}

/* The oldest second that is still open. */
static uint64_t
oldest_open(const struct key *key)
{
	uint64_t oldest =
	    key->newest_sec < LIMIT_REPLAY_SEC ? 0 : key->newest_sec - LIMIT_REPLAY_SEC + 1;

	if (key->marks != NULL && key->marks->full_sec >= oldest)
		oldest = key->marks->full_sec + 1;
	return oldest;
}

/* The mark's place, or the empty one where it belongs. */
static struct mark *
place(struct key_marks *m, uint64_t time_sec, uint64_t mac)
{
	uint32_t i = (uint32_t)mac & (m->room - 1);

	while (
	    m->mark[i].time_sec != 0 && (m->mark[i].mac != mac || m->mark[i].time_sec != time_sec))
		i = (i + 1) & (m->room - 1);
	return &m->mark[i];
}

enum replay
key_replay(
    const struct key *key, uint64_t time_sec, const uint8_t mac[KEY_MARK_LEN], uint8_t *rcode)
{
	const struct mark *m = key->marks == NULL ? NULL : place(key->marks, time_sec, piece(mac));

	if (m != NULL && m->time_sec != 0) {
		*rcode = m->rcode;
		return REPLAY_KNOWN;
	}
	return time_sec < oldest_open(key) ? REPLAY_OLD : REPLAY_NEW;
}

/* A new table with what still counts and room for more. */
static void
rebuild(struct key *key)
{
	struct key_marks *old = key->marks, *new;
	uint64_t oldest = oldest_open(key);
	uint32_t live = 0, room = ROOM_MIN;

	for (uint32_t i = 0; i < old->room; i++)
		live += old->mark[i].time_sec >= oldest && old->mark[i].time_sec != 0;
	while (room < 3 * live)
		room *= 2;
	new = marks_new(room);
	new->full_sec = old->full_sec;
	if (live >= LIMIT_REPLAY_MACS) {
		new->full_sec = key->newest_sec;
		oldest = key->newest_sec + 1;
	}
	for (uint32_t i = 0; i < old->room; i++) {
		const struct mark *m = &old->mark[i];

		if (m->time_sec < oldest || m->time_sec == 0)
			continue;
		*place(new, m->time_sec, m->mac) = *m;
		new->used++;
	}
	key->marks = new;
	free(old);
}

void
key_mark(struct key *key, uint64_t time_sec, const uint8_t mac[KEY_MARK_LEN], uint8_t rcode)
{
	struct mark *m;

	if (time_sec > key->newest_sec)
		key->newest_sec = time_sec;
	if (key->marks == NULL)
		key->marks = marks_new(ROOM_MIN);
	if (key->marks->used * 4 >= key->marks->room * 3)
		rebuild(key);
	m = place(key->marks, time_sec, piece(mac));
	if (m->time_sec != 0 || time_sec == 0)
		return;
	*m = (struct mark) {.mac = piece(mac), .time_sec = time_sec, .rcode = rcode};
	key->marks->used++;
}

/* An impossible MAC keeps the place, so that others behind it are still found. */
void
key_unmark(struct key *key, uint64_t time_sec, const uint8_t mac[KEY_MARK_LEN])
{
	struct mark *m;

	if (key->marks == NULL)
		return;
	m = place(key->marks, time_sec, piece(mac));
	if (m->time_sec != 0)
		m->time_sec = 1;
}

int
key_mark_next(const struct key *key, size_t *pos, uint64_t *time_sec, uint8_t mac[KEY_MARK_LEN])
{
	uint64_t oldest = oldest_open(key);

	while (key->marks != NULL && *pos < key->marks->room) {
		const struct mark *m = &key->marks->mark[(*pos)++];

		if (m->time_sec < oldest || m->time_sec == 0 || m->rcode != 0)
			continue;
		*time_sec = m->time_sec;
		memcpy(mac, &m->mac, KEY_MARK_LEN);
		return 1;
	}
	return 0;
}
