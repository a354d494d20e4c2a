/* watch.c against a zone of up to hundreds of machines; virtual time, real messages. */
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

static uint32_t
half_jitter(uint32_t range)
{
	return range / 2;
}

static uint32_t
full_jitter(uint32_t range)
{
	return range == 0 ? 0 : range - 1;
}

/* owner NULL: the question's name. */
static void
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

static void
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

static struct name
below(const char *prefix, const char *base)
{
	struct name n = name_of(base);

	assert_int_equal(name_prepend(&n, prefix, &n), 0);
	return n;
}

static int
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
static int
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

static struct host *
host_of(struct zone *z, const struct name *name)
{
	for (unsigned i = 0; i < z->hosts; i++) {
		struct name n = name_of(z->host[i].name);

		if (name_in(name, &n))
			return &z->host[i];
	}
	return NULL;
}

static void
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

static enum outcome
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
static unsigned
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

static void
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

static struct host *
add(struct zone *z, const char *label, uint8_t contact)
{
	struct host *h = &z->host[z->hosts++];

	*h = (struct host) {
	    .listed = 1, .records = 1, .epoch = 1, .expires = 1000, .contact = contact};
	snprintf(h->name, sizeof h->name, "%s." DOMAIN, label);
	z->serial++;
	return h;
}

static struct watch *
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
static void
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

static void
test_first(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	const struct msg_dns_peer *peer;
	static struct message m;
	struct watch_ask ask[WATCH_OPEN_MAX];

	(void)state;
	add(&z, "nas", 7);
	/* SOA of the domain: the zone is above it, found in the authority section */
	assert_int_equal(watch_next(w, z.now, &ask[0]), 1);
	assert_int_equal(watch_next(w, z.now, &ask[1]), 0);
	assert_null(watch_status(w).zone);
	answer_message(&z, &ask[0].q, &m);
	watch_answer(w, ask[0].ticket, OUTCOME_OK, &m, z.now);
	assert_non_null(watch_status(w).zone);
	assert_int_equal(name_labels(watch_status(w).zone), 2);
	assert_int_equal(watch_status(w).serial, z.serial);
	/* then list, then about nas, not about ourselves: what its epoch is, and only then the
	 * others: contacts must not be older than the epoch they are taken for; then its target */
	assert_int_equal(watch_next(w, z.now, &ask[0]), 1);
	assert_int_equal(ask[0].q.type, TYPE_PTR);
	answer_message(&z, &ask[0].q, &m);
	watch_answer(w, ask[0].ticket, OUTCOME_OK, &m, z.now);
	assert_false(watch_status(w).synced);
	read_epoch(w, &z);
	for (int i = 0; i < 2; i++)
		assert_int_equal(watch_next(w, z.now, &ask[i]), 1);
	assert_int_equal(watch_next(w, z.now, &ask[2]), 0);
	assert_null(watch_news(w));
	for (int i = 0; i < 2; i++) {
		answer_message(&z, &ask[i].q, &m);
		watch_answer(w, ask[i].ticket, OUTCOME_OK, &m, z.now);
	}
	while (watch_next(w, z.now, &ask[0])) {
		answer_message(&z, &ask[0].q, &m);
		watch_answer(w, ask[0].ticket, OUTCOME_OK, &m, z.now);
	}
	peer = watch_news(w);
	assert_non_null(peer);
	assert_string_equal(peer->name, "nas." DOMAIN);
	assert_int_equal(peer->present, 1);
	assert_int_equal(peer->contacts, 1);
	assert_int_equal(peer->contact[0].addr[3], 7);
	assert_int_equal(peer->contact[0].port, 4500);
	assert_int_equal(peer->ula[15], 9);
	assert_false(watch_status(w).synced);
	watch_told(w);
	assert_null(watch_news(w));
	assert_true(watch_status(w).synced);
	assert_int_equal(watch_status(w).peers, 1);
	watch_free(w);
}

