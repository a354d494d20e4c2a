/* When a secondary is told (RFC 1996), in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "dnsupdate/server/transfer/notify.h"

static void
at_once_then_spaced(void **state)
{
	struct notify n;

	notify_init(&n);
	assert_int_equal(notify_waits(&n), 0);
	assert_int_equal(notify_tell(&n, 1, 1000), 0);
	notify_changed(&n, 1000);
	assert_int_equal(notify_tell(&n, 1, 1000), 1);
	assert_int_equal(notify_answered(&n, 1), 1);
	assert_int_equal(notify_waits(&n), 0);
	/* a hundred changes in the next 50 ms: told once, at the end of the spacing */
	for (uint64_t t = 1001; t < 1051; t++) {
		notify_changed(&n, t);
		assert_int_equal(notify_tell(&n, 2, t), 0);
	}
	assert_int_equal(n.due_ms, 1000 + NOTIFY_SPACING_MS);
	assert_int_equal(notify_tell(&n, 2, 1100), 1);
	assert_int_equal(notify_tell(&n, 2, 1101), 0);
}

/* The last change is always told after it happened. */
static void
trailing_edge(void **state)
{
	struct notify n;
	uint64_t last_change = 0, last_told = 0;
	uint16_t id = 0;

	notify_init(&n);
	for (uint64_t t = 1; t < 100000; t++) {
		if (t < 90000 && t * 2654435761u % 37 == 0) {
			notify_changed(&n, t);
			last_change = t;
		}
		if (!notify_tell(&n, ++id, t))
			continue;
		assert_true(last_told == 0 || t - last_told >= NOTIFY_SPACING_MS);
		last_told = t;
		if (id % 3 != 0)
			notify_answered(&n, id);
	}
	assert_true(last_told >= last_change);
}

static void
retries_and_gives_up(void **state)
{
	static const uint64_t gaps[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct notify n;
	uint64_t t = 1000;

	notify_init(&n);
	notify_changed(&n, t);
	assert_int_equal(notify_tell(&n, 1, t), 1);
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		assert_int_equal(notify_tell(&n, 9, t + gaps[i] - 1), 0);
		t += gaps[i];
		assert_int_equal(notify_tell(&n, (uint16_t)(i + 2), t), 1);
	}
	assert_int_equal(notify_waits(&n), 0);
	/* a late answer still counts; so does the next change */
	assert_int_equal(notify_answered(&n, 8), 1);
	notify_changed(&n, t + 10000);
	assert_int_equal(notify_tell(&n, 1, t + 10000), 1);
}

static void
foreign_answers(void **state)
{
	struct notify n;

	notify_init(&n);
	notify_changed(&n, 5);
	assert_int_equal(notify_answered(&n, 0), 0);
	assert_int_equal(notify_tell(&n, 7, 5), 1);
	assert_int_equal(notify_answered(&n, 8), 0);
	/* changed meanwhile: the answer is to old news and ends nothing */
	notify_changed(&n, 6);
	assert_int_equal(notify_answered(&n, 7), 0);
	assert_int_equal(notify_waits(&n), 1);
}

/* RFC 1996 section 3: opcode 4, AA, the zone's SOA in question and answer. */
static void
the_message(void **state)
{
	uint8_t room[512], soa[24] = {0};
	struct buf b = buf_writer(room, sizeof(room));
	static struct message m;
	struct name name;
	struct zone *z;
	struct soa found;
	size_t pos = 0;

	name_parse(&name, "alice.example.org");
	z = zone_new(&name);
	soa[5] = 42;
	assert_int_equal(zone_put(z, &name, TYPE_SOA, 60, soa, 22, 0), 0);
	notify_build(&b, z, 77);
	assert_int_equal(message_parse(&m, room, b.pos), 0);
	assert_int_equal(m.id, 77);
	assert_int_equal(m.opcode, OPCODE_NOTIFY);
	assert_int_equal(m.flags, OPCODE_NOTIFY << 11 | FLAG_AA);
	assert_true(name_equal(&m.question.name, &name));
	assert_int_equal(m.question.type, TYPE_SOA);
	assert_int_equal(
	    rr_soa(&m, message_next(&m, &pos, SECTION_ANSWER, &name, TYPE_SOA), &found), 0);
	assert_int_equal(found.serial, 42);
	zone_free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(at_once_then_spaced),
	    cmocka_unit_test(trailing_edge),
	    cmocka_unit_test(retries_and_gives_up),
	    cmocka_unit_test(foreign_answers),
	    cmocka_unit_test(the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
