#include "cli/prompt.h"

#include "base/str.h"
#include "crypto/mac.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios terminal; /* as it was */

/* Whoever ends us while the echo is off must not leave it off. */
static void
restore_and_end(int signo)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
	signal(signo, SIG_DFL);
	raise(signo);
}

#define LABEL "Recovery phrase:"

/* The first line that is not empty, without its newline and the blanks before it.  Read one by one:
 * what follows is not ours.  Returns its length, 0 at the end, -1 when it cannot be read. */
static ssize_t
read_line(char *out, size_t size)
{
	size_t used = 0;
	int seen = 0;
	char c;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0 || (c == '\n' && seen))
			break;
		seen |= c != ' ' && c != '\t' && c != '\r' && c != '\n';
		if (!seen)
			continue;
		if (used + 1 == size || c == '\0')
			return -1;
		out[used++] = c;
	}
	out[used] = '\0';
	return (ssize_t)used;
}

static int
is_labelled(const char *line)
{
	return strncmp(line, LABEL, sizeof LABEL - 1) == 0;
}

/* Where a phrase is wanted: no phrase has a colon. */
static int
has_label(const char *line)
{
	return strchr(line, ':') != NULL && !is_labelled(line);
}

/* Where the line may be anything: only what `init` prints besides the phrase. */
static int
is_of_init(const char *line)
{
	static const char *const labels[] = {
	    "Account: ", "Name server's TLS pin: ", "Machine: ", "Address: ", "Enrolled: "};

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (strncmp(line, labels[i], strlen(labels[i])) == 0)
			return 1;
	return 0;
}

/* Standard input may be all that `init` printed: pass over lines that are something else. */
static ssize_t
read_piped(char *out, size_t size, int (*is_other)(const char *line))
{
	ssize_t n;

	do
		n = read_line(out, size);
	while (n > 0 && is_other(out));
	return n;
}

static ssize_t
read_hidden(const char *ask, char *out, size_t size)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct termios hidden = terminal;
	ssize_t n;

	hidden.c_lflag &= (tcflag_t) ~(ECHO | ECHONL);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		signal(ends[i], restore_and_end);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden); /* before anybody is asked to type */
	fprintf(stderr, "%s: ", ask);
	n = read_line(out, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
	fprintf(stderr, "\n");
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		signal(ends[i], SIG_DFL);
	return n;
}

int
prompt_is_terminal(void)
{
	return tcgetattr(STDIN_FILENO, &terminal) == 0;
}

/* The next answer, without label and blanks at its ends; NULL when it cannot be read. */
static char *
ask_for(const char *ask, int (*is_other)(const char *line), char text[PROMPT_SIZE])
{
	ssize_t n = prompt_is_terminal() ? read_hidden(ask, text, PROMPT_SIZE)
					 : read_piped(text, PROMPT_SIZE, is_other);

	if (n == -1)
		return NULL;
	return str_trim(text + (is_labelled(text) ? sizeof LABEL - 1 : 0));
}

int
prompt_phrase(uint8_t entropy[PHRASE_ENTROPY], char why[MSG_TEXT_MAX])
{
	char text[PROMPT_SIZE], *phrase = ask_for("Recovery phrase", has_label, text);
	int rc = -1;

	if (phrase == NULL)
		snprintf(why, MSG_TEXT_MAX, "cannot read a recovery phrase");
	else
		rc = phrase_decode(phrase, entropy, why);
	crypto_wipe(text, sizeof text);
	return rc;
}

int
prompt_secret(const char *ask, char out[PROMPT_SIZE], char why[MSG_TEXT_MAX])
{
	char text[PROMPT_SIZE], *answer = ask_for(ask, is_of_init, text);
	int rc = -1;

	if (answer == NULL || *answer == '\0') {
		snprintf(why, MSG_TEXT_MAX, "nothing was read where a passphrase was asked for");
		out[0] = '\0';
	} else {
		rc = str_copy(out, PROMPT_SIZE, answer);
	}
	crypto_wipe(text, sizeof text);
	return rc;
}