/* A second at first, then 5 s for the rest of the minute, then rarer, up to 60 s. */
static void
test_pace(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	unsigned n, slow;

	(void)state;
	add(&z, "nas", 7);
	run(w, &z, 11 * SECOND);
	assert_in_range(z.soa, 16, 17);
	run(w, &z, MINUTE);
	assert_in_range(z.soa, 25, 29);
	for (unsigned i = 1; i < z.soa; i++) /* the interval is never more than was said */
		assert_true(z.soa_ms[i] - z.soa_ms[i - 1] <= PACE_FLUX_MS);
	run(w, &z, HOUR);
	n = z.soa;
	run(w, &z, 2 * HOUR);
	assert_in_range(z.soa - n, 64, 69);
	assert_int_equal(z.list, 1);
	assert_int_equal(z.record, 5);
	/* hurry: at once, each 0.25 s for two seconds, then each second, for so long */
	watch_hurry(w, 10, z.now);
	assert_true(watch_wake(w, z.now) == z.now);
	n = z.soa;
	run(w, &z, z.now + 10 * SECOND);
	assert_in_range(z.soa - n, 16, 17);
	slow = z.soa;
	/* hurrying without end does not make it faster */
	for (int i = 0; i < 100; i++) {
		watch_hurry(w, 1, z.now);
		run(w, &z, z.now + 100);
	}
	assert_in_range(z.soa - n, 25, 28);
	for (unsigned i = slow; i < z.soa; i++)
		assert_true(z.soa_ms[i] - z.soa_ms[i - 1] >= 999);
	run(w, &z, z.now + 5 * MINUTE);
	/* jitter both ways */
	watch_free(w);
	w = watch_new(&(struct name) {0}, SELF, full_jitter);
	watch_free(w);
}

static void
test_change(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	unsigned n;

	(void)state;
	run(w, &z, HOUR);
	assert_int_equal(z.told, 1);
	nas->contact = 8;
	nas->epoch++;
	z.serial++;
	n = z.soa;
	run(w, &z, z.now + 66 * SECOND);
	assert_int_equal(z.told, 2);
	assert_int_equal(z.list, 2);
	/* in flux for a minute: 5 s */
	run(w, &z, z.now + 60 * SECOND);
	assert_in_range(z.soa - n, 13, 17);
	run(w, &z, z.now + HOUR);
	/* a refresh is told, but is no flux */
	nas->expires += 3600;
	nas->epoch++;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 3);
	n = z.soa;
	run(w, &z, z.now + 2 * MINUTE);
	assert_in_range(z.soa - n, 1, 3);
	/* all of its records gone, but listed: present, nowhere to call */
	nas->records = 0;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 4);
	assert_int_equal(z.gone, 0);
	assert_int_equal(watch_status(w).peers, 1);
	/* struck off */
	nas->listed = 0;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 5);
	assert_int_equal(z.gone, 1);
	assert_int_equal(watch_status(w).peers, 0);
	/* and back */
	nas->listed = nas->records = 1;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 6);
	assert_int_equal(watch_status(w).peers, 1);
	watch_free(w);
}

/* Whatever a server says or does not say, only a verified list takes a machine away. */
static void
test_failures(void **state)
{
	(void)state;
	for (int o = OUTCOME_CONFLICT; o < OUTCOME_MAX; o++) {
		static struct zone z;
		struct watch *w = start(&z);
		unsigned n;

		add(&z, "nas", 7);
		run(w, &z, HOUR);
		z.says = (enum outcome)o;
		z.serial++;
		run(w, &z, z.now + 2 * MINUTE);
		assert_int_equal(watch_status(w).outcome, o);
		n = z.soa;
		run(w, &z, z.now + HOUR);
		assert_in_range(z.soa - n, 55, 70);
		assert_int_equal(z.told, 1);
		assert_int_equal(watch_status(w).peers, 1);
		assert_true(watch_status(w).synced);
		z.says = OUTCOME_OK;
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(watch_status(w).outcome, OUTCOME_OK);
		assert_int_equal(z.list, 2);
		assert_int_equal(z.told, 1);
		watch_free(w);
	}
}

/* A machine whose records cannot be had hides no other one, keeps what was known of it, and is
 * asked for again. */
static void
test_one_unreadable(void **state)
{
	static const enum outcome hows[] = {OUTCOME_TIMEOUT, OUTCOME_SERVFAIL, OUTCOME_FAILED};

	(void)state;
	for (size_t i = 0; i < COUNT(hows); i++) {
		static struct zone z;
		struct watch *w = start(&z);
		struct host *bad = add(&z, "bad", 5), *nas;
		unsigned lists;

		nas = add(&z, "nas", 7);
		run(w, &z, HOUR);
		assert_int_equal(z.told, 2);
		bad->says = hows[i];
		nas->contact = 8;
		z.serial++;
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(z.told, 3);
		lists = z.list;
		bad->says = OUTCOME_OK;
		bad->contact = 6;
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(z.list, lists + 1);
		assert_int_equal(z.told, 4);
		assert_int_equal(z.gone, 0);
		watch_free(w);
	}
}

