#include "dnsupdate/server/query/whoami.h"

#include "base/addr.h"
#include "base/knock.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/server/update/policy.h"

#include <stdio.h>
#include <string.h>

static const uint8_t label[] = {6, 'w', 'h', 'o', 'a', 'm', 'i'};

/* Does the name at wire, of len octets, stand directly below this zone as "whoami"? */
static int
is_whoami(const uint8_t *wire, size_t len, const struct name *zone)
{
	return len == sizeof label + zone->len && memcmp(wire, label, sizeof label) == 0 &&
	    memcmp(wire + sizeof label, zone->wire, zone->len) == 0;
}

/* A port in decimal, 0 when it is none. */
static uint16_t
read_port(const uint8_t *digit, size_t len)
{
	unsigned port = 0;

	if (len == 0 || len > 5 || digit[0] == '0')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (digit[i] < '0' || digit[i] > '9')
			return 0;
		port = 10 * port + digit[i] - '0';
	}
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* The number and port of NUMBER.PORT.whoami.ZONE; the port is 0 for any other name. */
static uint16_t
read_knock(const struct request *r, uint8_t nonce[KNOCK_NONCE_LEN])
{
	const struct name *q = &r->m.question.name;
	size_t port_at = 1 + (size_t)q->wire[0], rest;
	uint16_t port;

	if (port_at >= q->len || knock_nonce((const char *)q->wire + 1, q->wire[0], nonce) == -1)
		return 0;
	rest = port_at + 1 + q->wire[port_at];
	port = rest < q->len ? read_port(q->wire + port_at + 1, q->wire[port_at]) : 0;
	return port != 0 && is_whoami(q->wire + rest, q->len - rest, &r->zone->name) ? port : 0;
}

int
whoami_asked(const struct request *r)
{
	const struct name *q = &r->m.question.name;
	uint8_t nonce[KNOCK_NONCE_LEN];

	return (is_whoami(q->wire, q->len, &r->zone->name) || read_knock(r, nonce) != 0) &&
	    zone_node(r->zone, q) == NULL;
}

/* A machine of the zone, where it says it is, for the first time. */
static int
may_knock(const struct request *r)
{
	return r->from.transport != TRANSPORT_UDP && r->key != NULL && r->is_first &&
	    policy_may_update(r->key, r->zone);
}

void
whoami_knock(struct server *s, struct request *r)
{
	uint8_t nonce[KNOCK_NONCE_LEN];
	uint16_t port = r->m.question.type == TYPE_TXT ? read_knock(r, nonce) : 0;
	uint32_t missed;

	if (port == 0 || !may_knock(r) || s->hooks.knock == NULL ||
	    !limit_pass(&s->knocks, r->now_ms, &missed) ||
	    s->hooks.knock(s->hooks.knock_ctx, &r->from, port, nonce) == -1)
		return;
	r->knocked = 1;
	s->stats.knocks++;
}

void
whoami_rdata(const struct request *r, struct rdata *out)
{
	char address[ADDR_TEXT_MAX], port[8];
	const char *strings[] = {address, port, "knocked"};
	struct endpoint from = {0};

	endpoint_from_sockaddr(&r->from.from.sa, &from);
	endpoint_addr_text(&from, address);
	snprintf(port, sizeof port, "%u", from.port);
	rdata_txt(out, strings, r->knocked ? 3 : 2);
}
