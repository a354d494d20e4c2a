/* What the tests of watch.c share: a zone of up to hundreds of machines, and a watch that asks it.
 */
#ifndef UNIT_DNS_WATCH_BED_H
#define UNIT_DNS_WATCH_BED_H

#include "wire_test.h"

#include "dnsupdate/client/watch.h"

#include <stdio.h>

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define ZONE "example.com"
#define DOMAIN "alice.example.com"
#define SELF "self.alice.example.com"

struct host {
	char name[64];
	int listed;
	int records; /* has any */
	uint64_t epoch; /* 0 = its TXT names none */
	uint64_t expires;
	uint8_t contact; /* last octet of 11.22.33.x, 0 = no SRV */
	int away; /* its SRV names a target in a zone that the server does not have */
	enum outcome says; /* OUTCOME_OK = answers */
};

struct zone {
	struct host host[MSG_PEERS_MAX + 30];
	unsigned hosts;
	uint32_t serial;
	enum outcome says; /* for all */
	uint64_t now;
	unsigned soa, list, record; /* questions so far */
	uint64_t soa_ms[4000];
	unsigned told, gone, followed;
	int mute; /* nobody asks what to follow */
	unsigned flight; /* most questions out at a time */
};

static inline uint32_t
half_jitter(uint32_t range)
{
	return range / 2;
}

static inline uint32_t
full_jitter(uint32_t range)
{
	return range == 0 ? 0 : range - 1;
}

/* owner NULL: the question's name. */
static inline void
put_rr(struct buf *b, const struct name *owner, const struct rdata *rd)
{
	if (owner == NULL)
		buf_put_u16(b, 0xc000 | MESSAGE_HEADER);
	else
		name_put(b, owner);
	buf_put_u16(b, rd->type);
	buf_put_u16(b, CLASS_IN);
	buf_put_u32(b, 60);
	buf_put_u16(b, rd->len);
	buf_put(b, rd->data, rd->len);
}

static inline void
put_soa(struct buf *b, const struct zone *z)
{
	struct name zone = name_of(ZONE), mname = name_of("ns." ZONE);
	struct rdata rd = {.type = TYPE_SOA};
	struct buf r = buf_writer(rd.data, sizeof rd.data);

	name_put(&r, &mname);
	name_put(&r, &mname);
	buf_put_u32(&r, z->serial);
	for (int i = 0; i < 4; i++)
		buf_put_u32(&r, 60);
	rd.len = (uint16_t)r.pos;
	put_rr(b, &zone, &rd);
}

static inline struct name
below(const char *prefix, const char *base)
{
	struct name n = name_of(base);

	assert_int_equal(name_prepend(&n, prefix, &n), 0);
	return n;
}

static inline int
put_list(struct buf *b, const struct zone *z)
{
	int n = 0;

	for (unsigned i = 0; i < z->hosts; i++) {
		struct name target = below("_autotunnel._udp", z->host[i].name);
		struct rdata rd;

		if (!z->host[i].listed)
			continue;
		rdata_ptr(&rd, &target);
		put_rr(b, NULL, &rd);
		n++;
	}
	return n;
}

/* The records of h that answer q. */
static inline int
put_record(struct buf *b, const struct host *h, const struct question *q)
{
	struct name host = name_of(h->name), service = below("_autotunnel._udp", h->name);
	struct name at = below("at", h->away ? "nas.bob.example.org" : h->name);
	struct host_status status = {.epoch = h->epoch, .expires_sec = h->expires, .os = "linux"};
	struct srv srv = {.port = 4500, .target = at};
	uint8_t ula[16] = {0xfd, [15] = 9}, addr[4] = {11, 22, 33, h->contact};
	struct rdata rd;

	if (name_equal(&q->name, &host) && q->type == TYPE_AAAA)
		rdata_aaaa(&rd, ula);
	else if (name_equal(&q->name, &service) && q->type == TYPE_TXT)
		assert_int_equal(status_to_txt(&status, &rd), 0);
	else if (name_equal(&q->name, &service) && q->type == TYPE_SRV && h->contact != 0)
		rdata_srv(&rd, &srv);
	else if (name_equal(&q->name, &at) && q->type == TYPE_A && h->contact != 0)
		rdata_a(&rd, addr);
	else
		return 0;
	put_rr(b, &q->name, &rd);
	return 1;
}

static inline struct host *
host_of(struct zone *z, const struct name *name)
{
	for (unsigned i = 0; i < z->hosts; i++) {
		struct name n = name_of(z->host[i].name);

		if (name_in(name, &n))
			return &z->host[i];
	}
	return NULL;
}

