#include "cli/unlock.h"

#include "cli/cmd.h"
#include "cli/prompt.h"
#include "crypto/mac.h"
#include "identity/admin_file.h"

#include <string.h>

#define TRIES 3 /* at a terminal */

static int
ask_phrase(uint8_t entropy[PHRASE_ENTROPY])
{
	char why[MSG_TEXT_MAX];

	if (prompt_phrase(entropy, why) == 0)
		return EXIT_OK;
	cmd_warn("%s", why);
	return EXIT_ERROR;
}

static int
count_words(const char *text)
{
	int n = 0;

	for (text += strspn(text, " \t"); *text != '\0'; text += strspn(text, " \t")) {
		text += strcspn(text, " \t");
		n++;
	}
	return n;
}

/* As wrong as it is, what was meant?  Twelve words were meant to be the phrase. */
static void
complain(const char *answer, const char *phrase_why)
{
	if (count_words(answer) == PHRASE_LEN)
		cmd_warn("this is neither the recovery phrase (%s) nor this machine's passphrase",
		    phrase_why);
	else
		cmd_warn("wrong passphrase; the twelve words of the recovery phrase will do, too");
}

/* Is it the phrase, or the passphrase? */
static enum admin_file_result
try(const struct admin_file *f, const char *domain, const char *answer,
    uint8_t entropy[PHRASE_ENTROPY], enum unlock_way *way)
{
	char why[MSG_TEXT_MAX];
	enum admin_file_result result;

	*way = UNLOCK_BY_PHRASE;
	if (phrase_decode(answer, entropy, why) == 0)
		return ADMIN_FILE_OK;
	*way = UNLOCK_BY_PASSPHRASE;
	result = admin_file_open(f, domain, answer, entropy);
	if (result == ADMIN_FILE_WRONG)
		complain(answer, why);
	else if (result != ADMIN_FILE_OK)
		cmd_warn("cannot try the passphrase: out of memory?");
	crypto_wipe(why, sizeof why); /* may quote a word */
	return result;
}

static int
ask_either(const struct admin_file *f, const char *domain, uint8_t entropy[PHRASE_ENTROPY],
    enum unlock_way *way)
{
	enum admin_file_result result = ADMIN_FILE_WRONG;
	int tries = prompt_is_terminal() ? TRIES : 1;
	char answer[PROMPT_SIZE], why[MSG_TEXT_MAX];

	for (int i = 0; i < tries && result == ADMIN_FILE_WRONG; i++) {
		if (prompt_secret("Passphrase or recovery phrase", answer, why) == -1) {
			cmd_warn("%s", why);
			result = ADMIN_FILE_FAILED;
		} else {
			result = try(f, domain, answer, entropy, way);
		}
		crypto_wipe(answer, sizeof answer);
	}
	return result == ADMIN_FILE_OK ? EXIT_OK : EXIT_ERROR;
}

int
unlock_ask(const char *state_dir, const char *domain, uint8_t entropy[PHRASE_ENTROPY],
    enum unlock_way *way)
{
	enum admin_file_result found = ADMIN_FILE_NONE;
	char why[MSG_TEXT_MAX];
	struct admin_file f;

	*way = UNLOCK_BY_PHRASE;
	if (state_dir != NULL)
		found = admin_file_load(state_dir, &f, why);
	if (found == ADMIN_FILE_OK)
		return ask_either(&f, domain, entropy, way);
	if (found == ADMIN_FILE_DAMAGED)
		cmd_warn("%s; the recovery phrase still works, and \"autotunnel account admin\" "
			 "makes the file anew",
		    why);
	return ask_phrase(entropy);
}
