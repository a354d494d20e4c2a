/* roster_follow.c against a zone whose roster changes; virtual time, real messages. */
#include "wire_test.h"

#include "base/pieces.h"
#include "dnsupdate/client/roster_follow.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST "v=1 s=1 n=1\nnas ok 0 aa\n"
#define SECOND "v=1 s=2 n=2\nlaptop ok 0 bb\nnas ok 0 aa\n"

static struct roster_follow f;
static struct name domain;
static const char *zone; /* its roster, NULL = none */
static enum outcome says;
static uint64_t now;
static unsigned heads, lists; /* asked so far */

static int
setup(void **state)
{
	domain = name_of("alice.example");
	zone = FIRST;
	says = OUTCOME_OK;
	now = 1000;
	heads = lists = 0;
	roster_follow_restart(&f, &domain);
	return 0;
}

/* The records of the zone that answer q. */
static void
make_answer(struct message *m, uint8_t *room, size_t size, const struct question *q)
{
	struct update u;
	size_t len;

	update_begin(&u, room, size, 1, &domain);
	if (zone != NULL)
		assert_int_equal(roster_write(&u, &domain, zone, strlen(zone), NULL), 0);
	len = update_finish(&u, NULL, 0);
	assert_int_equal(message_parse(m, room, len), 0);
	for (unsigned i = 0; i < m->count; i++) {
		struct name owner;

		rr_owner(m, &m->rr[i], &owner);
		m->rr[i].section = m->rr[i].class == CLASS_IN && name_equal(&owner, &q->name)
		    ? SECTION_ANSWER
		    : SECTION_ADDITIONAL;
	}
}

/* Answer all that is asked. */
static void
run(void)
{
	static uint8_t room[MESSAGE_MAX];
	static struct message m;
	struct question q;

	while (roster_follow_next(&f, now, &q)) {
		if (f.waiting == ROSTER_HEAD)
			heads++;
		else
			lists++;
		make_answer(&m, room, sizeof room, &q);
		roster_follow_answer(&f, says, says == OUTCOME_OK ? &m : NULL, now);
	}
}

static void
expect(const char *text)
{
	assert_true(f.news);
	assert_int_equal(f.len, strlen(text));
	assert_memory_equal(f.text, text, f.len);
	f.news = 0;
}

static void
test_reads_when_the_zone_moves(void **state)
{
	run();
	assert_int_equal(heads, 0);
	roster_follow_serial(&f, 10);
	run();
	expect(FIRST);
	assert_int_equal(heads + lists, 2);
	roster_follow_serial(&f, 10);
	run();
	assert_int_equal(heads + lists, 2);
	/* The zone moved, the roster did not: one small question. */
	roster_follow_serial(&f, 11);
	run();
	assert_false(f.news);
	assert_int_equal(heads, 2);
	assert_int_equal(lists, 1);
	zone = SECOND;
	roster_follow_serial(&f, 12);
	run();
	expect(SECOND);
	zone = FIRST;
	roster_follow_hint(&f);
	run();
	expect(FIRST);
}

static void
test_none(void **state)
{
	zone = NULL;
	roster_follow_serial(&f, 10);
	run();
	expect("");
	assert_int_equal(lists, 0);
	assert_true(roster_follow_wake(&f) == UINT64_MAX);
	zone = FIRST;
	roster_follow_serial(&f, 11);
	run();
	expect(FIRST);
	zone = NULL;
	roster_follow_serial(&f, 12);
	run();
	expect("");
}

/* Head and lines of two servers: the second reading puts it right, and is the last one. */
static void
test_confirms(void **state)
{
	roster_follow_serial(&f, 10);
	run();
	f.news = 0;
	f.text[f.len - 2] = 'x';
	assert_in_range(roster_follow_wake(&f), now + 1, now + 60000);
	now = roster_follow_wake(&f);
	run();
	expect(FIRST);
	now = roster_follow_wake(&f);
	run();
	assert_false(f.news);
	assert_true(roster_follow_wake(&f) == UINT64_MAX);
	assert_int_equal(lists, 3);
}

static void
test_failures_are_repeated(void **state)
{
	uint64_t began = now;

	says = OUTCOME_TIMEOUT;
	roster_follow_serial(&f, 10);
	assert_true(roster_follow_busy(&f));
	run();
	assert_false(roster_follow_busy(&f));
	for (int i = 0; i < 20; i++) {
		assert_in_range(roster_follow_wake(&f) - now, 2000, 60000);
		now = roster_follow_wake(&f);
		run();
	}
	assert_int_equal(heads, 21);
	assert_true(now - began > 10 * 60000);
	says = OUTCOME_OK;
	now = roster_follow_wake(&f);
	run();
	expect(FIRST);
}

/* What changes while we read is not missed. */
static void
test_change_during_reading(void **state)
{
	struct question q;

	roster_follow_serial(&f, 10);
	assert_int_equal(roster_follow_next(&f, now, &q), 1);
	assert_int_equal(roster_follow_next(&f, now, &q), 0);
	roster_follow_serial(&f, 11);
	roster_follow_answer(&f, OUTCOME_REFUSED, NULL, now);
	now = roster_follow_wake(&f);
	run();
	expect(FIRST);
	roster_follow_serial(&f, 12);
	assert_int_equal(roster_follow_next(&f, now, &q), 1);
	roster_follow_serial(&f, 13);
	heads = 0;
	{
		static uint8_t room[MESSAGE_MAX];
		static struct message m;

		make_answer(&m, room, sizeof room, &q);
		roster_follow_answer(&f, OUTCOME_OK, &m, now);
	}
	run();
	assert_int_equal(heads, 1);
}

/* What the manager gets is put together again; a piece out of order spoils it. */
static void
test_pieces(void **state)
{
	static char text[MSG_ROSTER_MAX];
	struct pieces p = {0};
	union msg m;
	const char *why;

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i % 26);
	for (uint32_t at = 0; at < sizeof text; at += MSG_ROSTER_PIECE) {
		pieces_make(&m, MSG_DNS_ROSTER, text, sizeof text, at);
		assert_int_equal(
		    msg_check(&m, sizeof m.roster, ROLE_DNSUPDATE, ROLE_MANAGER, 0, &why), 0);
		assert_int_equal(pieces_take(&p, &m.roster), at + MSG_ROSTER_PIECE >= sizeof text);
	}
	assert_memory_equal(p.text, text, sizeof text);
	pieces_make(&m, MSG_DNS_ROSTER, text, sizeof text, 2 * MSG_ROSTER_PIECE);
	assert_int_equal(pieces_take(&p, &m.roster), -1);
	pieces_make(&m, MSG_DNS_ROSTER, text, 5, 0);
	assert_int_equal(pieces_take(&p, &m.roster), 1);
	assert_int_equal(p.total, 5);
	pieces_make(&m, MSG_DNS_ROSTER, NULL, 0, 0);
	assert_int_equal(pieces_take(&p, &m.roster), 1);
	assert_null(p.text);
	pieces_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_reads_when_the_zone_moves, setup),
	    cmocka_unit_test_setup(test_none, setup),
	    cmocka_unit_test_setup(test_confirms, setup),
	    cmocka_unit_test_setup(test_failures_are_repeated, setup),
	    cmocka_unit_test_setup(test_change_during_reading, setup),
	    cmocka_unit_test_setup(test_pieces, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
