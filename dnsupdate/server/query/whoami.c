#include "dnsupdate/server/query/whoami.h"

#include "base/addr.h"

#include <stdio.h>
#include <string.h>

static const uint8_t label[] = {6, 'w', 'h', 'o', 'a', 'm', 'i'};

int
whoami_asked(const struct request *r)
{
	const struct name *q = &r->m.question.name, *z = &r->zone->name;

	return q->len == sizeof label + z->len && memcmp(q->wire, label, sizeof label) == 0 &&
	    memcmp(q->wire + sizeof label, z->wire, z->len) == 0 && zone_node(r->zone, q) == NULL;
}

void
whoami_rdata(const struct request *r, struct rdata *out)
{
	char address[ADDR_TEXT_MAX], port[8];
	const char *strings[] = {address, port};
	struct endpoint from = {0};

	endpoint_from_sockaddr(&r->from.from.sa, &from);
	endpoint_addr_text(&from, address);
	snprintf(port, sizeof port, "%u", from.port);
	rdata_txt(out, strings, 2);
}