static inline void
answer_message(struct zone *z, const struct question *q, struct message *m)
{
	static uint8_t room[65535];
	struct buf b = buf_writer(room, sizeof room);
	struct host *h = host_of(z, &q->name);
	int answers = 0, authority = 0;

	buf_put_u16(&b, 1);
	buf_put_u16(&b, FLAG_QR | FLAG_AA);
	buf_put_u16(&b, 1);
	buf_put_u16(&b, 0);
	buf_put_u16(&b, 0);
	buf_put_u16(&b, 0);
	name_put(&b, &q->name);
	buf_put_u16(&b, q->type);
	buf_put_u16(&b, q->class);
	if (q->type == TYPE_PTR)
		answers = put_list(&b, z);
	else if (h != NULL && h->records)
		answers = put_record(&b, h, q);
	if (q->type == TYPE_SOA && name_labels(&q->name) == 2) {
		put_soa(&b, z);
		answers = 1;
	} else if (answers == 0) {
		put_soa(&b, z);
		authority = 1;
	}
	buf_patch_u16(&b, 6, (uint16_t)answers);
	buf_patch_u16(&b, 8, (uint16_t)authority);
	assert_false(b.failed);
	assert_int_equal(message_parse(m, room, b.pos), 0);
}

static inline enum outcome
says(struct zone *z, const struct question *q)
{
	struct host *h = host_of(z, &q->name);
	struct name zone = name_of(ZONE);

	if (q->type == TYPE_SOA) {
		if (z->soa < 4000)
			z->soa_ms[z->soa] = z->now;
		z->soa++;
	} else if (q->type == TYPE_PTR) {
		z->list++;
	} else {
		z->record++;
	}
	if (z->says != OUTCOME_OK)
		return z->says;
	if (q->type != TYPE_SOA && !name_in(&q->name, &zone))
		return OUTCOME_REFUSED;
	return h != NULL ? h->says : OUTCOME_OK;
}

/* Send what is due, answer it 5 ms later; hear the news.  Returns how many questions there were. */
static inline unsigned
turn(struct watch *w, struct zone *z)
{
	static struct message m;
	struct watch_ask ask[WATCH_OPEN_MAX];
	const struct msg_dns_peer *peer;
	struct watch_names names;
	unsigned n = 0;

	while (n < WATCH_OPEN_MAX && watch_next(w, z->now, &ask[n]))
		n++;
	if (n > z->flight)
		z->flight = n;
	if (n > 0)
		z->now += 5;
	for (unsigned i = 0; i < n; i++) {
		enum outcome o = says(z, &ask[i].q);

		if (o == OUTCOME_OK)
			answer_message(z, &ask[i].q, &m);
		watch_answer(w, ask[i].ticket, o, o == OUTCOME_OK ? &m : NULL, z->now);
	}
	while ((peer = watch_news(w)) != NULL) {
		z->told++;
		z->gone += !peer->present;
		watch_told(w);
	}
	while (!z->mute && watch_follow(w, &names))
		z->followed++;
	return n;
}

static inline void
run(struct watch *w, struct zone *z, uint64_t end)
{
	while (turn(w, z) > 0)
		;
	for (;;) {
		uint64_t at = watch_wake(w, z->now);

		if (at == WATCH_NEVER)
			at = z->now;
		if (at > end)
			break;
		z->now = at;
		while (turn(w, z) > 0)
			;
	}
	z->now = end;
}

static inline struct host *
add(struct zone *z, const char *label, uint8_t contact)
{
	struct host *h = &z->host[z->hosts++];

	*h = (struct host) {
	    .listed = 1, .records = 1, .epoch = 1, .expires = 1000, .contact = contact};
	snprintf(h->name, sizeof h->name, "%s." DOMAIN, label);
	z->serial++;
	return h;
}

static inline struct watch *
start(struct zone *z)
{
	struct name domain = name_of(DOMAIN);
	struct watch *w = watch_new(&domain, SELF, half_jitter);

	memset(z, 0, sizeof *z);
	z->now = SECOND;
	z->serial = 10;
	add(z, "self", 1);
	return w;
}

/* The one question that begins the reading of a machine, and its answer. */
static inline void
read_epoch(struct watch *w, struct zone *z)
{
	static struct message m;
	struct watch_ask ask, more;

	assert_int_equal(watch_next(w, z->now, &ask), 1);
	assert_int_equal(ask.q.type, TYPE_TXT);
	assert_int_equal(watch_next(w, z->now, &more), 0);
	answer_message(z, &ask.q, &m);
	watch_answer(w, ask.ticket, OUTCOME_OK, &m, z->now);
}

static inline void
hint(struct watch *w, struct zone *z, const char *prefix, const char *base)
{
	struct name n = below(prefix, base);

	watch_hint(w, &n, z->now);
}

#endif