/* Not synced before all is known: the manager would forget what it cannot find. */
static void
test_not_synced(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *bad = add(&z, "bad", 5);

	(void)state;
	add(&z, "nas", 7);
	bad->says = OUTCOME_TIMEOUT;
	run(w, &z, 5 * MINUTE);
	assert_int_equal(z.told, 1);
	assert_false(watch_status(w).synced);
	bad->says = OUTCOME_OK;
	run(w, &z, 7 * MINUTE);
	assert_int_equal(z.told, 2);
	assert_true(watch_status(w).synced);
	watch_free(w);
}

/* A machine that points to where the server must refuse the question is no reason to read all of
 * them again for ever, nor to leave the manager waiting for the end of it. */
static void
test_points_away(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);

	(void)state;
	add(&z, "bad", 5)->away = 1;
	add(&z, "nas", 7);
	run(w, &z, 5 * MINUTE);
	assert_int_equal(z.told, 2);
	assert_int_equal(z.list, 1);
	assert_true(watch_status(w).synced);
	watch_free(w);
}

/* A server that dies in the middle of a long reading: not all 200 machines are waited for. */
static void
test_dies_while_reading(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	char label[16];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(label, sizeof label, "h%d", i);
		add(&z, label, 3)->says = OUTCOME_TIMEOUT;
	}
	turn(w, &z);
	turn(w, &z);
	turn(w, &z);
	assert_in_range(z.record, 3, WATCH_OPEN_MAX);
	assert_int_equal(watch_status(w).outcome, OUTCOME_TIMEOUT);
	assert_int_equal(z.told, 0);
	watch_free(w);
}

/* 200 machines: bounded questions at a time; a refresh of one costs a TXT question each. */
static void
test_large(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	char label[16];
	unsigned n;

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(label, sizeof label, "h%d", i);
		add(&z, label, 3);
	}
	run(w, &z, 2 * MINUTE);
	assert_int_equal(watch_status(w).peers, 200);
	assert_true(watch_status(w).synced);
	assert_true(z.flight < WATCH_OPEN_MAX);
	assert_int_equal(z.record, 200 * 5);
	z.host[50].epoch++;
	z.host[50].contact = 4;
	z.host[60].expires = 2000; /* and its epoch as before */
	z.serial++;
	n = z.told;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.record, 200 * 5 + 200 + 4);
	assert_int_equal(z.told, n + 2);
	/* now and then everything */
	run(w, &z, z.now + 15 * MINUTE);
	z.host[70].contact = 5;
	z.serial++;
	n = z.told;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, n + 1);
	watch_free(w);
}

/* More than fit: the first are kept, the rest left out, nothing breaks. */
static void
test_too_many(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	char label[16];

	(void)state;
	for (int i = 0; i < MSG_PEERS_MAX + 24; i++) {
		snprintf(label, sizeof label, "h%d", i);
		add(&z, label, 3);
	}
	run(w, &z, 2 * MINUTE);
	assert_int_equal(watch_status(w).peers, MSG_PEERS_MAX);
	for (int i = 1; i <= MSG_PEERS_MAX + 24; i++)
		z.host[i].listed = 0;
	z.serial++;
	run(w, &z, z.now + 2 * MINUTE);
	assert_int_equal(watch_status(w).peers, 0);
	assert_int_equal(z.gone, MSG_PEERS_MAX);
	watch_free(w);
}

static void
hint(struct watch *w, struct zone *z, const char *prefix, const char *base)
{
	struct name n = below(prefix, base);

	watch_hint(w, &n, z->now);
}

/* Told of changes, only what has changed is asked for, at once; looks are rare. */
static void
test_hints(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7), *box = add(&z, "box", 7);
	unsigned soa, list, record;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_PUSHED, z.now);
	run(w, &z, HOUR);
	soa = z.soa;
	run(w, &z, z.now + 4 * HOUR);
	assert_in_range(z.soa - soa, 16, 19);
	soa = z.soa, list = z.list, record = z.record;
	nas->contact = 8;
	nas->epoch++;
	box->contact = 9;
	box->epoch++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	assert_true(watch_wake(w, z.now) == z.now);
	run(w, &z, z.now + 100);
	assert_int_equal(z.told, 3);
	assert_int_equal(z.record - record, 5);
	assert_int_equal(z.soa, soa);
	hint(w, &z, "at", box->name);
	run(w, &z, z.now + 100);
	assert_int_equal(z.told, 4);
	/* the list alone: one more, one less */
	add(&z, "new", 3);
	box->listed = 0;
	record = z.record;
	hint(w, &z, "_autotunnel._udp", DOMAIN);
	run(w, &z, z.now + 100);
	assert_int_equal(z.list, list + 1);
	assert_int_equal(z.record - record, 5);
	assert_int_equal(z.told, 6);
	assert_int_equal(z.gone, 1);
	assert_int_equal(z.soa, soa);
	/* names that are none of ours, and one that has just gone */
	hint(w, &z, "_autotunnel._udp", "stranger." DOMAIN);
	hint(w, &z, "_autotunnel._udp", SELF);
	hint(w, &z, "_autotunnel._udp", box->name);
	hint(w, &z, "a", "net");
	run(w, &z, z.now + 100);
	assert_int_equal(z.list, list + 1);
	assert_int_equal(z.record - record, 5);
	/* no longer told: look at once, then as ever */
	watch_live(w, PACE_ALONE, z.now);
	assert_true(watch_wake(w, z.now) == z.now);
	run(w, &z, z.now + HOUR);
	assert_in_range(z.soa - soa, 60, 90);
	watch_free(w);
}

