/* autotunnel-dnsctl(8), inside: the connection to the server and the ways to print what it says. */
#ifndef DNSUPDATE_CTL_CTL_H
#define DNSUPDATE_CTL_CTL_H

#include <stdint.h>
#include <stdio.h>

/* Exit statuses, the same for all verbs. */
enum { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NOT_RUNNING = 3 };

struct ctl {
	const char *socket;
	int json;
};

void ctl_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Connect, send the words as a line.  A stream for both ways; NULL after a message, and *status. */
FILE *ctl_ask(const struct ctl *c, int argc, char *const *argv, int *status);
/* No more is sent; read the first line: 0, or -1 after a message when it is an error. */
int ctl_end_question(FILE *f);
int ctl_read_verdict(FILE *f);

/* Lines of KEY=VALUE, as they are or as one JSON object each. */
int print_lines(const struct ctl *c, FILE *in, FILE *out);

/* The two verbs that carry records (records.c): status. */
int ctl_export(const struct ctl *c, int argc, char *const *argv);
int ctl_import(const struct ctl *c, int argc, char *const *argv);

#endif
