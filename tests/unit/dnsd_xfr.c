/*
 * Transfers: what a secondary has afterwards is the zone of one serial, to the record, however the
 * zone changed while the messages were made; and each message is signed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dnsd_faults.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/transfer/xfr.h"
#include "dnsupdate/wire/update.h"

#define NOW 1700000000u
#define DOMAIN "alice.example.org"

static const uint8_t secret[32] = {7};

/* A primary. */
struct world {
	char dir[64], zone_dir[128];
	struct keyring *keys;
	struct commit *commit;
	struct store *store;
	struct zone *zone;
	struct commit_hook hook;
	struct xfr *xfr; /* told of changes, like the server does */
};

static void
changed(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
    const struct change_list *changes)
{
	struct world *w = ctx;

	if (w->xfr != NULL)
		xfr_changed(w->xfr, changes);
}

static void
begin(struct world *w)
{
	char why[JOURNAL_WHY_MAX];
	struct name name;

	log_set_level(LOG_LEVEL_ERROR);
	memset(w, 0, sizeof(*w));
	faults_make_dir(w->dir);
	snprintf(w->zone_dir, sizeof(w->zone_dir), "%s/" DOMAIN, w->dir);
	w->keys = keyring_new();
	w->commit = commit_new();
	w->store = store_new(
	    &(struct store_options) {.ops = &file_ops_posix, .dir = w->dir, .keys = w->keys});
	commit_set_journal(w->commit, store_journal(w->store));
	w->hook = (struct commit_hook) {.changed = changed, .ctx = w};
	commit_add_hook(w->commit, &w->hook);
	name_parse(&name, DOMAIN);
	w->zone = zone_new(&name);
	assert_int_equal(store_open(w->store, w->zone, why), 0);
	name_prepend(&name, "transfer", &name);
	keyring_add(w->keys, &name, KEY_TRANSFER, TSIG_HMAC_SHA256, secret, 32, w->zone);
}

static void
end(struct world *w)
{
	xfr_free(w->xfr);
	store_free(w->store);
	commit_free(w->commit);
	keyring_free(w->keys);
	zone_free(w->zone);
	faults_remove_dir(w->zone_dir);
	faults_remove_dir(w->dir);
}

/* ---- changes ---- */

static void
put_soa(struct zone *z, struct change_list *c)
{
	uint8_t data[22] = {0};

	data[5] = 1;
	assert_int_equal(commit_put(z, c, &z->name, TYPE_SOA, 60, data, sizeof(data), 0), 0);
}

/* A batch of changes at some of the hosts: records come, go, and get another TTL. */
static void
change(struct world *w, unsigned *seed, unsigned hosts, unsigned count)
{
	struct change_list c = {0};
	uint32_t serial = w->zone->serial;

	if (serial == 0)
		put_soa(w->zone, &c);
	while (count-- > 0) {
		uint8_t address[4] = {10, 0, 0, (uint8_t)(rand_r(seed) % 4)};
		char label[32];
		struct name owner;

		snprintf(label, sizeof(label), rand_r(seed) % 2 ? "h%u" : "a.b.h%u",
		    (unsigned)rand_r(seed) % hosts);
		name_prepend(&owner, label, &w->zone->name);
		if (rand_r(seed) % 3 == 0)
			commit_take_rrset(w->zone, &c, &owner, TYPE_A);
		else
			commit_put(w->zone, &c, &owner, TYPE_A, 60 + (unsigned)rand_r(seed) % 2,
			    address, 4, 0);
	}
	commit_change(w->commit, w->zone, serial, &c, NULL);
	change_list_free(&c);
	assert_int_equal(commit_run(w->commit, NOW), 0);
}

/* ---- a secondary: a list of records, as text ---- */

struct copy {
	char **line;
	size_t count, room;
	uint32_t serial;
};

static void
add_line(struct copy *c, const struct name *owner, uint16_t type, uint32_t ttl, const uint8_t *data,
    uint16_t len)
{
	char text[NAME_TEXT_MAX], line[2 * NAME_TEXT_MAX];
	int used = snprintf(line, sizeof(line), "%s %u %u ", name_text(owner, text), type, ttl);

	for (uint16_t i = 0; i < len; i++)
		used += snprintf(line + used, sizeof(line) - (size_t)used, "%02x", data[i]);
	if (c->count == c->room) {
		c->room = 2 * c->room + 64;
		c->line = realloc(c->line, c->room * sizeof(*c->line));
	}
	c->line[c->count++] = strdup(line);
}

static void
free_copy(struct copy *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->line[i]);
	free(c->line);
	memset(c, 0, sizeof(*c));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Take out the line that c got last: it must have been there before. */
static void
delete_last(struct copy *c)
{
	char *gone = c->line[--c->count];
	size_t i = 0;

	while (i < c->count && strcmp(c->line[i], gone) != 0)
		i++;
	if (i == c->count)
		fail_msg("deleted but not there: %s", gone);
	free(gone);
	free(c->line[i]);
	c->line[i] = c->line[--c->count];
}

