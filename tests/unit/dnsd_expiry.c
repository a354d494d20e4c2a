/* The end of a lease, seen from all sides at once: by who asks, by a secondary that takes all or
 * the difference, by a long-lived query and by a push client; and over a restart. */
#include "tests/unit/dnsd_test.h"

#include "base/log.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/transfer/xfr.h"
#include "dnsupdate/wire/llq.h"
#include "tests/unit/dnsd_faults.h"
#include "tests/unit/dnsd_told.h"

#define ZONE "e.example"
#define HOST "h.e.example"

/* The zone is on disk, as only such a one has a history. */
static struct test_server *t;
static struct zone *zone;
static struct store *store;
static char dir[64], zone_dir[128];
static struct commit_hook hook;

/* Who follows the host's address. */
static struct follow *follow;
static struct push_peer *peer;
static struct session session;

static void
on_change(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
    const struct change_list *changes)
{
	follow_changed(follow, z, changes, t->now_sec * 1000);
}

/* ---- transfers ---- */

/* The last transfer, as text: "SOA A SOA " by type; serials of the SOA records. */
static char transferred[256];
static uint32_t serial[8];
static unsigned serials;

static void
take_transferred(const uint8_t *data, size_t len)
{
	static struct message m;

	assert_int_equal(message_parse(&m, data, len), 0);
	for (unsigned i = 0; i < m.count; i++) {
		struct soa soa;
		size_t used = strlen(transferred);

		if (m.rr[i].section != SECTION_ANSWER)
			continue;
		snprintf(transferred + used, sizeof transferred - used, "%s ",
		    m.rr[i].type == TYPE_SOA      ? "SOA"
			: m.rr[i].type == TYPE_NS ? "NS"
						  : "A");
		if (m.rr[i].type == TYPE_SOA && serials < COUNT(serial)) {
			assert_int_equal(rr_soa(&m, &m.rr[i], &soa), 0);
			serial[serials++] = soa.serial;
		}
	}
}

static enum request_result
on_transfer(void *ctx, struct request *r)
{
	static uint8_t room[MESSAGE_MAX];
	int kind = xfr_kind(r, store_history(zone));
	struct xfr *x;
	int more;

	assert_int_not_equal(kind, -1);
	assert_int_equal(kind == XFR_INCREMENTAL, r->m.question.type == TYPE_IXFR);
	x = xfr_new(r, (enum xfr_kind)kind, store_history(zone));
	transferred[0] = '\0';
	serials = 0;
	for (;;) {
		struct buf b = buf_writer(room, sizeof room);

		if ((more = xfr_next(x, &b, t->now_sec)) != 1)
			break;
		take_transferred(room, b.pos);
	}
	assert_int_equal(more, 0);
	xfr_free(x);
	return REQUEST_DROP;
}

/* Take the zone, or what came after a serial (0: all). */
static void
transfer(uint32_t since)
{
	struct question q = {
	    .name = name_of(ZONE), .type = since == 0 ? TYPE_AXFR : TYPE_IXFR, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);

	query_build(&b, ++t->id, &q, 0);
	b.pos -= 11; /* no EDNS: what stands behind the question is ours to say */
	buf_patch_u16(&b, 10, 0);
	if (since != 0) {
		struct rdata rd = rd_soa(since);

		buf_patch_u16(&b, 8, 1);
		name_put(&b, &q.name);
		buf_put_u16(&b, TYPE_SOA);
		buf_put_u16(&b, CLASS_IN);
		buf_put_u32(&b, 0);
		buf_put_u16(&b, rd.len);
		buf_put(&b, rd.data, rd.len);
	}
	test_signer(t, "k." ZONE);
	tsig_forget(&t->tsig);
	assert_int_equal(tsig_sign(&t->tsig, &t->signer, &b, t->now_sec), 0);
	transferred[0] = '\0';
	assert_int_equal(test_raw(t, t->request, b.pos, TRANSPORT_TCP), 0);
}

/* ---- the server ---- */

static void
put(const char *owner, const struct rdata *rd, struct change_list *changes)
{
	struct name n = name_of(owner);

	assert_int_equal(commit_put(zone, changes, &n, rd->type, 60, rd->data, rd->len, 0), 0);
}

