/* whoami.c: when to ask, and what is believed of the answer; virtual time, real messages. */
#include "wire_test.h"

#include "dnsupdate/client/whoami.h"
#include "dnsupdate/wire/update.h"

#include <stdio.h>
#include <string.h>

#define KNOCK "000102030405060708090a0b.4501.whoami"
#define KNOCK2 "010102030405060708090a0b.4501.whoami"

static struct whoami w;
static struct name zone;
static struct msg_dns_look look;

static int
setup(void **state)
{
	zone = name_of("alice.example");
	memset(&w, 0, sizeof w);
	look = (struct msg_dns_look) {.family = 4, .wanted = 1};
	return 0;
}

static void
want_knock(uint8_t first)
{
	look.port = 4501;
	for (uint8_t i = 0; i < KNOCK_NONCE_LEN; i++)
		look.nonce[i] = i;
	look.nonce[0] = first;
	whoami_want(&w, &look);
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
ask(uint64_t now, const char *name)
{
	struct question q;
	char text[NAME_TEXT_MAX], wanted[NAME_TEXT_MAX];

	snprintf(wanted, sizeof wanted, "%s.alice.example", name);
	assert_int_equal(whoami_next(&w, &zone, now, &q), 1);
	assert_string_equal(name_text(&q.name, text), wanted);
	assert_int_equal(q.type, TYPE_TXT);
	assert_int_equal(whoami_next(&w, &zone, now, &q), 0);
	assert_int_equal(whoami_wake(&w), UINT64_MAX);
}

/* What the manager is told next; with SEEN_ANSWER_MAX: nothing. */
static void
check_told(enum seen_answer wanted)
{
	assert_int_equal(w.news, wanted != SEEN_ANSWER_MAX);
	if (w.news) {
		assert_int_equal(w.told.answer, wanted);
		assert_int_equal(w.told.family, look.family);
		assert_memory_equal(w.told.nonce, look.nonce, sizeof look.nonce);
	}
	w.news = 0;
}

static void
seen(void **state)
{
	static const char *const strings[] = {"11.22.33.2", "40000"};

	assert_int_equal(whoami_wake(&w), UINT64_MAX); /* nobody wants to know */
	whoami_want(&w, &look);
	ask(1000, "whoami");
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1005);
	check_told(SEEN_ADDRESS);
	assert_int_equal(w.told.seen.family, 4);
	assert_int_equal(w.told.seen.port, 40000);
	assert_int_equal(w.told.knocked, 0);
	assert_int_equal(whoami_wake(&w), UINT64_MAX);
	whoami_want(&w, &look);
	assert_int_equal(whoami_wake(&w), UINT64_MAX); /* the same question is answered */
	look.nonce[3] = 1;
	whoami_want(&w, &look);
	ask(2000, "whoami");
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 2005);
	check_told(SEEN_ADDRESS);
	look.wanted = 0;
	whoami_want(&w, &look);
	assert_int_equal(whoami_wake(&w), UINT64_MAX);
}

/* The server's third word counts, and nothing else in its place. */
static void
knocked(void **state)
{
	static const char *const strings[] = {"11.22.33.2", "40000", "knocked"};
	static const char *const others[] = {"11.22.33.2", "40000", "knocked?"};

	want_knock(0);
	ask(1000, KNOCK);
	whoami_answer(&w, OUTCOME_OK, answer(KNOCK, strings, 3), &zone, 1005);
	check_told(SEEN_ADDRESS);
	assert_int_equal(w.told.knocked, 1);
	want_knock(1);
	ask(1006, KNOCK2);
	whoami_answer(&w, OUTCOME_OK, answer(KNOCK2, others, 3), &zone, 1010);
	check_told(SEEN_ADDRESS);
	assert_int_equal(w.told.knocked, 0);
}

static void
no_answer(void **state)
{
	static const char *const strings[] = {"11.22.33.2", "40000"};
	uint64_t now = 1000, wait = WHOAMI_RETRY_MS;

	whoami_want(&w, &look);
	for (int i = 0; i < 10; i++) {
		ask(now, "whoami");
		whoami_answer(&w, OUTCOME_TIMEOUT, NULL, &zone, now);
		check_told(SEEN_ANSWER_MAX); /* by the main connection: others know of that */
		assert_int_equal(whoami_wake(&w), now + wait);
		now += wait;
		wait = wait < 30000 ? 2 * wait : WHOAMI_RETRY_MAX_MS;
	}
	whoami_hurry(&w);
	ask(now - 1, "whoami");
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, now);
	check_told(SEEN_ADDRESS);
	whoami_hurry(&w);
	assert_int_equal(whoami_wake(&w), UINT64_MAX);
}

/* By a connection of its own: told once, and asked on. */
static void
no_way(void **state)
{
	static const char *const strings[] = {"11.22.33.2", "40000"};

	whoami_want(&w, &look);
	for (int i = 1; i <= WHOAMI_NO_WAY + 2; i++) {
		ask(100000 * (unsigned)i, "whoami");
		w.aside = 1;
		whoami_answer(&w, OUTCOME_TIMEOUT, NULL, &zone, 100000 * (unsigned)i);
		check_told(i == WHOAMI_NO_WAY ? SEEN_NO_WAY : SEEN_ANSWER_MAX);
	}
	ask(1000000, "whoami");
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1000000);
	check_told(SEEN_ADDRESS);
	look.nonce[0]++;
	whoami_want(&w, &look);
	whoami_no_way(&w, 1000000);
	check_told(SEEN_NO_WAY);
	whoami_no_way(&w, 1600000);
	check_told(SEEN_ANSWER_MAX);
	assert_int_equal(whoami_wake(&w), 2200000);
}

/* Nothing that is no address is believed. */
static void
nonsense(void **state)
{
	static const struct {
		const char *label;
		const char *strings[2];
		size_t n;
	} cases[] = {
	    {"whoami", {NULL}, 0}, /* no such name */
	    {"other", {"11.22.33.2", "40000"}, 2},
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
		memset(&w, 0, sizeof w);
		whoami_want(&w, &look);
		ask(1000, "whoami");
		whoami_answer(&w, OUTCOME_OK, answer(cases[i].label, cases[i].strings, cases[i].n),
		    &zone, 1005);
		check_told(SEEN_NO_SUCH);
		assert_int_equal(w.told.seen.family, 0);
	}
}

/* An answer to what was asked before counts no more; one of the other family is no answer. */
static void
another_question(void **state)
{
	static const char *const strings[] = {"2001:db8::1", "40000"};

	whoami_want(&w, &look);
	ask(1000, "whoami");
	look.family = 6;
	whoami_want(&w, &look);
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1005);
	check_told(SEEN_ANSWER_MAX);
	ask(1005, "whoami");
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1010);
	check_told(SEEN_ADDRESS);
	assert_int_equal(w.told.seen.family, 6);
	look.family = 4;
	whoami_want(&w, &look);
	ask(1010, "whoami");
	whoami_answer(&w, OUTCOME_OK, answer("whoami", strings, 2), &zone, 1015);
	check_told(SEEN_ANSWER_MAX);
	assert_int_equal(whoami_wake(&w), 1015 + WHOAMI_RETRY_MS);
	whoami_restart(&w); /* another server */
	ask(1015, "whoami");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(seen, setup),
	    cmocka_unit_test_setup(knocked, setup),
	    cmocka_unit_test_setup(no_answer, setup),
	    cmocka_unit_test_setup(no_way, setup),
	    cmocka_unit_test_setup(nonsense, setup),
	    cmocka_unit_test_setup(another_question, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
