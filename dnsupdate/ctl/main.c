/*
 * autotunnel-dnsctl(8): asks a running autotunnel-dnsd over its control socket.  Most verbs are
 * sent as they are written and answered in lines (print.c); export and import carry records, which
 * are read and written as master files here, not in the server (records.c).
 */
#include "dnsupdate/ctl/ctl.h"

#include "base/log.h"
#include "identity/base64.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECRET_LEN 32
#define LINE_MAX_OCTETS 4096

static int plain(const struct ctl *c, int argc, char *const *argv);
static int verbatim(const struct ctl *c, int argc, char *const *argv);
static int key_add(const struct ctl *c, int argc, char *const *argv);

static const struct {
	const char *first, *second;
	int min, max; /* words behind */
	int (*run)(const struct ctl *c, int argc, char *const *argv);
	const char *args, *help;
} verbs[] = {
    {"status", NULL, 0, 0, plain, "", "the server and its zones"},
    {"metrics", NULL, 0, 0, verbatim, "", "counters, as OpenMetrics text"},
    {"reload", NULL, 0, 0, plain, "", "read the configuration again"},
    {"zone", "list", 0, 0, plain, "", "the zones"},
    {"zone", "add", 1, 16, plain, "ZONE [KEYWORD=VALUE ...]", "serve one more"},
    {"zone", "del", 1, 1, plain, "ZONE", "remove one that was added, with its records"},
    {"zone", "export", 1, 1, ctl_export, "ZONE", "its records, as a master file"},
    {"zone", "import", 1, 2, ctl_import, "ZONE [FILE]", "make its records those of a master file"},
    {"key", "list", 0, 0, plain, "", "the TSIG keys, without their secrets"},
    {"key", "add", 3, 3, key_add, "ZONE account|device|transfer NAME|ALGORITHM:NAME:SECRET",
	"add one; a name alone gets a new secret"},
    {"key", "del", 1, 1, plain, "NAME", "remove one that was added"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

void
ctl_warn(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("autotunnel-dnsctl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ---- the connection ---- */

static int
send_line(FILE *f, int argc, char *const *argv)
{
	size_t len = 0;

	for (int i = 0; i < argc; i++) {
		len += strlen(argv[i]) + 1;
		if (len > LINE_MAX_OCTETS || strpbrk(argv[i], " \t\r\n") != NULL)
			return -1;
		fprintf(f, "%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
	}
	return fflush(f);
}

FILE *
ctl_ask(const struct ctl *c, int argc, char *const *argv, int *status)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f;

	*status = EXIT_NOT_RUNNING;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", c->socket);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
		ctl_warn("%s: %s%s", c->socket, strerror(errno),
		    errno == ENOENT || errno == ECONNREFUSED ? " (is autotunnel-dnsd running?)"
			: errno == EACCES ? " (only root and the control group may ask)"
					  : "");
		return NULL;
	}
	f = fdopen(fd, "r+");
	if (f == NULL || send_line(f, argc, argv) != 0) {
		ctl_warn("a word too long, or with a blank in it");
		*status = EXIT_USAGE;
		return NULL;
	}
	return f;
}

int
ctl_end_question(FILE *f)
{
	int rc = fflush(f);

	shutdown(fileno(f), SHUT_WR);
	return rc;
}

int
ctl_read_verdict(FILE *f)
{
	char line[1024];

	if (fgets(line, sizeof(line), f) == NULL) {
		ctl_warn("the server hung up");
		return -1;
	}
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "ok") == 0)
		return 0;
	ctl_warn("%s", strncmp(line, "error ", 6) == 0 ? line + 6 : line);
	return -1;
}

/* ---- verbs ---- */

static int
ask_and_print(const struct ctl *c, int argc, char *const *argv,
    int (*print)(const struct ctl *c, FILE *in, FILE *out))
{
	int status;
	FILE *f = ctl_ask(c, argc, argv, &status);

	if (f == NULL)
		return status;
	status = ctl_read_verdict(f) == 0 && print(c, f, stdout) == 0 ? EXIT_OK : EXIT_REFUSED;
	fclose(f);
	return status;
}

static int
plain(const struct ctl *c, int argc, char *const *argv)
{
	return ask_and_print(c, argc, argv, print_lines);
}

static int
copy(const struct ctl *c, FILE *in, FILE *out)
{
	char part[4096];
	size_t n;

	(void)c;
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		fwrite(part, 1, n, out);
	return ferror(in) || fflush(out) != 0 ? -1 : 0;
}

static int
verbatim(const struct ctl *c, int argc, char *const *argv)
{
	return ask_and_print(c, argc, argv, copy);
}

/* A key without secret gets one here and is printed, in the form that all our tools read. */
static int
key_add(const struct ctl *c, int argc, char *const *argv)
{
	uint8_t secret[SECRET_LEN] = {0};
	char text[BASE64_SIZE(SECRET_LEN)], key[LINE_MAX_OCTETS];
	char *words[] = {argv[0], argv[1], argv[2], argv[3], key};
	int made = strchr(argv[4], ':') == NULL, status;

	if (made && getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
		ctl_warn("no random numbers");
		return EXIT_REFUSED;
	}
	base64_encode(secret, sizeof(secret), text);
	snprintf(key, sizeof(key), made ? "hmac-sha256:%s:%s" : "%s", argv[4], text);
	status = plain(c, argc, words);
	if (status == EXIT_OK && made)
		puts(key);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(text, sizeof(text));
	explicit_bzero(key, sizeof(key));
	return status;
}

/* ---- the command line ---- */

static void
usage(FILE *out)
{
	fputs("usage: autotunnel-dnsctl [--json] [-s SOCKET] VERB ...\n\n", out);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "  %s%s%s %s\n      %s\n", verbs[i].first,
		    verbs[i].second != NULL ? " " : "",
		    verbs[i].second != NULL ? verbs[i].second : "", verbs[i].args, verbs[i].help);
	fputs("\nSee autotunnel-dnsctl(8).\n", out);
}

static int
run_verb(const struct ctl *c, int argc, char **argv)
{
	for (size_t i = 0; i < VERBS; i++) {
		int words = verbs[i].second == NULL ? 1 : 2;

		if (argc < words || strcmp(argv[0], verbs[i].first) != 0 ||
		    (words == 2 && strcmp(argv[1], verbs[i].second) != 0))
			continue;
		if (argc - words < verbs[i].min || argc - words > verbs[i].max)
			break;
		return verbs[i].run(c, argc, argv);
	}
	usage(stderr);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	static const struct option long_options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"socket", required_argument, NULL, 's'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	struct ctl c = {.socket = RUNDIR "-dnsd/control"};
	int option;

	while ((option = getopt_long(argc, argv, "+js:hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'j':
			c.json = 1;
			break;
		case 's':
			c.socket = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_OK;
		case 'V':
			puts("autotunnel-dnsctl " PACKAGE_VERSION);
			return EXIT_OK;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	return run_verb(&c, argc - optind, argv + optind);
}
