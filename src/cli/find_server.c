#include "cli/find_server.h"

#include "base/log.h"
#include "cli/resolvers.h"

#include <stdlib.h>

#define DNS_PORT 53

/* The first SRV that names a host; which one of several does not matter for one update. */
static int
find_srv(const struct name *zone, struct exchange_reply *reply, struct srv *srv)
{
	struct name name;
	const struct rr *rr;
	size_t pos = 0;

	if (name_prepend(&name, "_dns-update._udp", zone) == -1 ||
	    resolvers_ask(&name, TYPE_SRV, reply) == -1)
		return -1;
	while ((rr = message_next(&reply->message, &pos, SECTION_ANSWER, &name, TYPE_SRV)) != NULL)
		if (rr_srv(&reply->message, rr, srv) == 0 && name_labels(&srv->target) > 0)
			return 0;
	return -1;
}

uint8_t
find_server(const char *domain, struct endpoint out[MSG_SERVERS_MAX])
{
	struct exchange_reply *reply = malloc(sizeof *reply);
	struct name name, zone;
	struct soa soa;
	struct srv srv;
	uint8_t n = 0;

	if (reply == NULL)
		fatalx("out of memory");
	if (name_parse(&name, domain) == 0 && resolvers_ask(&name, TYPE_SOA, reply) == 0 &&
	    message_zone(&reply->message, &name, &zone, &soa) == 0) {
		if (find_srv(&zone, reply, &srv) == 0)
			n = resolvers_host(&srv.target, srv.port, reply, out, MSG_SERVERS_MAX);
		else
			n = resolvers_host(&soa.mname, DNS_PORT, reply, out, MSG_SERVERS_MAX);
	}
	free(reply);
	return n;
}
