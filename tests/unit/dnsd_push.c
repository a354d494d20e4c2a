/* Push: who is told what, in how many messages; slow clients; and a client that believes all it is
 * told through thousands of random changes ends up knowing what the zone has. */
#include "dnsd_bed.h"

#include "dnsupdate/server/live/push.h"

#define CLIENTS 3

/* A client, and the connection to it. */
struct client {
	struct push_peer *peer;
	struct session session;
	uint8_t message[64][PUSH_MESSAGE_MAX];
	size_t len[64];
	size_t messages;
	size_t queued; /* what the connection says */
	int refuses, aborted;
};

static struct bed bed;
static struct push *push;
static struct client client[CLIENTS];

static int
on_send(void *conn, const void *message, size_t len)
{
	struct client *c = conn;

	if (c->refuses)
		return -1;
	assert_true(c->messages < COUNT(c->message));
	assert_true(len <= PUSH_MESSAGE_MAX);
	memcpy(c->message[c->messages], message, len);
	c->len[c->messages++] = len;
	return 0;
}

static size_t
on_queued(void *conn)
{
	return ((struct client *)conn)->queued;
}

static void
on_abort(void *conn)
{
	((struct client *)conn)->aborted = 1;
}

static void
client_init(struct client *c)
{
	memset(c, 0, sizeof *c);
	session_init(&c->session, 1000);
	c->peer = push_peer_new(push, c, &c->session);
}

static int
begin(void **state)
{
	static const struct push_config config = {
	    .max = 5, .max_of_one = 4, .send = on_send, .queued = on_queued, .abort = on_abort};

	bed_init(&bed);
	push = push_new(bed.follow, &config);
	for (int i = 0; i < CLIENTS; i++)
		client_init(&client[i]);
	return 0;
}

static int
end(void **state)
{
	for (int i = 0; i < CLIENTS; i++)
		if (client[i].peer != NULL)
			push_peer_free(client[i].peer);
	assert_int_equal(push_count(push), 0);
	assert_int_equal(follow_topics(bed.follow), 0);
	push_free(push);
	bed_free(&bed);
	return 0;
}

static int
subscribe(int i, const char *name, uint16_t type, uint16_t id)
{
	struct question q = question_of(name, type);
	int rcode = push_subscribe(client[i].peer, bed.zone, &q, id);

	if (rcode == RCODE_NOERROR)
		push_welcome(client[i].peer, 2000);
	return rcode;
}

/* What the messages since the last call say, one change a word: "+AAAA", "-TXT", "=SRV" for all of
 * a type, a bar between messages. */
static const char *
heard(int i)
{
	static char text[4096];
	struct client *c = &client[i];
	size_t at = 0;

	text[0] = '\0';
	for (size_t n = 0; n < c->messages; n++) {
		struct push_change change;
		struct dso_message m;
		struct dso_tlv tlv;
		size_t pos = 0;

		assert_int_equal(dso_parse(&m, c->message[n], c->len[n]), 0);
		if (m.kind == DSO_RESPONSE) {
			at += (size_t)snprintf(
			    text + at, sizeof text - at, "%s!%u", n > 0 ? "|" : "", m.rcode);
			continue;
		}
		assert_int_equal(m.kind, DSO_UNIDIRECTIONAL);
		assert_true(dso_find(&m, 0, DSO_PUSH, &tlv));
		at += (size_t)snprintf(text + at, sizeof text - at, "%s", n > 0 ? "|" : "");
		while (push_next(&m, &tlv, &pos, &change) == 1)
			at += (size_t)snprintf(text + at, sizeof text - at, "%c%s ",
			    change.what == PUSH_ADD          ? '+'
				: change.what == PUSH_REMOVE ? '-'
							     : '=',
			    type_text(change.type));
		assert_int_equal(pos, c->len[n]);
	}
	c->messages = 0;
	return text;
}

