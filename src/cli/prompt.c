#include "cli/prompt.h"

#include "crypto/mac.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_ROOM 1024

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

/* The first line that is not empty, without its newline.  Read one by one: what follows is not
 * ours.  Returns its length, 0 at the end, -1 when it cannot be read. */
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

/* Standard input may be all that `init` printed. */
static ssize_t
read_piped(char *out, size_t size)
{
	ssize_t n;

	do
		n = read_line(out, size);
	while (n > 0 && strchr(out, ':') != NULL && !is_labelled(out));
	return n;
}

static ssize_t
read_hidden(char *out, size_t size)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct termios hidden = terminal;
	ssize_t n;

	hidden.c_lflag &= (tcflag_t) ~(ECHO | ECHONL);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		signal(ends[i], restore_and_end);
	fprintf(stderr, "Recovery phrase: ");
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	n = read_line(out, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
	fprintf(stderr, "\n");
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		signal(ends[i], SIG_DFL);
	return n;
}

int
prompt_phrase(uint8_t entropy[PHRASE_ENTROPY], char why[MSG_TEXT_MAX])
{
	int interactive = tcgetattr(STDIN_FILENO, &terminal) == 0, rc = -1;
	char text[LINE_ROOM];

	if ((interactive ? read_hidden(text, sizeof text) : read_piped(text, sizeof text)) == -1)
		snprintf(why, MSG_TEXT_MAX, "cannot read a recovery phrase");
	else
		rc = phrase_decode(text + (is_labelled(text) ? sizeof LABEL - 1 : 0), entropy, why);
	crypto_wipe(text, sizeof text);
	return rc;
}
