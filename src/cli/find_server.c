#include "cli/find_server.h"

#include "base/file.h"
#include "base/log.h"
#include "cli/exchange.h"
#include "crypto/mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_CONF_SIZE 8192
#define RESOLVERS_MAX 3 /* as resolv.conf(5) */
#define DNS_PORT 53

struct finder {
	int resolvers;
	struct endpoint resolver[RESOLVERS_MAX];
	struct exchange_reply *reply;
	uint8_t found;
	struct endpoint *out;
};

static void
read_resolvers(struct finder *f)
{
	char text[RESOLV_CONF_SIZE + 1], *save, *line;
	ssize_t len = file_read(RESOLV_CONF, text, RESOLV_CONF_SIZE);

	if (len == -1)
		return;
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char addr[ADDR_TEXT_MAX];

		if (f->resolvers < RESOLVERS_MAX && sscanf(line, "nameserver %45s", addr) == 1 &&
		    endpoint_parse(addr, DNS_PORT, &f->resolver[f->resolvers]) == 0)
			f->resolvers++;
	}
}

/* 0 = f->reply->message is a good answer of the first resolver that gives one. */
static int
ask(struct finder *f, const struct name *name, uint16_t type)
{
	struct question q = {.name = *name, .type = type, .class = CLASS_IN};

	for (int i = 0; i < f->resolvers; i++) {
		uint8_t room[EXCHANGE_REQUEST_MAX];
		struct buf b = buf_writer(room, sizeof room);
		uint16_t id;

		crypto_random(&id, sizeof id);
		if (query_build(&b, id, &q, 1) == -1)
			return -1;
		exchange(&b, NULL, &f->resolver[i], f->reply);
		if (f->reply->result == EXCHANGE_ANSWERED &&
		    (f->reply->rcode == RCODE_NOERROR || f->reply->rcode == RCODE_NXDOMAIN))
			return 0;
	}
	return -1;
}

static void
add_address(struct finder *f, const struct rr *rr, uint16_t port)
{
	struct endpoint ep = {.port = port};

	if (rr_a(&f->reply->message, rr, ep.addr) == 0)
		ep.family = 4;
	else if (rr_aaaa(&f->reply->message, rr, ep.addr) == 0)
		ep.family = 6;
	if (ep.family != 0 && f->found < MSG_SERVERS_MAX)
		f->out[f->found++] = ep;
}

static void
add_host(struct finder *f, const struct name *host, uint16_t port)
{
	static const uint16_t types[] = {TYPE_AAAA, TYPE_A};

	for (int i = 0; i < 2; i++) {
		const struct rr *rr;
		size_t pos = 0;

		if (ask(f, host, types[i]) == -1)
			continue;
		while ((rr = message_next(
			    &f->reply->message, &pos, SECTION_ANSWER, NULL, types[i])) != NULL)
			add_address(f, rr, port);
	}
}

/* The first SRV that names a host; which one of several does not matter for one update. */
static int
find_srv(struct finder *f, const struct name *zone, struct srv *srv)
{
	struct name name;
	const struct rr *rr;
	size_t pos = 0;

	if (name_prepend(&name, "_dns-update._udp", zone) == -1 || ask(f, &name, TYPE_SRV) == -1)
		return -1;
	while (
	    (rr = message_next(&f->reply->message, &pos, SECTION_ANSWER, &name, TYPE_SRV)) != NULL)
		if (rr_srv(&f->reply->message, rr, srv) == 0 && name_labels(&srv->target) > 0)
			return 0;
	return -1;
}

uint8_t
find_server(const char *domain, struct endpoint out[MSG_SERVERS_MAX])
{
	struct finder f = {.out = out, .reply = malloc(sizeof *f.reply)};
	struct name name, zone;
	struct soa soa;
	struct srv srv;

	if (f.reply == NULL)
		fatalx("out of memory");
	read_resolvers(&f);
	if (name_parse(&name, domain) == 0 && ask(&f, &name, TYPE_SOA) == 0 &&
	    message_zone(&f.reply->message, &name, &zone, &soa) == 0) {
		if (find_srv(&f, &zone, &srv) == 0)
			add_host(&f, &srv.target, srv.port);
		else
			add_host(&f, &soa.mname, DNS_PORT);
	}
	free(f.reply);
	return f.found;
}