static void
tells_what_there_is_and_what_comes(void **state)
{
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	bed_commit(&bed, 1500);
	assert_int_equal(subscribe(0, "h.z.example", TYPE_AAAA, 1), RCODE_NOERROR);
	assert_string_equal(heard(0), "+AAAA ");
	assert_int_equal(subscribe(1, "none.z.example", TYPE_AAAA, 1), RCODE_NOERROR);
	assert_string_equal(heard(1), ""); /* nothing is no message */
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::2");
	bed_change(&bed, "-h.z.example. 60 IN AAAA fd00::1");
	bed_change(&bed, "+h.z.example. 60 IN TXT \"not asked for\"");
	bed_change(&bed, "+other.z.example. 60 IN AAAA fd00::3");
	bed_commit(&bed, 3000);
	assert_string_equal(heard(0), "-AAAA +AAAA ");
	assert_string_equal(heard(1), "");
	assert_int_equal(client[0].session.active_ms, 3000); /* what is sent counts as activity */
	bed_change(&bed, "-h.z.example. 60 IN AAAA fd00::2");
	bed_commit(&bed, 4000);
	assert_string_equal(heard(0), "=AAAA ");
	push_unsubscribe(client[0].peer, 9); /* unknown */
	push_unsubscribe(client[0].peer, 1);
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	bed_commit(&bed, 5000);
	assert_string_equal(heard(0), "");
}

static void
one_message_a_batch(void **state)
{
	subscribe(0, "_s._udp.h.z.example", TYPE_SRV, 1);
	subscribe(0, "_s._udp.h.z.example", TYPE_TXT, 2);
	subscribe(0, "at.h.z.example", TYPE_AAAA, 3);
	bed_change(&bed, "+at.h.z.example. 60 IN AAAA 2001:db8::1");
	bed_change(&bed, "+_s._udp.h.z.example. 60 IN SRV 0 0 4500 at.h.z.example.");
	bed_change(&bed, "+_s._udp.h.z.example. 60 IN TXT \"e=1\"");
	bed_commit(&bed, 3000);
	/* names in the order of their first change */
	assert_string_equal(heard(0), "+AAAA +TXT +SRV ");
}

static void
nobody_hears_a_record_twice(void **state)
{
	subscribe(0, "h.z.example", TYPE_ANY, 1);
	subscribe(0, "h.z.example", TYPE_TXT, 2);
	subscribe(0, "h.z.example", TYPE_AAAA, 3);
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	bed_commit(&bed, 3000);
	assert_string_equal(heard(0), "+TXT ");
	bed_change(&bed, "-h.z.example. 60 IN TXT \"a\"");
	bed_change(&bed, "+h.z.example. 60 IN CNAME x.z.example.");
	bed_commit(&bed, 3000);
	assert_string_equal(heard(0), "+CNAME =TXT ");
}

static void
a_cname_is_for_all_types(void **state)
{
	subscribe(0, "h.z.example", TYPE_AAAA, 1);
	bed_change(&bed, "+h.z.example. 60 IN CNAME x.z.example.");
	bed_change(&bed, "+x.z.example. 60 IN AAAA fd00::1");
	bed_commit(&bed, 3000);
	assert_string_equal(heard(0), "+CNAME "); /* nobody follows where it leads */
	subscribe(1, "h.z.example", TYPE_SRV, 1);
	assert_string_equal(heard(1), "+CNAME ");
}

static void
nothing_for_what_cancels_out(void **state)
{
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	bed_commit(&bed, 1500);
	subscribe(0, "h.z.example", TYPE_TXT, 1);
	heard(0);
	bed_change(&bed, "-h.z.example. 60 IN TXT \"a\"");
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	bed_commit(&bed, 3000);
	assert_string_equal(heard(0), "");
}

static void
the_same_twice_is_fatal(void **state)
{
	assert_int_equal(subscribe(0, "h.z.example", TYPE_AAAA, 1), RCODE_NOERROR);
	assert_int_equal(subscribe(0, "H.Z.example", TYPE_AAAA, 2), -1);
	assert_int_equal(subscribe(0, "x.z.example", TYPE_AAAA, 1), -1); /* the id is in use */
	assert_int_equal(subscribe(0, "h.z.example", TYPE_TXT, 3), RCODE_NOERROR);
	assert_int_equal(subscribe(1, "h.z.example", TYPE_AAAA, 1), RCODE_NOERROR);
	push_unsubscribe(client[0].peer, 1);
	assert_int_equal(subscribe(0, "h.z.example", TYPE_AAAA, 1), RCODE_NOERROR);
}

