#include "identity/phrase.h"

#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 11
#define ROOM 32 /* of a word as typed; longer ones are no words anyway */

/* The bits of a phrase are the entropy and the first 4 bits of its SHA-256: 17 octets, of which
 * the last half-octet is unused. */
static void
with_checksum(const uint8_t entropy[PHRASE_ENTROPY], uint8_t bits[PHRASE_ENTROPY + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256(entropy, PHRASE_ENTROPY, hash);
	memcpy(bits, entropy, PHRASE_ENTROPY);
	bits[PHRASE_ENTROPY] = hash[0] & 0xf0;
	crypto_wipe(hash, sizeof hash);
}

void
phrase_encode(const uint8_t entropy[PHRASE_ENTROPY], char out[PHRASE_TEXT_MAX])
{
	uint8_t bits[PHRASE_ENTROPY + 1];
	size_t used = 0;

	with_checksum(entropy, bits);
	for (int w = 0; w < PHRASE_LEN; w++) {
		unsigned index = 0;

		for (int b = w * WORD_BITS; b < (w + 1) * WORD_BITS; b++)
			index = index << 1 | (bits[b / 8] >> (7 - b % 8) & 1);
		used += (size_t)snprintf(out + used, PHRASE_TEXT_MAX - used, "%s%s",
		    w == 0 ? "" : " ", phrase_words[index]);
	}
	crypto_wipe(bits, sizeof bits);
}

static int
compare(const void *key, const void *entry)
{
	return strcmp(key, entry);
}

static int
find_word(const char *word)
{
	const char(*hit)[PHRASE_WORD_MAX] =
	    bsearch(word, phrase_words, PHRASE_WORDS, PHRASE_WORD_MAX, compare);

	return hit == NULL ? -1 : (int)(hit - phrase_words);
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to change, add or drop to make a from b (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[PHRASE_WORD_MAX], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

static void
explain_word(int number, const char *word, char why[MSG_TEXT_MAX])
{
	size_t least = strlen(word) > 5 ? 3 : 2; /* further off it would be a guess */
	int best = -1;

	for (int i = 0; i < PHRASE_WORDS; i++) {
		size_t d = distance(word, phrase_words[i]);

		if (d < least) {
			least = d;
			best = i;
		}
	}
	if (best == -1)
		snprintf(
		    why, MSG_TEXT_MAX, "word %d, \"%s\", is not in the word list", number, word);
	else
		snprintf(why, MSG_TEXT_MAX,
		    "word %d, \"%s\", is not in the word list; is it \"%.*s\"?", number, word,
		    PHRASE_WORD_MAX - 1, phrase_words[best]);
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next word of *text in lower case, moving *text behind it; 0 when there is none. */
static int
next_word(const char **text, char word[ROOM])
{
	size_t len = 0;

	while (**text != '\0' && !is_letter(**text))
		++*text;
	for (; is_letter(**text); ++*text)
		if (len < ROOM - 1)
			word[len++] = **text;
	word[len] = '\0';
	str_lower(word);
	return len > 0;
}

static void
append_word(uint8_t *bits, int w, unsigned index)
{
	for (int i = 0; i < WORD_BITS; i++) {
		int b = w * WORD_BITS + i;

		if (index >> (WORD_BITS - 1 - i) & 1)
			bits[b / 8] |= (uint8_t)(0x80 >> b % 8);
	}
}

/* The words of text as bits; -1 with why when they are not twelve of the list. */
static int
read_words(const char *text, uint8_t bits[PHRASE_ENTROPY + 1], char why[MSG_TEXT_MAX])
{
	char word[ROOM];
	int n = 0, rc = 0;

	for (; rc == 0 && next_word(&text, word); n++) {
		int index = find_word(word);

		if (index == -1) {
			explain_word(n + 1, word, why);
			rc = -1;
		} else if (n < PHRASE_LEN) {
			append_word(bits, n, (unsigned)index);
		}
	}
	if (rc == 0 && n != PHRASE_LEN) {
		snprintf(
		    why, MSG_TEXT_MAX, "a recovery phrase has %d words, not %d", PHRASE_LEN, n);
		rc = -1;
	}
	crypto_wipe(word, sizeof word);
	return rc;
}

int
phrase_decode(const char *text, uint8_t entropy[PHRASE_ENTROPY], char why[MSG_TEXT_MAX])
{
	uint8_t bits[PHRASE_ENTROPY + 1] = {0}, right[PHRASE_ENTROPY + 1];
	int rc = read_words(text, bits, why);

	if (rc == 0) {
		with_checksum(bits, right);
		if (bits[PHRASE_ENTROPY] == right[PHRASE_ENTROPY]) {
			memcpy(entropy, bits, PHRASE_ENTROPY);
		} else {
			snprintf(why, MSG_TEXT_MAX,
			    "each word is in the list, but together they do not fit: one is "
			    "another word, or two are swapped");
			rc = -1;
		}
		crypto_wipe(right, sizeof right);
	}
	crypto_wipe(bits, sizeof bits);
	return rc;
}
