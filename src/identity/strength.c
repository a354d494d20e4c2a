#include "identity/strength.h"

#include "base/str.h"
#include "crypto/mac.h"

#include <stdio.h>
#include <string.h>
#include <zxcvbn.h>

#define SCORED_MAX 100 /* octets: the time zxcvbn takes grows faster than the length */
#define LABEL_MIN 3 /* shorter ones would be found inside of other words */
#define HINTS_MAX (MSG_NAME_MAX / (LABEL_MIN + 1) + 2) /* "autotunnel", labels, NULL */

/* Point hints to the labels of host, which is cut into pieces. */
static void
split(char *host, const char *hints[HINTS_MAX])
{
	size_t n = 0;
	char *rest;

	hints[n++] = "autotunnel";
	for (char *label = strtok_r(host, ".", &rest); label != NULL;
	     label = strtok_r(NULL, ".", &rest))
		if (strlen(label) >= LABEL_MIN)
			hints[n++] = label;
	hints[n] = NULL;
}

/* To zxcvbn what stands between two words is as good as a random character, and three words reach
 * 50 bits by their blanks alone.  Whoever guesses words tries the usual few. */
static void
drop_separators(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++)
		if (strchr(" -_.,:;", *from) == NULL)
			*to++ = *from;
	*to = '\0';
}

double
strength_bits(const char *passphrase, const char *host)
{
	char name[MSG_NAME_MAX], text[SCORED_MAX + 1];
	const char *hints[HINTS_MAX];
	double typed, joined;

	str_copy(name, sizeof name, host);
	split(name, hints);
	str_copy(text, sizeof text, passphrase);
	typed = ZxcvbnMatch(text, hints, NULL);
	drop_separators(text);
	joined = ZxcvbnMatch(text, hints, NULL);
	crypto_wipe(text, sizeof text);
	return joined < typed ? joined : typed;
}

static int
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return 1;
	return 0;
}

int
strength_check(const char *passphrase, const char *host, char why[MSG_TEXT_MAX])
{
	size_t len = strlen(passphrase);
	double bits;

	why[0] = '\0';
	if (len == 0 || len > STRENGTH_TEXT_MAX)
		snprintf(why, MSG_TEXT_MAX, "a passphrase has 1 to %d octets, not %zu",
		    STRENGTH_TEXT_MAX, len);
	else if (has_control(passphrase))
		snprintf(why, MSG_TEXT_MAX, "a passphrase has no control characters");
	else if ((bits = strength_bits(passphrase, host)) < STRENGTH_FLOOR)
		snprintf(why, MSG_TEXT_MAX,
		    "this passphrase can be guessed: it has about %d bits, and %d are asked for; "
		    "take five or six random words",
		    (int)bits, STRENGTH_FLOOR);
	return why[0] == '\0' ? 0 : -1;
}