static void
no_subscription_to_no_data(void **state)
{
	static const uint16_t types[] = {0, TYPE_OPT, TYPE_TSIG, 251, 252};

	for (size_t i = 0; i < COUNT(types); i++)
		assert_int_equal(subscribe(0, "h.z.example", types[i], 1), RCODE_FORMERR);
	assert_int_equal(subscribe(0, "h.z.example", TYPE_ANY, 1), RCODE_NOERROR);
	assert_int_equal(subscribe(0, "h.z.example", 65280, 2), RCODE_NOERROR);
}

/* Four of one client, five in all. */
static void
limits(void **state)
{
	for (uint16_t i = 0; i < 4; i++)
		assert_int_equal(subscribe(0, "h.z.example", 100 + i, i + 1), RCODE_NOERROR);
	assert_int_equal(subscribe(0, "h.z.example", 110, 10), RCODE_SERVFAIL);
	assert_int_equal(subscribe(1, "h.z.example", 100, 1), RCODE_NOERROR);
	assert_int_equal(subscribe(1, "h.z.example", 101, 2), RCODE_SERVFAIL);
	assert_int_equal(push_stats(push)->refused, 2);
	push_unsubscribe(client[0].peer, 2);
	assert_int_equal(subscribe(1, "h.z.example", 101, 2), RCODE_NOERROR);
}

static void
who_cannot_be_sent_to_is_aborted(void **state)
{
	subscribe(0, "h.z.example", TYPE_TXT, 1);
	subscribe(1, "h.z.example", TYPE_TXT, 1);
	client[0].refuses = 1;
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	bed_commit(&bed, 3000);
	assert_true(client[0].aborted);
	assert_false(client[1].aborted);
	assert_string_equal(heard(1), "+TXT ");
}

static void
the_slow_hear_the_sum(void **state)
{
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	bed_commit(&bed, 1500);
	subscribe(0, "h.z.example", TYPE_TXT, 1);
	subscribe(0, "x.z.example", TYPE_TXT, 2);
	subscribe(1, "h.z.example", TYPE_TXT, 1);
	heard(0);
	heard(1);
	client[0].queued = PUSH_QUEUE_HIGH + 1;
	bed_change(&bed, "+h.z.example. 60 IN TXT \"b\"");
	bed_commit(&bed, 3000);
	bed_change(&bed, "-h.z.example. 60 IN TXT \"b\"");
	bed_change(&bed, "+h.z.example. 60 IN TXT \"c\"");
	bed_commit(&bed, 3100);
	bed_change(&bed, "-h.z.example. 60 IN TXT \"a\"");
	bed_commit(&bed, 3200);
	assert_string_equal(heard(0), "");
	assert_string_equal(heard(1), "+TXT |-TXT +TXT |-TXT ");
	/* also what he would have time for waits, so that nothing overtakes */
	client[0].queued = 100;
	bed_change(&bed, "+x.z.example. 60 IN TXT \"x\"");
	bed_commit(&bed, 3300);
	assert_string_equal(heard(0), "");
	client[0].queued = 0;
	push_drained(client[0].peer, 4000);
	assert_string_equal(heard(0), "+TXT |-TXT +TXT ");
	push_drained(client[0].peer, 4000);
	assert_string_equal(heard(0), "");
	bed_change(&bed, "-h.z.example. 60 IN TXT \"c\"");
	bed_commit(&bed, 5000);
	assert_string_equal(heard(0), "=TXT ");
}

static void
a_slow_one_is_welcomed_later(void **state)
{
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	bed_commit(&bed, 1500);
	client[0].queued = PUSH_QUEUE_HIGH + 1;
	subscribe(0, "h.z.example", TYPE_TXT, 1);
	assert_string_equal(heard(0), "");
	bed_change(&bed, "+h.z.example. 60 IN TXT \"b\"");
	bed_commit(&bed, 1600);
	client[0].queued = 0;
	push_drained(client[0].peer, 4000);
	assert_string_equal(heard(0), "+TXT +TXT ");
	/* one who leaves while he is behind leaves nothing */
	client[0].queued = PUSH_QUEUE_HIGH + 1;
	bed_change(&bed, "+h.z.example. 60 IN TXT \"c\"");
	bed_commit(&bed, 5000);
	push_unsubscribe(client[0].peer, 1);
	client[0].queued = 0;
	push_drained(client[0].peer, 6000);
	assert_string_equal(heard(0), "");
}