static void
copy_zone(const struct zone *z, struct copy *c)
{
	for (const struct node *n = zone_next(z, NULL); n != NULL; n = zone_next(z, n)) {
		struct name owner;

		node_name(z, n, &owner);
		for (const struct rrset *set = n->sets; set != NULL; set = set->next) {
			struct record r;

			for (size_t pos = 0; rrset_next(set, &pos, &r);)
				add_line(c, &owner, set->type, set->ttl, r.data, r.len);
		}
	}
	c->serial = z->serial;
}

static void
assert_same(struct copy *a, struct copy *b)
{
	qsort(a->line, a->count, sizeof(*a->line), by_text);
	qsort(b->line, b->count, sizeof(*b->line), by_text);
	for (size_t i = 0; i < a->count && i < b->count; i++)
		assert_string_equal(a->line[i], b->line[i]);
	assert_int_equal(a->count, b->count);
}

/* ---- the exchange ---- */

struct question_of {
	uint8_t room[512];
	struct request r;
	struct tsig_context client;
	struct tsig_signer signer;
};

/* serial 0: AXFR.  signed_: with the transfer key. */
static void
ask(struct world *w, struct question_of *q, uint32_t serial, int is_signed)
{
	struct buf b = buf_writer(q->room, sizeof(q->room));
	struct name name;

	memset(&q->r, 0, sizeof(q->r));
	buf_put_u16(&b, 77);
	buf_put_u16(&b, 0);
	buf_put_u16(&b, 1);
	buf_put_u16(&b, 0);
	buf_put_u16(&b, serial != 0);
	buf_put_u16(&b, 0);
	name_put(&b, &w->zone->name);
	buf_put_u16(&b, serial != 0 ? TYPE_IXFR : TYPE_AXFR);
	buf_put_u16(&b, CLASS_IN);
	if (serial != 0) {
		name_put(&b, &w->zone->name);
		buf_put_u16(&b, TYPE_SOA);
		buf_put_u16(&b, CLASS_IN);
		buf_put_u32(&b, 0);
		buf_put_u16(&b, 22);
		buf_put_u16(&b, 0);
		buf_put_u32(&b, serial);
		for (int i = 0; i < 4; i++)
			buf_put_u32(&b, 0);
	}
	q->r.question_len = (uint16_t)(w->zone->name.len + 4);
	if (is_signed) {
		name_parse(&name, "transfer." DOMAIN);
		key_signer(keyring_find(w->keys, &name), &q->signer);
		assert_int_equal(tsig_sign(&q->client, &q->signer, &b, NOW), 0);
	}
	assert_int_equal(message_parse(&q->r.m, q->room, b.pos), 0);
	q->r.data = q->room;
	q->r.len = b.pos;
	q->r.zone = w->zone;
	q->r.from.transport = TRANSPORT_TCP;
	if (!is_signed)
		return;
	q->r.is_signed = 1;
	q->r.key = keyring_find(w->keys, &name);
	key_signer(q->r.key, &q->r.signer);
	assert_int_equal(tsig_check_request(&q->r.tsig, &q->r.signer, &q->r.m, NOW, 0), 0);
}

/* The records of a message go to `records`; 1, 0 at the end of the transfer. */
static int
next_message(struct world *w, struct question_of *q, struct copy *records, unsigned number)
{
	static uint8_t room[MESSAGE_MAX];
	static struct message m;
	struct buf b = buf_writer(room, sizeof(room));
	int rc = xfr_next(w->xfr, &b, NOW);

	if (rc != 1)
		return rc;
	assert_true(b.pos <= XFR_MESSAGE + 200);
	assert_int_equal(message_parse(&m, room, b.pos), 0);
	assert_int_equal(m.id, 77);
	assert_int_equal(m.flags & ~0xfu, FLAG_QR | FLAG_AA);
	if (q->r.is_signed)
		assert_int_equal(number == 0 ? tsig_verify(&q->client, &m, NOW, NULL)
					     : tsig_verify_next(&q->client, &m, NOW, NULL),
		    TSIG_OK);
	for (size_t i = 0; i < m.count; i++) {
		struct name owner;
		struct rdata rd;

		if (m.rr[i].section != SECTION_ANSWER)
			continue;
		rr_owner(&m, &m.rr[i], &owner);
		assert_int_equal(rr_rdata(&m, &m.rr[i], &rd), 0);
		add_line(records, &owner, m.rr[i].type, m.rr[i].ttl, rd.data, rd.len);
	}
	return 1;
}

static int
is_soa(const char *line)
{
	return strncmp(line, DOMAIN " 6 ", strlen(DOMAIN " 6 ")) == 0;
}

static uint32_t
soa_serial(const char *line)
{
	char hex[9] = "";

	memcpy(hex, strrchr(line, ' ') + 1 + 4, 8); /* behind the two names */
	return (uint32_t)strtoul(hex, NULL, 16);
}

