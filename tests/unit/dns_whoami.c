/* whoami.c: when to ask, and what is believed of the answer; virtual time, real messages. */
#include "wire_test.h"

#include "dnsupdate/client/whoami.h"
#include "dnsupdate/wire/update.h"

#include <string.h>

static struct whoami w;
static struct name zone;

static int
setup(void **state)
{
	zone = name_of("alice.example");
	whoami_restart(&w);
	return 0;
}

/* The answer with these strings in its TXT record, of that name below the zone; n 0 = no record. */
static const struct message *
answer(const char *label, const char *const *strings, size_t n)
{
	static uint8_t room[MESSAGE_MAX];
	static struct message m;
	struct update u;
	struct rdata txt;
	struct name name;
	size_t len;

	assert_int_equal(name_prepend(&name, label, &zone), 0);
	update_begin(&u, room, sizeof room, 1, &zone);
	if (n > 0) {
		assert_int_equal(rdata_txt(&txt, strings, n), 0);
		update_add(&u, &name, 0, &txt);
	}
	len = update_finish(&u, NULL, 0);
	assert_int_equal(message_parse(&m, room, len), 0);
	for (unsigned i = 0; i < m.count; i++)
		m.rr[i].section = SECTION_ANSWER;
	return &m;
}

static void
ask(uint64_t now)
{
	struct question q;
	char text[NAME_TEXT_MAX];

	assert_int_equal(whoami_next(&w, &zone, now, &q), 1);
	assert_string_equal(name_text(&q.name, text), "whoami.alice.example");
	assert_int_equal(q.type, TYPE_TXT);
	assert_int_equal(whoami_next(&w, &zone, now, &q), 0);
	assert_int_equal(whoami_wake(&w), UINT64_MAX);
}

static void
seen(void **state)
{
	static const char *const strings[] = {"11.22.33.2", "40000"};
	struct question q;

	ask(1000);
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1005);
	assert_int_equal(w.seen.family, 4);
	assert_int_equal(w.seen.port, 40000);
	assert_int_equal(w.seen_ms, 1005);
	assert_int_equal(whoami_next(&w, &zone, 1005 + WHOAMI_EVERY_MS - 1, &q), 0);
	ask(1005 + WHOAMI_EVERY_MS);
	/* No answer: what was seen stays, with its time. */
	whoami_answer(&w, OUTCOME_TIMEOUT, NULL, &zone, 700000);
	assert_int_equal(w.seen.family, 4);
	assert_int_equal(w.seen_ms, 1005);
	assert_int_equal(whoami_wake(&w), 700000 + WHOAMI_RETRY_MS);
	ask(800000);
	whoami_answer(&w, OUTCOME_TIMEOUT, NULL, &zone, 800000);
	assert_int_equal(whoami_wake(&w), 800000 + 2 * WHOAMI_RETRY_MS);
}

static void
not_said(void **state)
{
	static const struct {
		const char *label;
		const char *strings[3];
		size_t n;
	} cases[] = {
	    {"whoami", {NULL}, 0}, /* no such name */
	    {"whomai", {"11.22.33.2", "40000"}, 2},
	    {"whoami", {"11.22.33.2"}, 1},
	    {"whoami", {"11.22.33.2", ""}, 2},
	    {"whoami", {"11.22.33.2", "0"}, 2},
	    {"whoami", {"11.22.33.2", "65536"}, 2},
	    {"whoami", {"11.22.33.2", "40000x"}, 2},
	    {"whoami", {"11.22.33.2:5", "40000"}, 2},
	    {"whoami", {"router", "40000"}, 2},
	    {"whoami", {"11.22.33.2.11.22.33.2.11.22.33.2.11.22.33.2.11.22.33.2", "40000"}, 2},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		whoami_restart(&w);
		ask(1000);
		whoami_answer(&w, OUTCOME_OK, answer(cases[i].label, cases[i].strings, cases[i].n),
		    &zone, 1005);
		if (w.seen.family != 0 || w.seen_ms != 0)
			fail_msg("case %zu", i);
		assert_int_equal(whoami_wake(&w), 1005 + WHOAMI_NEVER_MS);
	}
}

/* A change while the answer is under way: it may be of before. */
static void
hurried(void **state)
{
	static const char *const strings[] = {"2001:db8::7", "40000"};

	ask(1000);
	whoami_hurry(&w);
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1005);
	assert_int_equal(w.seen.family, 6);
	ask(1005);
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1010);
	assert_int_equal(whoami_wake(&w), 1010 + WHOAMI_EVERY_MS);
	whoami_hurry(&w);
	ask(1020);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(seen, setup),
	    cmocka_unit_test_setup(not_said, setup),
	    cmocka_unit_test_setup(hurried, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
