#include "cli/show_phrase.h"

#include "crypto/mac.h"

#include <stdio.h>
#include <unistd.h>

/* Past stdio, whose buffer would keep it while we wait for the name server. */
int
show_phrase(const uint8_t entropy[PHRASE_ENTROPY])
{
	char text[sizeof "Recovery phrase: \n" + PHRASE_TEXT_MAX], phrase[PHRASE_TEXT_MAX];
	int len, shown;

	phrase_encode(entropy, phrase);
	len = snprintf(text, sizeof text, "Recovery phrase: %s\n", phrase);
	shown = fflush(stdout) == 0 && write(STDOUT_FILENO, text, (size_t)len) == len;
	crypto_wipe(phrase, sizeof phrase);
	crypto_wipe(text, sizeof text);
	return shown;
}