/* Over UDP hints may get lost: each minute a look, which finds it out. */
static void
test_hints_lost(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	unsigned soa, surprises;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_HINTED, z.now);
	run(w, &z, HOUR);
	soa = z.soa;
	surprises = watch_status(w).surprises;
	run(w, &z, 2 * HOUR);
	assert_in_range(z.soa - soa, 64, 69);
	assert_int_equal(watch_status(w).surprises, surprises);
	nas->contact = 8;
	nas->epoch++;
	z.serial++;
	run(w, &z, z.now + 66 * SECOND);
	assert_int_equal(z.told, 2);
	assert_int_equal(watch_status(w).surprises, surprises + 1);
	/* a change that was hinted at is none */
	nas->contact = 9;
	nas->epoch++;
	z.serial++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + 2 * MINUTE);
	assert_int_equal(z.told, 3);
	assert_int_equal(watch_status(w).surprises, surprises + 1);
	watch_free(w);
}

/* However many hints come, the server is asked twice a second for a machine, and for the list. */
static void
test_hint_flood(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	unsigned list, record;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_PUSHED, z.now);
	list = z.list, record = z.record;
	for (int i = 0; i < 10000; i++) {
		hint(w, &z, "_autotunnel._udp", nas->name);
		hint(w, &z, "_autotunnel._udp", DOMAIN);
		if (i % 10 == 0)
			run(w, &z, z.now + 10);
	}
	assert_in_range(z.list - list, 20, 40);
	assert_in_range((z.record - record) / 5, 20, 40);
	/* paid off at the same rate, with a burst of them forgiven: and then as before */
	run(w, &z, z.now + MINUTE);
	nas->contact = 9;
	nas->epoch++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + 50);
	assert_int_equal(z.told, 2);
	watch_free(w);
}

/* A hint whose machine cannot be read is not forgotten; one while it is being read neither. */
static void
test_hint_missed(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	struct watch_ask ask[2];
	static struct message m;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_PUSHED, z.now);
	run(w, &z, HOUR);
	nas->contact = 8;
	nas->epoch++;
	nas->says = OUTCOME_SERVFAIL;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.told, 1);
	nas->says = OUTCOME_OK;
	run(w, &z, z.now + 10 * SECOND);
	assert_int_equal(z.told, 2);
	hint(w, &z, "_autotunnel._udp", nas->name);
	read_epoch(w, &z);
	for (int i = 0; i < 2; i++)
		assert_int_equal(watch_next(w, z.now, &ask[i]), 1);
	for (int i = 0; i < 2; i++) {
		answer_message(&z, &ask[i].q, &m);
		watch_answer(w, ask[i].ticket, OUTCOME_OK, &m, z.now);
	}
	nas->contact = 9;
	nas->epoch++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + SECOND);
	/* half of the change, for the first reading was under way; then all of it */
	assert_int_equal(z.told, 4);
	watch_free(w);
}

/* An old epoch is an old answer; but a machine set up anew begins at 1. */
static void
test_epoch_back(void **state)
{
	for (int live = 0; live < 2; live++) {
		static struct zone z;
		struct watch *w = start(&z);
		struct host *nas = add(&z, "nas", 7);

		(void)state;
		nas->epoch = 5;
		run(w, &z, MINUTE);
		watch_live(w, live ? PACE_PUSHED : PACE_ALONE, z.now);
		nas->epoch = 4;
		nas->contact = 6;
		z.serial++;
		hint(w, &z, "_autotunnel._udp", nas->name);
		run(w, &z, z.now + MINUTE);
		assert_int_equal(z.told, 1);
		nas->epoch = 6;
		z.serial++;
		hint(w, &z, "_autotunnel._udp", nas->name);
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(z.told, 2);
		nas->epoch = 1;
		z.serial++;
		hint(w, &z, "_autotunnel._udp", nas->name);
		run(w, &z, z.now + 100 * SECOND);
		assert_int_equal(z.told, 2);
		run(w, &z, z.now + 90 * SECOND);
		assert_int_equal(z.told, 3);
		assert_int_equal(watch_epoch(w, &(struct name) {0}), 0);
		watch_free(w);
	}
}

