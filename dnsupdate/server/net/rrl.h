/*
 * Response rate limiting: equal answers to one network over UDP are worth more to an attacker with
 * a forged source than to anybody who asked.  A fixed table of virtual clocks, one for each kind of
 * answer and network that was seen lately; two that fall on one place push each other out.
 */
#ifndef DNSUPDATE_SERVER_NET_RRL_H
#define DNSUPDATE_SERVER_NET_RRL_H

#include "dnsupdate/server/request.h"

struct rrl;

enum rrl_verdict {
	RRL_SEND,
	RRL_TRUNCATE, /* send it cut: a real client comes back over TCP */
	RRL_DROP,
};

/* per_sec > 0 */
struct rrl *rrl_new(unsigned per_sec);
void rrl_free(struct rrl *l);

/* What to do with a reply of this rcode to r, about r's question (r->zone for names that do not
 * exist, whatever they are). */
enum rrl_verdict rrl_judge(struct rrl *l, const struct request *r);

#endif
