#include "manager/reach.h"

#include <string.h>

#define IP6_SITE_LEN 6 /* a /48: what is inside needs not pass the router to reach us */

static void
rest(struct reach *r, uint64_t next_ms)
{
	r->asked = r->knocked = r->come = r->beside = 0;
	r->next_ms = next_ms;
}

static void
start_over(struct reach *r, uint64_t now)
{
	r->verdict = INBOUND_UNKNOWN;
	r->verdict_ms = 0;
	r->tries = 0;
	r->no_ms = 0;
	r->since_ms = now;
	rest(r, now);
}

static void
forget_seen(struct reach *r)
{
	if (r->answer != SEEN_NO_SUCH)
		r->answer = SEEN_NOTHING;
	memset(&r->seen, 0, sizeof r->seen);
}

/* A new place that is the one already seen is as good as agreed on. */
void
reach_want(struct reach *r, int wanted, const struct endpoint *place, uint64_t now)
{
	if (r->wanted == wanted && endpoint_equal(&r->place, place))
		return;
	r->wanted = wanted;
	r->place = *place;
	start_over(r, now);
	if (place->family != 0 && !endpoint_same_addr(&r->seen, place))
		forget_seen(r);
}

void
reach_again(struct reach *r, uint64_t now)
{
	start_over(r, now);
	forget_seen(r);
}

void
reach_verify(struct reach *r, uint64_t now)
{
	r->tries = 0;
	r->no_ms = 0;
	rest(r, now);
}

int
reach_ask(struct reach *r, const uint8_t nonce[KNOCK_NONCE_LEN], uint64_t now)
{
	if (!r->wanted || r->asked || now < r->next_ms)
		return 0;
	r->asked = 1;
	r->next_ms = UINT64_MAX;
	memcpy(r->nonce, nonce, sizeof r->nonce);
	return 1;
}

static void
found(struct reach *r, enum inbound verdict, uint64_t now)
{
	r->verdict = (uint8_t)verdict;
	r->verdict_ms = now;
	r->tries = 0;
	if (verdict == INBOUND_YES) {
		r->no_ms = 0;
		rest(r, now + REACH_AGAIN_MS);
		return;
	}
	r->no_ms = r->no_ms == 0 ? REACH_NO_AGAIN_MS : 2 * r->no_ms;
	if (r->no_ms > REACH_AGAIN_MS)
		r->no_ms = REACH_AGAIN_MS;
	rest(r, now + r->no_ms);
}

/* The question has brought nothing about the place. */
static void
nothing_known(struct reach *r, uint64_t next_ms)
{
	r->verdict = INBOUND_UNKNOWN;
	r->tries = 0;
	rest(r, next_ms);
}

/* A name server in our own network sees us from there, and knows nothing of the outside. */
static int
is_inside(const struct msg_dns_seen *told)
{
	return told->answer == SEEN_ADDRESS && !endpoint_is_public(&told->seen);
}

void
reach_told(struct reach *r, const struct msg_dns_seen *told, uint64_t now)
{
	if (!r->asked || memcmp(r->nonce, told->nonce, sizeof r->nonce) != 0)
		return;
	r->answer = told->answer;
	r->seen = told->seen;
	if (is_inside(told)) {
		r->answer = SEEN_NO_SUCH;
		memset(&r->seen, 0, sizeof r->seen);
	}
	if (r->answer == SEEN_NO_WAY)
		return; /* it is asked on */
	if (r->answer != SEEN_ADDRESS)
		nothing_known(r, now + (is_inside(told) ? REACH_AGAIN_MS : REACH_NEVER_MS));
	else if (!endpoint_same_addr(&r->seen, &r->place) || r->beside ||
	    (!told->knocked && !r->come))
		nothing_known(r, now + REACH_AGAIN_MS);
	else if (r->come)
		found(r, INBOUND_YES, now);
	else {
		r->knocked = 1;
		r->next_ms = now + REACH_WAIT_MS;
	}
}

/* From this machine, or from the network behind our router. */
static int
is_beside(const struct reach *r, const struct endpoint *from)
{
	return from->family == r->place.family &&
	    memcmp(from->addr, r->place.addr, from->family == 6 ? IP6_SITE_LEN : 4) == 0;
}

int
reach_come(struct reach *r, const struct msg_ipsec_knocked *knock, uint64_t now)
{
	if (!r->asked || memcmp(r->nonce, knock->nonce, sizeof r->nonce) != 0)
		return 0;
	r->come = 1;
	r->beside = is_beside(r, &knock->from);
	if (!r->knocked)
		return 1; /* what the server saw is yet to be heard */
	if (r->beside)
		nothing_known(r, now + REACH_AGAIN_MS);
	else
		found(r, INBOUND_YES, now);
	return 1;
}

/* A question under way goes on: where the server sees us is to be known, too. */
void
reach_proved(struct reach *r, uint64_t now)
{
	if (!r->asked) {
		found(r, INBOUND_YES, now);
		return;
	}
	r->verdict = INBOUND_YES;
	r->verdict_ms = now;
}

int
reach_run(struct reach *r, uint64_t now)
{
	int lost;

	if (!r->knocked || now < r->next_ms)
		return 0;
	lost = r->verdict == INBOUND_YES && r->tries == 0;
	if (++r->tries < REACH_TRIES)
		rest(r, now);
	else
		found(r, INBOUND_NO, now);
	return lost;
}

int
reach_is_busy(const struct reach *r)
{
	return r->wanted && r->place.family != 0 && r->answer != SEEN_NO_WAY &&
	    (r->asked || r->tries > 0);
}

uint64_t
reach_wait(const struct reach *r, uint64_t now)
{
	if (!r->wanted || r->next_ms == UINT64_MAX)
		return UINT64_MAX;
	return r->next_ms > now ? r->next_ms - now : 0;
}