/* A server on what is on disk. */
static void
start(void)
{
	char why[JOURNAL_WHY_MAX];
	struct name n = name_of(ZONE), k = name_of("k." ZONE);
	struct store_options o = {.ops = &file_ops_posix, .dir = dir};
	struct change_list changes = {0};
	struct rdata rd;
	void *state;
	int found;

	test_setup(&state);
	t = state;
	o.keys = t->s.keys;
	store = store_new(&o);
	commit_set_journal(t->s.commit, store_journal(store));
	zone = zone_new(&n);
	keyring_add(t->s.keys, &k, KEY_ACCOUNT, TSIG_HMAC_SHA256, vector_secret(), 32, zone);
	found = store_open(store, zone, why);
	assert_int_not_equal(found, -1);
	zones_add(&t->s.zones, zone);
	if (found == 1)
		return;
	rd = rd_soa(100);
	put(ZONE, &rd, &changes);
	rd = rd_name(TYPE_NS, "ns.example");
	put(ZONE, &rd, &changes);
	commit_change(t->s.commit, zone, 0, &changes, NULL);
	change_list_free(&changes);
	assert_int_equal(commit_run(t->s.commit, NOW), 0);
}

static void
stop(void)
{
	void *state = t;

	t->s.hooks.llq = NULL;
	store_free(store);
	test_teardown(&state);
}

static int
begin(void **state)
{
	log_set_level(LOG_LEVEL_ERROR);
	faults_make_dir(dir);
	snprintf(zone_dir, sizeof zone_dir, "%s/" ZONE, dir);
	events = messages = 0;
	start();
	return 0;
}

static int
end(void **state)
{
	stop();
	faults_remove_dir(zone_dir);
	faults_remove_dir(dir);
	return 0;
}

/* The host gets its address for half an hour. */
static void
lease_half_an_hour(void)
{
	struct name apex = name_of(ZONE), n = name_of(HOST);
	struct rdata rd = rd_a("192.0.2.9");

	update_begin(&t->u, t->request, sizeof t->request, ++t->id, &apex);
	update_add(&t->u, &n, 60, &rd);
	assert_int_equal(test_finish(t, "k." ZONE, 1800), RCODE_NOERROR);
}

/* ---- from all sides ---- */

static void
follow_by_llq(void)
{
	struct question q = {.name = name_of(HOST), .type = TYPE_A, .class = CLASS_IN};
	struct llq_option o = {.version = LLQ_VERSION, .opcode = LLQ_SETUP, .lease = 7200};

	for (int step = 0; step < 2; step++) {
		struct llq_writer w;

		llq_begin(&w, t->request, sizeof t->request, ++t->id, 0, &q);
		assert_int_equal(test_raw(t, t->request, llq_end(&w, &o), TRANSPORT_UDP), 1);
		assert_int_equal(llq_get(&t->m, &o), 1);
		assert_int_equal(o.error, LLQ_NO_ERROR);
	}
	assert_int_equal(test_section(t, SECTION_ANSWER), 1);
	assert_int_equal(llqs_count(llqs), 1);
}

static void
follow_by_push(void)
{
	struct question q = {.name = name_of(HOST), .type = TYPE_A, .class = CLASS_IN};

	session_init(&session, t->now_sec * 1000);
	peer = push_peer_new(push, NULL, &session);
	assert_int_equal(push_subscribe(peer, zone, &q, 1), RCODE_NOERROR);
	push_welcome(peer, t->now_sec * 1000);
	assert_int_equal(messages, 1);
}

static void
begin_to_follow(void)
{
	static const struct llqs_config llqs_config = {.lease_min_sec = 900,
	    .lease_max_sec = 7200,
	    .max = 10,
	    .max_from = 10,
	    .send = on_event};
	static const struct push_config push_config = {.max = 10,
	    .max_of_one = 10,
	    .send = on_push,
	    .queued = nothing_queued,
	    .abort = no_abort};

	follow = follow_new();
	llqs = llqs_new(follow, &llqs_config);
	push = push_new(follow, &push_config);
	hook = (struct commit_hook) {.changed = on_change};
	commit_add_hook(t->s.commit, &hook);
	t->s.hooks.llq = on_llq;
	t->s.hooks.transfer = on_transfer;
	follow_by_llq();
	follow_by_push();
}

