/* A snapshot for people and for programs. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/snapshot.h"

#include <stdio.h>

/* This device and a table of its peers; colour != 0 for a terminal, verbose != 0 for how packets
 * are encrypted and moved. */
void show_status(FILE *out, const struct snapshot *s, int colour, int verbose);
/* Everything known about one peer; verbose != 0: and why packets were lost. */
void show_peer(FILE *out, const struct snapshot *s, const struct msg_ctl_peer *p, int verbose);
/* What the router gives, in plain words. */
void show_map(FILE *out, const struct snapshot *s);
/* The mappings that were asked for by hand. */
void show_map_list(FILE *out, const struct snapshot *s);
/* The conversation with routers. */
void show_exchanges(FILE *out, const struct snapshot *s);

/* One line each; autotunnel(1) describes the members ("schema":1). */
void show_status_json(FILE *out, const struct snapshot *s);
void show_peer_json(FILE *out, const struct snapshot *s, const struct msg_ctl_peer *p);
void show_map_json(FILE *out, const struct snapshot *s);

/* OpenMetrics text, for a collector. */
void show_metrics(FILE *out, const struct snapshot *s);

/* Is something not as it should be (--strict)?  The mapping, the name server, a worker. */
int show_is_degraded(const struct snapshot *s);

#endif
