/*
 * Which passphrases are taken.  The examples are what people choose; the bits are zxcvbn's, so they
 * are compared with the floor, not with each other's last digit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "identity/strength.h"

#include <stdio.h>
#include <string.h>

#define HOST "nas.alice.example.com"

static void
assert_taken(const char *passphrase, const char *sentence)
{
	char why[MSG_TEXT_MAX];
	int rc = strength_check(passphrase, HOST, why);

	if (strstr(why, sentence) == NULL || (sentence[0] == '\0' && why[0] != '\0'))
		fail_msg("\"%s\": \"%s\", not \"%s\"", passphrase, why, sentence);
	assert_int_equal(rc, why[0] == '\0' ? 0 : -1);
}

static void
test_good(void **state)
{
	static const char *const good[] = {
	    "orbit clinic velvet pigeon tundra",
	    "orbitclinicvelvetpigeontundra",
	    "orbit-clinic-velvet-pigeon-tundra",
	    "cradle pact join borrow spot photo",
	    "kX9#pQ2vLm",
	    "g3Rw!8zT$uPq",
	    "gr\303\274\303\237e aus dem Speicherkoog",
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_taken(good[i], "");
}

static void
test_bad(void **state)
{
	static const char *const bad[] = {
	    "x",
	    "password",
	    "Tr0ub4dor&3",
	    "correcthorsebatterystaple",
	    "correct horse battery staple", /* 70 bits, were it not for the blanks */
	    "maple truck violin",
	    "maple-truck_violin",
	    "m.a.p.l.e.t.r.u.c.k",
	    "aaaa bbbb cccc dddd",
	    "a b c d e f g h i j k l m n o p",
	    "qwertyuiopasdfghjkl",
	    "0p;/9ol.8ik,7ujm", /* four columns of keys; 52 bits without the dots */
	    "iloveyouiloveyou2024",
	    "p4ssw0rd-p4ssw0rd-p4ssw0rd",
	    "Sommer2024!Berlin",
	    "12345678901234567890",
	    "autotunnel",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_taken(bad[i], "can be guessed");
	assert_taken(
	    "password", "it has about 0 bits, and 50 are asked for; take five or six random");
}

/* The account's own names are guessed first, in either case. */
static void
test_hints(void **state)
{
	static const char host[] = "speicherkoog.friedrichsgabekoog.example.com";
	static const char passphrase[] = "Speicherkoog Friedrichsgabekoog Autotunnel";

	assert_true(strength_bits(passphrase, "nas.alice.org") > STRENGTH_FLOOR);
	assert_true(strength_bits(passphrase, host) < STRENGTH_FLOOR);
	assert_true(
	    strength_bits(passphrase, "Speicherkoog.Friedrichsgabekoog.org") < STRENGTH_FLOOR);
	/* Short labels say nothing. */
	assert_true(strength_bits("kX9#pQ2vLm", "kx.9.pq.2v.lm") > STRENGTH_FLOOR);
	assert_true(strength_bits("orbit clinic velvet pigeon tundra", "") > STRENGTH_FLOOR);
}

/* As many labels as a name can have, and as long as one can be. */
static void
test_many_labels(void **state)
{
	char host[MSG_NAME_MAX] = "";

	for (size_t i = 0; i + 4 < sizeof host; i += 4)
		memcpy(host + i, "abc.", 5);
	assert_true(strength_bits("abcabcabc", host) < STRENGTH_FLOOR);
	memset(host, '.', sizeof host - 1);
	assert_true(strength_bits("orbitclinicvelvetpigeontundra", host) > STRENGTH_FLOOR);
	memset(host, 'h', sizeof host - 1);
	assert_true(strength_bits("orbitclinicvelvetpigeontundra", host) > STRENGTH_FLOOR);
}

static void
test_lengths(void **state)
{
	char text[STRENGTH_TEXT_MAX + 2];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('!' + i * i * 7 % 90);
	text[STRENGTH_TEXT_MAX + 1] = '\0';
	assert_taken(text, "a passphrase has 1 to 256 octets, not 257");
	text[STRENGTH_TEXT_MAX] = '\0';
	assert_taken(text, "");
	assert_taken("", "1 to 256 octets, not 0");
	memset(text, 'a', STRENGTH_TEXT_MAX);
	assert_taken(text, "can be guessed");
	/* What is behind the first hundred octets does not count. */
	memcpy(text + 100, "orbit clinic velvet pigeon tundra", 33);
	assert_taken(text, "can be guessed");
}

/* Neither for the better, as above, nor for an exact estimate. */
static void
test_scored(void **state)
{
	char text[STRENGTH_TEXT_MAX + 1];
	double all, hundred;

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('A' + i * i * 7 % 26);
	text[STRENGTH_TEXT_MAX] = '\0';
	all = strength_bits(text, HOST);
	text[100] = '\0';
	hundred = strength_bits(text, HOST);
	assert_memory_equal(&all, &hundred, sizeof all);
	text[99] = '\0';
	assert_true(strength_bits(text, HOST) < hundred);
}

static void
test_octets(void **state)
{
	char text[] = "orbit clinic?velvet pigeon tundra";

	for (int c = 1; c < 256; c++) {
		text[12] = (char)c;
		assert_taken(text, c < ' ' || c == 0x7f ? "no control characters" : "");
	}
	for (int c = 128; c < 256; c++) {
		memset(text, c, sizeof text - 1);
		assert_taken(text, "can be guessed");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_hints),
	    cmocka_unit_test(test_many_labels),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_scored),
	    cmocka_unit_test(test_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