/* More than a message holds is several, and shared by nobody's mistake. */
static void
many_records(void **state)
{
	char line[600], fill[401];
	unsigned records = 0;

	memset(fill, 'x', sizeof fill - 1);
	fill[sizeof fill - 1] = '\0';
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line, "+h.z.example. 60 IN TXT \"%d\" \"%.200s\" \"%.200s\"",
		    i, fill, fill);
		bed_change(&bed, line);
	}
	bed_commit(&bed, 1500);
	for (int i = 0; i < 2; i++) {
		subscribe(i, "h.z.example", TYPE_TXT, 1);
		assert_true(client[i].messages == 3);
		records = 0;
		for (const char *at = heard(i); (at = strstr(at, "+TXT")) != NULL; at++)
			records++;
		assert_int_equal(records, 100);
	}
}

static void
a_zone_that_goes(void **state)
{
	subscribe(0, "h.z.example", TYPE_TXT, 1);
	subscribe(0, "h.z.example", TYPE_SRV, 2);
	subscribe(1, "x.z.example", TYPE_TXT, 1);
	follow_zone_gone(bed.follow, bed.zone);
	assert_string_equal(heard(0), "!9|!9");
	assert_string_equal(heard(1), "!9");
	assert_int_equal(push_count(push), 0);
}

/* Ten thousand clients: some are told at once, the rest in turns, each once; who leaves meanwhile
 * is not missed. */
static size_t crowd_told;

static int
crowd_send(void *conn, const void *message, size_t len)
{
	int *told = conn;

	++*told;
	crowd_told++;
	return 0;
}

static size_t
crowd_queued(void *conn)
{
	return 0;
}

static void
a_crowd_is_told_in_turns(void **state)
{
	static const struct push_config config = {.max = 20000,
	    .max_of_one = 4,
	    .send = crowd_send,
	    .queued = crowd_queued,
	    .abort = on_abort};
	static struct push_peer *peer[10000];
	static int told[10000];
	struct question q = question_of("h.z.example", TYPE_TXT);
	struct follow *follow = follow_new();
	struct push *many = push_new(follow, &config);
	struct session s;
	int turns = 0;

	session_init(&s, 1000);
	for (int i = 0; i < 10000; i++) {
		peer[i] = push_peer_new(many, &told[i], &s);
		push_subscribe(peer[i], bed.zone, &q, 1);
		push_welcome(peer[i], 1000);
	}
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	follow_changed(follow, bed.zone, &bed.changes, 2000);
	change_clear(&bed.changes);
	assert_true(crowd_told > 0 && crowd_told < 5000);
	push_peer_free(peer[0]); /* the oldest subscription: told last */
	push_peer_free(peer[5000]);
	for (; push_waits(many) && turns < 100; turns++)
		push_work(many, 2000);
	assert_int_equal(crowd_told, 9998);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(told[i], i != 0 && i != 5000);
	for (int i = 0; i < 10000; i++)
		if (i != 0 && i != 5000)
			push_peer_free(peer[i]);
	push_free(many);
	follow_free(follow);
}

/* ---- a client that believes ---- */

#define NAMES 4
#define KINDS 6

/* What he thinks stands where. */
static uint8_t known[NAMES][KINDS];

static void
record_line(char *line, size_t size, char sign, unsigned name, unsigned kind)
{
	if (kind < 3)
		snprintf(line, size, "%cn%u.z.example. 60 IN TXT \"%u\"", sign, name, kind);
	else
		snprintf(line, size, "%cn%u.z.example. 60 IN A 192.0.2.%u", sign, name, kind);
}

static unsigned
kind_of(const struct push_change *c)
{
	return c->type == TYPE_TXT ? (unsigned)(c->rdata.data[1] - '0') : c->rdata.data[3];
}