static void
end_to_follow(void)
{
	push_peer_free(peer);
	llqs_free(llqs);
	push_free(push);
	follow_free(follow);
}

/* One record, and that it is gone. */
static void
event_says_gone(void)
{
	static struct message m;
	struct llq_option o;

	assert_int_equal(message_parse(&m, event, event_len), 0);
	assert_int_equal(llq_get(&m, &o), 1);
	assert_int_equal(o.opcode, LLQ_EVENT);
	assert_int_equal(m.count, 2); /* and OPT */
	assert_int_equal(m.rr[0].type, TYPE_A);
	assert_int_equal(m.rr[0].ttl, LLQ_TTL_REMOVE);
	assert_memory_equal(event + m.rr[0].rdata_at, "\300\0\002\011", 4);
}

static void
push_says_gone(void)
{
	struct push_change c;
	struct dso_message m;
	struct dso_tlv tlv;
	size_t pos = 0;

	assert_int_equal(dso_parse(&m, pushed, pushed_len), 0);
	assert_int_equal(dso_find(&m, 0, DSO_PUSH, &tlv), 1);
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 1);
	assert_int_equal(c.what, PUSH_REMOVE_SET);
	assert_int_equal(c.type, TYPE_A);
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 0);
}

/* Until the last second everywhere, and from then on nowhere: one change, one serial. */
static void
nowhere_from_then_on(void **state)
{
	uint32_t before;

	lease_half_an_hour();
	before = zone->serial;
	begin_to_follow();
	t->now_sec += 1799;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_ask(t, HOST, TYPE_A), RCODE_NOERROR);
	transfer(0);
	assert_string_equal(transferred, "SOA NS A SOA ");
	assert_int_equal(events, 0);
	assert_int_equal(messages, 1);
	assert_int_equal(zone->serial, before);

	t->now_sec++;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(zone->serial, before + 1);
	assert_int_equal(test_ask(t, HOST, TYPE_A), RCODE_NXDOMAIN);
	assert_int_equal(test_ask(t, HOST, TYPE_ANY), RCODE_NXDOMAIN);
	transfer(0);
	assert_string_equal(transferred, "SOA NS SOA ");
	transfer(before); /* the new SOA; the old one and what goes; the new one and what comes */
	assert_string_equal(transferred, "SOA SOA A SOA SOA ");
	assert_int_equal(serial[0], before + 1);
	assert_int_equal(serial[1], before);
	assert_int_equal(serial[2], before + 1);
	llqs_tick(llqs, t->now_sec * 1000);
	assert_int_equal(events, 1);
	event_says_gone();
	assert_int_equal(messages, 2);
	push_says_gone();
	end_to_follow();
}

/* ---- over a restart ---- */

/* What the lease said before holds after it, to the second. */
static void
restart_before_the_end(void **state)
{
	uint32_t before;

	lease_half_an_hour();
	before = zone->serial;
	stop();
	start();
	t->now_sec = NOW + 900;
	assert_int_equal(server_expire(&t->s, t->now_sec), 900);
	assert_int_equal(test_ask(t, HOST, TYPE_A), RCODE_NOERROR);
	t->now_sec = NOW + 1799;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_ask(t, HOST, TYPE_A), RCODE_NOERROR);
	assert_int_equal(zone->serial, before);
	t->now_sec++;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_ask(t, HOST, TYPE_A), RCODE_NXDOMAIN);
	assert_int_equal(zone->serial, before + 1);
}

/* It ended while there was no server: it goes with the first look, and does not come back with the
 * next start.  (The server itself gives it LIMIT_LEASE_GRACE_SEC more: tests/dnsd_ctl.sh.) */
static void
restart_after_the_end(void **state)
{
	lease_half_an_hour();
	stop();
	for (int i = 0; i < 2; i++) {
		start();
		t->now_sec = NOW + 5000;
		server_expire(&t->s, t->now_sec);
		assert_int_equal(test_ask(t, HOST, TYPE_A), RCODE_NXDOMAIN);
		assert_int_equal(lease_count(zone->leases), 0);
		if (i == 0)
			stop();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nowhere_from_then_on, begin, end),
	    cmocka_unit_test_setup_teardown(restart_before_the_end, begin, end),
	    cmocka_unit_test_setup_teardown(restart_after_the_end, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
