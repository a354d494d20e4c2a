/* A roster's text as records and back, and what an update of it demands. */
#include "wire_test.h"

#include "dnsupdate/wire/roster_records.h"
#include "dnsupdate/wire/text.h"

#include <stdio.h>

#define HEAD "v=1 s=17 t=5 n=2 open=0 sig=AAAA\n"
#define LIST "laptop ok 0 aa\nnas ok 1 bb\n"
#define HEAD_TXT "\"v=1\" \"s=17\" \"t=5\" \"n=2\" \"open=0\" \"sig=AAAA\""

static uint8_t room[MESSAGE_MAX];
static char text[65536];
static struct update u;
static struct message m;
static struct name domain;

static int
setup(void **state)
{
	domain = name_of("alice.example");
	update_begin(&u, room, sizeof room, 1, &domain);
	return 0;
}

static void
parse(void)
{
	size_t len = update_finish(&u, NULL, 0);

	assert_int_not_equal(len, 0);
	assert_int_equal(message_parse(&m, room, len), 0);
}

static void
expect(const char *const *lines, size_t count)
{
	parse();
	for (size_t i = 0; i < m.count && i < count; i++) {
		char line[512];

		assert_string_equal(rr_text(&m, &m.rr[i], line, sizeof line), lines[i]);
	}
	assert_int_equal(m.count, count);
}

#define WRITTEN                                                                                    \
	"_autotunnel.alice.example. 0 ANY TXT", "_devices._autotunnel.alice.example. 0 ANY TXT",   \
	    "_autotunnel.alice.example. 60 IN TXT " HEAD_TXT,                                      \
	    "_devices._autotunnel.alice.example. 60 IN TXT \"laptop ok 0 aa\" \"nas ok 1 bb\""

static void
test_first(void **state)
{
	static const char *const lines[] = {"_autotunnel.alice.example. 0 NONE TXT", WRITTEN};

	assert_int_equal(roster_write(&u, &domain, HEAD LIST, strlen(HEAD LIST), NULL), 0);
	expect(lines, COUNT(lines));
}

static void
test_next(void **state)
{
	static const char *const lines[] = {
	    "_autotunnel.alice.example. 0 IN TXT \"v=1\" \"s=16\"", WRITTEN};
	static const char *const strings[] = {"v=1", "s=16"};
	struct rdata previous;

	assert_int_equal(rdata_txt(&previous, strings, 2), 0);
	assert_int_equal(roster_write(&u, &domain, HEAD LIST, strlen(HEAD LIST), &previous), 0);
	expect(lines, COUNT(lines));
}

static void
test_refuses_no_text(void **state)
{
	assert_int_equal(roster_write(&u, &domain, "v=1", 3, NULL), -1);
	assert_int_equal(roster_write(&u, &domain, HEAD "nas", strlen(HEAD) + 3, NULL), -1);
}

/* An answer with the records that an update of this text adds. */
static void
answer(const char *roster, size_t len)
{
	assert_int_equal(roster_write(&u, &domain, roster, len, NULL), 0);
	parse();
	for (unsigned i = 0; i < m.count; i++)
		m.rr[i].section = m.rr[i].class == CLASS_IN ? SECTION_ANSWER : SECTION_ADDITIONAL;
}

static void
test_back(void **state)
{
	struct rdata head;
	size_t len = 0;

	answer(HEAD LIST, strlen(HEAD LIST));
	assert_int_equal(roster_read(&m, ROSTER_HEAD, &domain, text, sizeof text, &len), 1);
	assert_int_equal(roster_read(&m, ROSTER_LIST, &domain, text, sizeof text, &len), 1);
	assert_int_equal(len, strlen(HEAD LIST));
	assert_memory_equal(text, HEAD LIST, len);
	assert_int_equal(roster_head(&m, &domain, &head), 1);
	assert_memory_equal(head.data, "\3v=1\4s=17", 9);
}

static void
test_nothing(void **state)
{
	struct rdata head;
	size_t len = 0;

	parse();
	assert_int_equal(roster_read(&m, ROSTER_HEAD, &domain, text, sizeof text, &len), 0);
	assert_int_equal(roster_read(&m, ROSTER_LIST, &domain, text, sizeof text, &len), 0);
	assert_int_equal(roster_head(&m, &domain, &head), 0);
	assert_int_equal(len, 0);
}

/* A thousand machines: many records, one message. */
static void
test_thousand(void **state)
{
	static char roster[65536];
	size_t len = (size_t)sprintf(roster, HEAD), got = 0;

	for (int i = 0; i < 1000; i++)
		len += (size_t)sprintf(
		    roster + len, "host-%d ok 0 fe812c12f3ab4ce6a1b2c3d4e5f60718\n", i);
	answer(roster, len);
	assert_in_range(m.count, 40, 64);
	assert_int_equal(roster_read(&m, ROSTER_HEAD, &domain, text, sizeof text, &got), 1);
	assert_true(roster_read(&m, ROSTER_LIST, &domain, text, sizeof text, &got) > 40);
	assert_int_equal(got, len);
	/* The order of the records does not matter. */
	{
		static char turned[65536];
		struct rr last = m.rr[m.count - 1];

		memcpy(turned, text, len);
		memmove(&m.rr[1], &m.rr[0], (m.count - 1) * sizeof m.rr[0]);
		m.rr[0] = last;
		got = 0;
		roster_read(&m, ROSTER_HEAD, &domain, text, sizeof text, &got);
		roster_read(&m, ROSTER_LIST, &domain, text, sizeof text, &got);
		assert_memory_equal(text, turned, len);
	}
	got = 0;
	assert_int_equal(roster_read(&m, ROSTER_LIST, &domain, text, 40000, &got), -1);
	assert_int_equal(got, 0);
}

/* What others may have written there. */
static void
test_hostile(void **state)
{
	static const char *const line_end[] = {"nas ok 0 aa\ntv ok 0 bb"},
				 *const two[] = {"a", "b"};
	struct name list = name_of("_devices._autotunnel.alice.example");
	struct name head = name_of("_autotunnel.alice.example");
	struct rdata rd;
	size_t len = 0;

	rdata_txt(&rd, line_end, 1);
	update_add(&u, &list, 60, &rd);
	for (unsigned i = 0; i < 2; i++) {
		rdata_txt(&rd, two + i, 1);
		update_add(&u, &head, 60, &rd);
	}
	parse();
	for (unsigned i = 0; i < m.count; i++)
		m.rr[i].section = SECTION_ANSWER;
	assert_int_equal(roster_read(&m, ROSTER_LIST, &domain, text, sizeof text, &len), -1);
	assert_int_equal(roster_read(&m, ROSTER_HEAD, &domain, text, sizeof text, &len), -1);
	assert_int_equal(roster_head(&m, &domain, &rd), -1);
	assert_int_equal(len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_first, setup),
	    cmocka_unit_test_setup(test_next, setup),
	    cmocka_unit_test_setup(test_refuses_no_text, setup),
	    cmocka_unit_test_setup(test_back, setup),
	    cmocka_unit_test_setup(test_nothing, setup),
	    cmocka_unit_test_setup(test_thousand, setup),
	    cmocka_unit_test_setup(test_hostile, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
