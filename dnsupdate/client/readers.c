#include "dnsupdate/client/readers.h"

#include <string.h>

void
readers_clear(struct readers *rs)
{
	memset(rs->open, 0, sizeof rs->open);
	for (size_t i = 0; i < READERS_MAX; i++)
		rs->reader[i].m = NULL;
}

int
readers_free(const struct readers *rs)
{
	for (size_t i = 0; i < READERS_MAX; i++)
		if (rs->reader[i].m == NULL)
			return 1;
	return 0;
}

int
readers_begin(struct readers *rs, struct machine *m, const struct name *zone, int may_skip)
{
	struct reader *rd = rs->reader;
	struct name host;

	while (rd->m != NULL)
		rd++;
	if (name_parse(&host, m->peer.name) != 0 || peer_reader_init(&rd->r, &host, zone) != 0)
		return -1;
	rd->m = m;
	rd->epoch_first = 1;
	rd->may_skip = may_skip;
	rd->fresh = m->fresh;
	return 0;
}

static int
is_open(const struct readers *rs, int reader, const struct question *q)
{
	for (size_t i = 0; i < READERS_OPEN_MAX; i++)
		if (rs->open[i].ticket != 0 && rs->open[i].reader == reader &&
		    rs->open[i].q.type == q->type && name_equal(&rs->open[i].q.name, &q->name))
			return 1;
	return 0;
}

static int
ask(struct readers *rs, int reader, const struct question *q, uint32_t *last, struct watch_ask *out)
{
	for (size_t i = 0; i < READERS_OPEN_MAX; i++) {
		if (rs->open[i].ticket != 0)
			continue;
		if (++*last == 0)
			*last = 1;
		rs->open[i].ticket = *last;
		rs->open[i].reader = reader;
		rs->open[i].q = *q;
		*out = (struct watch_ask) {
		    .ticket = *last, .fresh = rs->reader[reader].fresh, .q = *q};
		return 1;
	}
	return 0;
}

static int
ask_one(struct readers *rs, int i, uint32_t *last, struct watch_ask *out)
{
	const struct reader *rd = &rs->reader[i];
	unsigned pos = 0;
	struct question q;

	if (rd->m == NULL)
		return 0;
	while (peer_reader_open(&rd->r, &pos, &q))
		if ((!rd->epoch_first || q.type == TYPE_TXT) && !is_open(rs, i, &q))
			return ask(rs, i, &q, last, out);
	return 0;
}

int
readers_next(struct readers *rs, uint32_t *last, struct watch_ask *out)
{
	for (int i = 0; i < READERS_MAX; i++)
		if (ask_one(rs, i, last, out))
			return 1;
	return 0;
}

/* Forget the reader and its open questions. */
static enum readers_result
end(struct readers *rs, int i, enum readers_result result)
{
	for (size_t k = 0; k < READERS_OPEN_MAX; k++)
		if (rs->open[k].reader == i)
			rs->open[k].ticket = 0;
	rs->reader[i].m = NULL;
	return result;
}

/* The same epoch as when all was read: only the lease can have moved. */
static int
same_epoch(const struct reader *rd, struct msg_dns_peer *peer)
{
	if (!rd->r.has_status || rd->r.status.epoch != rd->m->peer.epoch)
		return 0;
	*peer = rd->m->peer;
	peer->expires_sec = rd->r.status.expires_sec;
	return 1;
}

static enum readers_result
take(struct readers *rs, int i, const struct question *q, const struct message *m,
    struct msg_dns_peer *peer)
{
	struct reader *rd = &rs->reader[i];

	if (peer_reader_take(&rd->r, q, m) != 0)
		return end(rs, i, READERS_MISSED);
	if (rd->epoch_first) {
		rd->epoch_first = 0;
		if (rd->may_skip && same_epoch(rd, peer))
			return end(rs, i, READERS_SAME);
	}
	if (!peer_reader_done(&rd->r))
		return READERS_MORE;
	peer_reader_result(&rd->r, peer);
	return end(rs, i, READERS_WHOLE);
}

enum readers_result
readers_answer(struct readers *rs, uint32_t ticket, enum outcome o, const struct message *m,
    struct machine **of, const struct peer_reader **r, struct msg_dns_peer *peer)
{
	struct question q;
	size_t at = 0;
	int i;

	while (at < READERS_OPEN_MAX && rs->open[at].ticket != ticket)
		at++;
	if (at == READERS_OPEN_MAX || ticket == 0)
		return READERS_UNKNOWN;
	q = rs->open[at].q;
	i = rs->open[at].reader;
	rs->open[at].ticket = 0;
	*of = rs->reader[i].m;
	*r = &rs->reader[i].r;
	if (o != OUTCOME_OK)
		return end(rs, i, READERS_MISSED);
	return take(rs, i, &q, m, peer);
}
