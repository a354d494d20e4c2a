/*
 * What a state means, in words: PURE functions from the daemon's rows to a word for a column and
 * a sentence for a person.  Whoever wants to know why a thing does not work finds it here.
 */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "base/msg.h"

#define EXPLAIN_MAX 320

enum health { HEALTH_GOOD, HEALTH_WAITING, HEALTH_BAD };

/* The router's mapping, one line.  now_ms is boot time at the daemon. */
enum health explain_mapping(
    const struct msg_ctl_mapping *m, uint64_t now_ms, char out[EXPLAIN_MAX]);

/* Does anybody come in there?  A clause. */
const char *explain_verdict(const struct msg_ctl_mapping *m);

/* Why a mapping that stands is of no use: what the evidence for another NAT is. */
const char *explain_double(const struct msg_ctl_mapping *m);

/* What to do about it; "" when all is well. */
const char *explain_mapping_advice(const struct msg_ctl_mapping *m);

/* Name server, publishing and watching, one line. */
enum health explain_dns(
    const struct msg_dns_state *d, uint64_t now_ms, uint64_t now_sec, char out[EXPLAIN_MAX]);

/* The account's roster: which one counts, and what the name server shows of it. */
enum health explain_roster(const struct msg_ctl_roster *r, uint64_t now_sec, char out[EXPLAIN_MAX]);

/* A peer: the word for its state, the way to it, and a remark ("" when there is nothing to say). */
struct peer_view {
	const char *word; /* up, calling, idle, off, down, stale, gone */
	enum health health;
	char path[ENDPOINT_TEXT_MAX + 8];
	char remark[EXPLAIN_MAX];
};
void explain_peer(const struct msg_ctl_peer *p, uint64_t now_sec, struct peer_view *out);

/* A worker that does not run or came back; 0 and "" when there is nothing to say. */
int explain_workers(const struct msg_ctl_self *self, char out[EXPLAIN_MAX]);

#endif
