#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "identity/phrase.h"

#include <stdio.h>
#include <string.h>

/* The 128-bit vectors published with BIP-39. */
static const struct {
	const char *entropy, *phrase;
} vectors[] = {
    {"00000000000000000000000000000000",
	"abandon abandon abandon abandon abandon abandon "
	"abandon abandon abandon abandon abandon about"},
    {"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
	"legal winner thank year wave sausage worth useful legal winner thank yellow"},
    {"80808080808080808080808080808080",
	"letter advice cage absurd amount doctor acoustic avoid letter advice cage above"},
    {"ffffffffffffffffffffffffffffffff", "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"},
    {"9e885d952ad362caeb4efe34a8e91bd2",
	"ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic"},
    {"c0ba5a8e914111210f2bd131f3d5e08d",
	"scheme spot photo card baby mountain device kick cradle pact join borrow"},
    {"23db8160a31d3e0dca3688ed941adbf3",
	"cat swing flag economy stadium alone churn speed unique patch report train"},
    {"f30f8c1da665478f49b001d94c5fc452",
	"vessel ladder alter error federal sibling chat ability sun glass valve picture"},
};

static void
entropy_of(size_t i, uint8_t out[PHRASE_ENTROPY])
{
	for (int b = 0; b < PHRASE_ENTROPY; b++)
		assert_int_equal(sscanf(vectors[i].entropy + 2 * b, "%2hhx", &out[b]), 1);
}

static void
test_vectors(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		uint8_t entropy[PHRASE_ENTROPY], back[PHRASE_ENTROPY];
		char text[PHRASE_TEXT_MAX], why[MSG_TEXT_MAX];

		entropy_of(i, entropy);
		phrase_encode(entropy, text);
		assert_string_equal(text, vectors[i].phrase);
		assert_int_equal(phrase_decode(text, back, why), 0);
		assert_memory_equal(back, entropy, sizeof back);
	}
}

/* As people type it. */
static void
test_spellings(void **state)
{
	static const char *const texts[] = {
	    "Scheme Spot Photo Card Baby Mountain Device Kick Cradle Pact Join Borrow",
	    "scheme-spot-photo-card-baby-mountain-device-kick-cradle-pact-join-borrow\n",
	    "\t SCHEME  spot,photo\r\n card baby mountain\n device kick cradle pact join borrow. ",
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		uint8_t entropy[PHRASE_ENTROPY], got[PHRASE_ENTROPY];
		char why[MSG_TEXT_MAX];

		entropy_of(5, entropy);
		assert_int_equal(phrase_decode(texts[i], got, why), 0);
		assert_memory_equal(got, entropy, sizeof got);
	}
}

static void
test_mistakes(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "a recovery phrase has 12 words, not 0"},
	    {"scheme spot photo", "a recovery phrase has 12 words, not 3"},
	    {"zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong zoo",
		"a recovery phrase has 12 words, not 13"},
	    {"scheme spot phohto card baby mountain device kick cradle pact join borrow",
		"word 3, \"phohto\", is not in the word list; is it \"photo\"?"},
	    {"scheme spot foto card baby mountain device kick cradle pact join borrow",
		"word 3, \"foto\", is not in the word list"},
	    {"scheme spot photo card baby mountian device kick cradle pact join borrow",
		"word 6, \"mountian\", is not in the word list; is it \"mountain\"?"},
	    {"scheme spot photo card xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"word 5, \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", is not in the word list"},
	    /* each a word, two swapped */
	    {"spot scheme photo card baby mountain device kick cradle pact join borrow",
		"each word is in the list, but together they do not fit: one is another word, or "
		"two are swapped"},
	    {"scheme spot photo card baby mountain device kick cradle pact join brother",
		"each word is in the list, but together they do not fit: one is another word, or "
		"two are swapped"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t out[PHRASE_ENTROPY], before[PHRASE_ENTROPY];
		char why[MSG_TEXT_MAX];

		memset(out, 0x5a, sizeof out);
		memset(before, 0x5a, sizeof before);
		assert_int_equal(phrase_decode(cases[i].text, out, why), -1);
		assert_string_equal(why, cases[i].why);
		assert_memory_equal(out, before, sizeof out);
	}
}

/* Of the 2048 last words a phrase could have, one in 16 fits its first eleven. */
static void
test_checksum_catches(void **state)
{
	int fits = 0;

	for (int i = 0; i < PHRASE_WORDS; i++) {
		char text[PHRASE_TEXT_MAX], why[MSG_TEXT_MAX];
		uint8_t entropy[PHRASE_ENTROPY];

		snprintf(text, sizeof text,
		    "scheme spot photo card baby mountain device kick cradle pact join %.*s",
		    PHRASE_WORD_MAX - 1, phrase_words[i]);
		fits += phrase_decode(text, entropy, why) == 0;
	}
	assert_int_equal(fits, PHRASE_WORDS / 16);
}

static void
test_list(void **state)
{
	for (int i = 1; i < PHRASE_WORDS; i++) {
		assert_true(strcmp(phrase_words[i - 1], phrase_words[i]) < 0);
		assert_true(strncmp(phrase_words[i - 1], phrase_words[i], 4) != 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_spellings),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_checksum_catches),
	    cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
