/*
 * Push is tried whenever there is a connection it can use, as RFC 8764 section 1.1 demands;
 * long-lived queries begin when it has not worked for a few seconds, or is known not to, and end
 * when it works.  Whether the server has them is asked of itself: SRV _dns-llq._udp.ZONE (RFC 8764
 * section 4), again each hour, and after each absence of the server.  Looks at the SOA go on in any
 * case, only at another pace (pace.h).
 */
#include "dnsupdate/client/ladder.h"

#include <string.h>

#define GRACE_MS 4000 /* for Push to come up */
#define NO_SRV_MS 3600000
#define FAILED_MS 60000
#define AGAIN_MS 10000 /* however often the server comes back */

void
ladder_init(struct ladder *c, uint32_t (*jitter)(uint32_t range))
{
	memset(c, 0, sizeof *c);
	c->jitter = jitter;
	c->source = DNS_SOURCE_NONE;
}

void
ladder_back(struct ladder *c, uint64_t now)
{
	uint64_t at = c->asked_ms == 0 ? now : c->asked_ms + AGAIN_MS;

	if (c->llq_port == 0 && c->srv_ms > at)
		c->srv_ms = at;
}

static uint64_t
grace_end(const struct ladder *c, const struct ladder_facts *f, uint64_t now)
{
	if (!f->has_stream || f->push_not_before_ms > now + GRACE_MS)
		return 0;
	return c->trying_ms + GRACE_MS;
}

static void
note_source(struct ladder *c, const struct ladder_facts *f, uint64_t now)
{
	uint8_t source = f->push_live ? DNS_SOURCE_PUSH
	    : f->llq_live             ? DNS_SOURCE_LLQ
				      : DNS_SOURCE_POLL;

	if (source != c->source)
		c->since_ms = now;
	c->source = source;
}

struct ladder_orders
ladder_step(struct ladder *c, const struct ladder_facts *f, uint64_t now)
{
	struct ladder_orders o = {.hold = f->has_stream && now >= f->push_not_before_ms};

	note_source(c, f, now);
	if (f->push_live) {
		c->trying_ms = 0;
		return o;
	}
	if (c->trying_ms == 0)
		c->trying_ms = now;
	if (now < grace_end(c, f, now))
		return o;
	o.llq = c->llq_port != 0;
	if (f->zone_known && c->llq_port == 0 && !c->asking && now >= c->srv_ms) {
		c->asking = o.ask_srv = 1;
		c->asked_ms = now;
	}
	return o;
}

void
ladder_srv(struct ladder *c, int failed, uint16_t port, uint64_t now)
{
	uint32_t wait = failed ? FAILED_MS : NO_SRV_MS;

	c->asking = 0;
	c->llq_port = failed ? 0 : port;
	c->srv_ms = now + wait + c->jitter(wait / 10);
}

uint64_t
ladder_wake(const struct ladder *c, const struct ladder_facts *f, uint64_t now)
{
	uint64_t at = UINT64_MAX, grace = grace_end(c, f, now);

	if (f->has_stream && f->push_not_before_ms > now)
		at = f->push_not_before_ms;
	if (f->push_live || c->asking)
		return at;
	if (now < grace)
		return grace < at ? grace : at;
	if (f->zone_known && c->llq_port == 0 && c->srv_ms < at)
		at = c->srv_ms;
	return at;
}