/* Between the messages the zone goes on changing; the transfer does not. */
static void
full_while_changing(unsigned hosts, unsigned per_message, unsigned seed, int is_signed)
{
	struct copy expected = {0}, got = {0};
	static struct question_of q;
	struct world w;
	unsigned n = 0;

	begin(&w);
	for (unsigned i = 0; i < 20; i++)
		change(&w, &seed, hosts, hosts / 10);
	ask(&w, &q, 0, is_signed);
	assert_int_equal(xfr_kind(&q.r, store_history(w.zone)), XFR_FULL);
	w.xfr = xfr_new(&q.r, XFR_FULL, NULL);
	copy_zone(w.zone, &expected);
	while (next_message(&w, &q, &got, n) == 1) {
		if (per_message > 0)
			change(&w, &seed, hosts + n * 100, per_message);
		n++;
	}
	assert_true(n >= 2);
	/* The SOA record begins and ends it, and is nowhere else. */
	assert_true(is_soa(got.line[0]) && is_soa(got.line[got.count - 1]));
	assert_string_equal(got.line[0], got.line[got.count - 1]);
	free(got.line[--got.count]);
	for (size_t i = 1; i < got.count; i++)
		assert_false(is_soa(got.line[i]));
	assert_same(&got, &expected);
	if (is_signed)
		assert_true(tsig_stream_complete(&q.client));
	tsig_forget(&q.client);
	free_copy(&got);
	free_copy(&expected);
	end(&w);
}

static void
full(void **state)
{
	full_while_changing(2000, 0, 1, 0);
	full_while_changing(2000, 50, 2, 1);
	full_while_changing(5000, 2000, 3, 1);
	full_while_changing(1000, 3000, 4, 0);
}

/* RFC 1995 section 4, read as a secondary reads it. */
static void
apply_incremental(struct copy *mine, struct copy *got, uint32_t to)
{
	int deleting = 0;

	assert_int_equal(soa_serial(got->line[0]), to);
	assert_int_equal(soa_serial(got->line[got->count - 1]), to);
	for (size_t i = 1; i + 1 < got->count; i++) {
		if (is_soa(got->line[i]))
			deleting = !deleting;
		if (is_soa(got->line[i]) && deleting) {
			assert_int_equal(soa_serial(got->line[i]), mine->serial);
			mine->serial = 0;
		} else if (is_soa(got->line[i])) {
			mine->serial = soa_serial(got->line[i]);
		}
		if (mine->count == mine->room) {
			mine->room = 2 * mine->room + 64;
			mine->line = realloc(mine->line, mine->room * sizeof(*mine->line));
		}
		mine->line[mine->count++] = strdup(got->line[i]);
		if (deleting)
			delete_last(mine);
	}
	assert_int_equal(deleting, 0);
	assert_int_equal(mine->serial, to);
}

static void
incremental(void **state)
{
	struct copy mine = {0}, expected = {0}, got = {0};
	static struct question_of q;
	unsigned seed = 5, n = 0;
	struct world w;

	begin(&w);
	for (unsigned i = 0; i < 20; i++)
		change(&w, &seed, 5000, 500);
	copy_zone(w.zone, &mine);
	for (unsigned i = 0; i < 30; i++)
		change(&w, &seed, 5000, 40);
	ask(&w, &q, mine.serial, 1);
	assert_int_equal(xfr_kind(&q.r, store_history(w.zone)), XFR_INCREMENTAL);
	w.xfr = xfr_new(&q.r, XFR_INCREMENTAL, store_history(w.zone));
	copy_zone(w.zone, &expected);
	while (next_message(&w, &q, &got, n++) == 1)
		change(&w, &seed, 5000, 40); /* newer than what was asked for: not sent */
	apply_incremental(&mine, &got, expected.serial);
	assert_same(&mine, &expected);
	tsig_forget(&q.client);
	free_copy(&mine);
	free_copy(&expected);
	free_copy(&got);
	end(&w);
}

static void
kinds(void **state)
{
	static struct question_of q;
	unsigned seed = 9;
	struct world w;

	begin(&w);
	for (unsigned i = 0; i < 10; i++)
		change(&w, &seed, 10, 5);
	ask(&w, &q, w.zone->serial, 0);
	assert_int_equal(xfr_kind(&q.r, store_history(w.zone)), XFR_CURRENT);
	ask(&w, &q, w.zone->serial + 5, 0); /* from the future */
	assert_int_equal(xfr_kind(&q.r, store_history(w.zone)), XFR_CURRENT);
	ask(&w, &q, 0x90000000u, 0); /* from long ago, or never */
	assert_int_equal(xfr_kind(&q.r, store_history(w.zone)), XFR_FULL);
	ask(&w, &q, w.zone->serial - 1, 0);
	assert_int_equal(xfr_kind(&q.r, store_history(w.zone)), XFR_INCREMENTAL);
	assert_int_equal(xfr_kind(&q.r, NULL), XFR_FULL);
	q.r.m.count = 0; /* IXFR without the client's SOA record */
	assert_int_equal(xfr_kind(&q.r, store_history(w.zone)), -1);
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(full),
	    cmocka_unit_test(incremental),
	    cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
