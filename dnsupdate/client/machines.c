#include "dnsupdate/client/machines.h"

#include "dnsupdate/wire/peer.h"

#include <string.h>
#include <strings.h>

void
machines_list_begin(struct machines *t)
{
	for (size_t i = 0; i < MSG_PEERS_MAX; i++)
		t->m[i].listed = 0;
}

static struct machine *
find(struct machines *t, const char *name)
{
	for (size_t i = 0; i < MSG_PEERS_MAX; i++)
		if (t->m[i].used && strcasecmp(t->m[i].peer.name, name) == 0)
			return &t->m[i];
	return NULL;
}

static struct machine *
make(struct machines *t, const char *name)
{
	for (size_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct machine *m = &t->m[i];

		if (m->used)
			continue;
		memset(m, 0, sizeof *m);
		peer_gone(&m->peer, name);
		m->used = 1;
		return m;
	}
	return NULL;
}

int
machines_list_add(struct machines *t, const char *name)
{
	struct machine *m = find(t, name);

	if (m == NULL && (m = make(t, name)) == NULL)
		return -1;
	m->listed = 1;
	m->unread = 1;
	return 0;
}

unsigned
machines_list_end(struct machines *t)
{
	unsigned gone = 0;

	for (size_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct machine *m = &t->m[i];
		char name[MSG_NAME_MAX];

		if (!m->used || m->listed)
			continue;
		m->unread = 0;
		m->read_ms = 0;
		if (!m->peer.present) {
			m->used = m->dirty;
			continue;
		}
		memcpy(name, m->peer.name, sizeof name);
		peer_gone(&m->peer, name);
		m->dirty = 1;
		gone++;
	}
	return gone;
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

int
machines_take(struct machine *m, const struct msg_dns_peer *peer)
{
	struct msg_dns_peer before = essence(&m->peer), after = essence(peer);

	m->unread = 0;
	if (!m->retell && memcmp(&m->peer, peer, sizeof *peer) == 0)
		return 0;
	m->retell = 0;
	m->peer = *peer;
	m->dirty = 1;
	return memcmp(&before, &after, sizeof before) != 0;
}

uint32_t
machines_count(const struct machines *t)
{
	uint32_t n = 0;

	for (size_t i = 0; i < MSG_PEERS_MAX; i++)
		n += t->m[i].used && t->m[i].peer.present;
	return n;
}

const struct machine *
machines_news(const struct machines *t)
{
	for (size_t i = 0; i < MSG_PEERS_MAX; i++)
		if (t->m[i].used && t->m[i].dirty)
			return &t->m[i];
	return NULL;
}

void
machines_told(struct machines *t, const struct machine *told)
{
	struct machine *m = &t->m[told - t->m];

	m->dirty = 0;
	/* One that is listed again but not yet read must be kept. */
	if (!m->peer.present && !m->unread)
		m->used = 0;
}

void
machines_retell(struct machines *t)
{
	for (size_t i = 0; i < MSG_PEERS_MAX; i++) {
		t->m[i].retell = 1;
		t->m[i].read_ms = 0;
	}
}
