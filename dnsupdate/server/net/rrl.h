/*
 * Response rate limiting: equal answers to one network over UDP are worth more to an attacker with
 * a forged source than to anybody who asked.  A fixed table of virtual clocks, one for each kind of
 * answer and network that was seen lately; two that fall on one place push each other out.
 *
 * Many different answers are as good to him, so a network has a clock for the octets of all as
 * well: of answers longer than their question, for others multiply nothing.
 */
#ifndef DNSUPDATE_SERVER_NET_RRL_H
#define DNSUPDATE_SERVER_NET_RRL_H

#include "dnsupdate/server/request.h"

#define RRL_NETWORK_OCTETS 256 /* to one network, for each equal answer that it may have */

struct rrl;

enum rrl_verdict {
	RRL_SEND,
	RRL_TRUNCATE, /* send it cut: a real client comes back over TCP */
	RRL_DROP,
};

/* per_sec > 0 */
struct rrl *rrl_new(unsigned per_sec);
void rrl_free(struct rrl *l);

/* What to do with r's reply, which is complete: of r's rcode, about r's question (r->zone for names
 * that do not exist, whatever they are). */
enum rrl_verdict rrl_judge(struct rrl *l, const struct request *r);

#endif
