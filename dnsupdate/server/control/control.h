/*
 * The control socket of autotunnel-dnsd: RUN/control, a Unix stream, for root and the control
 * group.
 *
 * One request a connection: a line of words separated by blanks.  The answer is "ok", a newline and
 * what was asked for, or "error", a blank and a sentence; then the connection ends.  Most answers
 * are lines of KEY=VALUE words, the first word names the kind of line.  "export" answers with, and
 * "import" is followed by, DNS messages with their length in front (as over TCP) that carry records
 * in the answer section.  Whoever may connect may ask for everything.
 */
#ifndef DNSUPDATE_SERVER_CONTROL_CONTROL_H
#define DNSUPDATE_SERVER_CONTROL_CONTROL_H

#include "dnsupdate/server/control/keeper.h"

#include <stdio.h>

#define CONTROL_SOCKET "control"
#define CONTROL_LINE_MAX 4096
#define CONTROL_WORDS_MAX 64

/* Before anything is touched that is another server's: ends the process, with a line that says so,
 * when one runs that has this run directory. */
void control_alone(const char *run_dir);
/* As root: bind it, give it to the group.  The keeper is borrowed.  A socket that cannot be made is
 * a line in the log. */
struct control *control_new(struct keeper *k);
/* Locked in: listen. */
void control_begin(struct control *c);
void control_free(struct control *c);
/* The zone goes: end what concerns it.  NULL is fine. */
void control_forget(struct control *c, const struct zone *z);

/* ---- the verbs (control_verbs.c) ---- */

/* What a verb may ask the connection to go on with, besides what it writes to out. */
struct control_more {
	struct zone *export; /* send its records */
	struct zone *import; /* receive its records */
};

/* 0, or -1 with a sentence in why. */
int control_verb(struct keeper *k, int argc, char **argv, FILE *out, struct control_more *more,
    char why[KEEPER_WHY_MAX]);

/* OpenMetrics text (metrics.c). */
void metrics_write(const struct keeper *k, FILE *out);

#endif