static void
believe(const struct push_change *c)
{
	uint8_t *has = known[c->name.wire[2] - '0'];

	switch (c->what) {
	case PUSH_ADD:
		assert_false(has[kind_of(c)]);
		has[kind_of(c)] = 1;
		break;
	case PUSH_REMOVE:
		assert_true(has[kind_of(c)]);
		has[kind_of(c)] = 0;
		break;
	case PUSH_REMOVE_SET:
		for (unsigned k = 0; k < KINDS; k++)
			if ((k < 3) == (c->type == TYPE_TXT))
				has[k] = 0;
		break;
	default:
		fail();
	}
}

static void
listen_to(struct client *c)
{
	for (size_t n = 0; n < c->messages; n++) {
		struct push_change change;
		struct dso_message m;
		struct dso_tlv tlv;
		size_t pos = 0;

		assert_int_equal(dso_parse(&m, c->message[n], c->len[n]), 0);
		assert_true(dso_find(&m, 0, DSO_PUSH, &tlv));
		while (push_next(&m, &tlv, &pos, &change) == 1)
			believe(&change);
	}
	c->messages = 0;
}

static uint32_t seed;

static uint32_t
next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static int
stands(unsigned name, unsigned kind)
{
	char line[100];
	struct name owner;
	struct rdata rd;
	uint32_t ttl;
	const struct node *n;
	const struct rrset *set;

	record_line(line, sizeof line, '+', name, kind);
	assert_int_equal(rr_from_text(line + 1, 60, &owner, &ttl, &rd), 0);
	n = zone_node(bed.zone, &owner);
	set = n != NULL ? node_rrset(n, rd.type) : NULL;
	return set != NULL && rrset_has(set, rd.data, rd.len, NULL);
}

static void
change_some(void)
{
	char line[100];

	for (unsigned n = next_random() % 5; n > 0; n--) {
		unsigned name = next_random() % NAMES, kind = next_random() % KINDS;

		record_line(line, sizeof line, stands(name, kind) ? '-' : '+', name, kind);
		bed_change(&bed, line);
	}
	bed_commit(&bed, 3000);
}

/* Every removal is of something he had, every addition of something he had not: each change is told
 * once. */
static void
the_believer_knows_the_zone(void **state)
{
	struct client *c = &client[0];

	seed = 7;
	memset(known, 0, sizeof known);
	subscribe(0, "n0.z.example", TYPE_ANY, 1);
	subscribe(0, "n1.z.example", TYPE_ANY, 2);
	subscribe(0, "n2.z.example", TYPE_ANY, 3);
	subscribe(0, "n3.z.example", TYPE_ANY, 4);
	for (int i = 0; i < 5000; i++) {
		change_some();
		if (next_random() % 4 == 0)
			c->queued = c->queued > 0 ? 0 : PUSH_QUEUE_HIGH + 1;
		if (c->queued == 0)
			push_drained(c->peer, 4000);
		listen_to(c);
		for (unsigned k = 0; c->queued == 0 && k < NAMES * KINDS; k++)
			assert_int_equal(known[k / KINDS][k % KINDS], stands(k / KINDS, k % KINDS));
	}
	assert_true(push_stats(push)->behind > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(tells_what_there_is_and_what_comes, begin, end),
	    cmocka_unit_test_setup_teardown(one_message_a_batch, begin, end),
	    cmocka_unit_test_setup_teardown(nobody_hears_a_record_twice, begin, end),
	    cmocka_unit_test_setup_teardown(a_cname_is_for_all_types, begin, end),
	    cmocka_unit_test_setup_teardown(nothing_for_what_cancels_out, begin, end),
	    cmocka_unit_test_setup_teardown(the_same_twice_is_fatal, begin, end),
	    cmocka_unit_test_setup_teardown(no_subscription_to_no_data, begin, end),
	    cmocka_unit_test_setup_teardown(limits, begin, end),
	    cmocka_unit_test_setup_teardown(who_cannot_be_sent_to_is_aborted, begin, end),
	    cmocka_unit_test_setup_teardown(the_slow_hear_the_sum, begin, end),
	    cmocka_unit_test_setup_teardown(a_slow_one_is_welcomed_later, begin, end),
	    cmocka_unit_test_setup_teardown(many_records, begin, end),
	    cmocka_unit_test_setup_teardown(a_crowd_is_told_in_turns, begin, end),
	    cmocka_unit_test_setup_teardown(a_zone_that_goes, begin, end),
	    cmocka_unit_test_setup_teardown(the_believer_knows_the_zone, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
