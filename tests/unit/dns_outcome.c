#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/client/outcome.h"

#include <string.h>

/* What the servers really say; see which one in the last column. */
static const struct {
	enum tsig_verdict verdict;
	uint16_t tsig_error, rcode;
	int update;
	enum outcome expect;
	const char *who;
} rows[] = {
    {TSIG_OK, 0, RCODE_NOERROR, 0, OUTCOME_OK, "all"},
    {TSIG_OK, 0, RCODE_NOERROR, 1, OUTCOME_OK, "all"},
    {TSIG_OK, 0, RCODE_NXDOMAIN, 0, OUTCOME_OK, "all, no such name"},
    {TSIG_OK, 0, RCODE_NXDOMAIN, 1, OUTCOME_FAILED, "nobody"},
    {TSIG_OK, 0, RCODE_NXRRSET, 1, OUTCOME_CONFLICT, "all"},
    {TSIG_OK, 0, RCODE_YXRRSET, 1, OUTCOME_CONFLICT, "all"},
    {TSIG_OK, 0, RCODE_NXRRSET, 0, OUTCOME_FAILED, "nobody"},
    {TSIG_OK, 0, RCODE_REFUSED, 1, OUTCOME_REFUSED, "BIND, not granted"},
    {TSIG_HINT, TSIG_BADKEY, RCODE_NOTAUTH, 1, OUTCOME_BADKEY, "Knot, no right; all, unknown"},
    {TSIG_HINT, TSIG_BADSIG, RCODE_NOTAUTH, 1, OUTCOME_BADSIG, "BIND, Knot"},
    {TSIG_TRUNCATED, TSIG_BADTRUNC, RCODE_NOTAUTH, 1, OUTCOME_BADSIG, "nobody"},
    {TSIG_CLOCK, TSIG_BADTIME, RCODE_NOTAUTH, 1, OUTCOME_BADTIME, "BIND, Knot"},
    {TSIG_HINT, TSIG_BADTIME, RCODE_NOTAUTH, 1, OUTCOME_BADTIME, "forged or broken"},
    {TSIG_OK, 0, RCODE_NOTAUTH, 1, OUTCOME_NOTAUTH, "all, other zone"},
    {TSIG_MISSING, 0, RCODE_REFUSED, 1, OUTCOME_REFUSED, "PowerDNS, any key trouble"},
    {TSIG_MISSING, 0, RCODE_NOERROR, 0, OUTCOME_UNSIGNED, "a forger"},
    {TSIG_MISSING, 0, RCODE_NXDOMAIN, 0, OUTCOME_UNSIGNED, "a forger"},
    {TSIG_MISSING, 0, RCODE_NXRRSET, 1, OUTCOME_UNSIGNED, "a forger"},
    {TSIG_STALE, 0, RCODE_NOERROR, 0, OUTCOME_UNSIGNED, "a replayer"},
    {TSIG_OK, 0, RCODE_SERVFAIL, 1, OUTCOME_SERVFAIL, "a full disk"},
    {TSIG_MISSING, 0, RCODE_NOTIMP, 1, OUTCOME_NOTIMP, "NSD"},
    {TSIG_OK, 0, RCODE_FORMERR, 1, OUTCOME_FAILED, "all"},
    {TSIG_OK, 0, RCODE_NOTZONE, 1, OUTCOME_FAILED, "all"},
    {TSIG_OK, 0, 4095, 1, OUTCOME_FAILED, "nobody"},
};

static void
test_outcomes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum outcome o =
		    outcome_of(rows[i].verdict, rows[i].tsig_error, rows[i].rcode, rows[i].update);

		if (o != rows[i].expect)
			fail_msg("row %zu (%s): %s", i, rows[i].who, outcome_word(o));
	}
}

/* Whatever is said without a good signature never counts as done, nor as a conflict. */
static void
test_unsigned(void **state)
{
	(void)state;
	for (int v = TSIG_OK + 1; v <= TSIG_FAILED; v++)
		for (uint16_t rcode = 0; rcode < 24; rcode++)
			for (uint16_t error = 0; error < 24; error++)
				for (int update = 0; update < 2; update++) {
					enum outcome o = outcome_of(v, error, rcode, update);

					assert_int_not_equal(o, OUTCOME_OK);
					assert_int_not_equal(o, OUTCOME_CONFLICT);
				}
}

static void
test_sentences(void **state)
{
	char text[MSG_TEXT_MAX], key[MSG_NAME_MAX];

	(void)state;
	memset(key, 'k', sizeof key - 1);
	key[sizeof key - 1] = '\0';
	for (int o = 0; o < OUTCOME_MAX; o++) {
		assert_non_null(outcome_word(o));
		outcome_sentence(o, key, 0, text);
		assert_true((o == OUTCOME_OK) == (text[0] == '\0'));
		assert_true(strlen(text) < MSG_TEXT_MAX - 1); /* nothing cut */
	}
	assert_string_equal(outcome_sentence(OUTCOME_BADTIME, "k", -90, text),
	    "this machine's clock is 90 s behind the name server's");
	assert_string_equal(outcome_sentence(OUTCOME_BADTIME, "k", 3600, text),
	    "this machine's clock is 3600 s ahead of the name server's");
	assert_non_null(strstr(outcome_sentence(OUTCOME_REFUSED, "nas.x", 0, text), "\"nas.x\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_unsigned),
	    cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