/* The names to follow: the list's, each machine's with its targets, and no more of one gone. */
static void
test_names(void **state)
{
	static struct zone z;
	struct name domain = name_of(DOMAIN), at = below("at", "nas." DOMAIN);
	struct watch *w = watch_new(&domain, SELF, half_jitter);
	struct watch_names n;
	unsigned number;

	(void)state;
	assert_int_equal(watch_follow(w, &n), 1);
	assert_int_equal(n.number, 0);
	assert_true(name_in(&n.service, &domain));
	assert_int_equal(watch_follow(w, &n), 0);
	watch_free(w);
	w = start(&z);
	add(&z, "nas", 7);
	run(w, &z, 500);
	while (watch_next(w, z.now, &(struct watch_ask) {0}))
		;
	watch_restart(w, &domain, SELF);
	z.followed = 0;
	run(w, &z, MINUTE);
	assert_int_equal(z.followed, 2); /* the list, nas */
	z.host[1].contact = 0;
	z.host[1].epoch++;
	hint(w, &z, "_autotunnel._udp", "nas." DOMAIN);
	assert_int_equal(watch_follow(w, &n), 0);
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.followed, 3);
	watch_free(w);
	w = start(&z);
	add(&z, "nas", 7);
	z.mute = 1;
	run(w, &z, MINUTE);
	assert_int_equal(watch_follow(w, &n), 1);
	assert_int_equal(watch_follow(w, &n), 1);
	number = n.number;
	assert_int_equal(n.present, 1);
	assert_int_equal(n.targets, 1);
	assert_true(name_equal(&n.target[0], &at));
	z.host[1].listed = 0;
	hint(w, &z, "_autotunnel._udp", DOMAIN);
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.gone, 1);
	assert_int_equal(watch_follow(w, &n), 1);
	assert_int_equal(n.number, number);
	assert_int_equal(n.present, 0);
	assert_int_equal(watch_follow(w, &n), 0);
	watch_free(w);
}

/* Another zone: old machines go when its list has been read, common ones are told again. */
static void
test_restart(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct name domain = name_of(DOMAIN);
	struct watch_ask ask;
	static struct message m;

	(void)state;
	add(&z, "nas", 7);
	add(&z, "old", 7);
	run(w, &z, MINUTE);
	assert_int_equal(z.told, 2);
	z.now += MINUTE;
	assert_int_equal(watch_next(w, z.now, &ask), 1);
	answer_message(&z, &ask.q, &m);
	watch_restart(w, &domain, SELF);
	/* an answer to the old question */
	watch_answer(w, ask.ticket, OUTCOME_OK, &m, z.now);
	assert_null(watch_status(w).zone);
	assert_false(watch_status(w).synced);
	assert_null(watch_news(w));
	z.host[2].listed = 0;
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.told, 4);
	assert_int_equal(z.gone, 1);
	assert_true(watch_status(w).synced);
	watch_free(w);
}

/* The server turns out not to have our zone. */
static void
test_foreign_soa(void **state)
{
	static struct zone z;
	struct name domain = name_of("bob.example.org");
	struct watch *w = watch_new(&domain, "self.bob.example.org", half_jitter);

	(void)state;
	memset(&z, 0, sizeof z);
	z.now = SECOND;
	run(w, &z, MINUTE);
	assert_null(watch_status(w).zone);
	assert_int_equal(watch_status(w).outcome, OUTCOME_NOTAUTH);
	assert_int_equal(z.list, 0);
	watch_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_pace),
	    cmocka_unit_test(test_change),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_one_unreadable),
	    cmocka_unit_test(test_not_synced),
	    cmocka_unit_test(test_points_away),
	    cmocka_unit_test(test_dies_while_reading),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_hints),
	    cmocka_unit_test(test_hints_lost),
	    cmocka_unit_test(test_hint_flood),
	    cmocka_unit_test(test_hint_missed),
	    cmocka_unit_test(test_epoch_back),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_foreign_soa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
