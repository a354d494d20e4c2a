#include "cli/resolvers.h"

#include "base/file.h"
#include "crypto/mac.h"

#include <stdio.h>
#include <string.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_CONF_SIZE 8192
#define DNS_PORT 53

int
resolvers_read(struct endpoint out[RESOLVERS_MAX])
{
	char text[RESOLV_CONF_SIZE + 1], *save, *line;
	ssize_t len = file_read(RESOLV_CONF, text, RESOLV_CONF_SIZE);
	int n = 0;

	if (len == -1)
		return 0;
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char addr[ADDR_TEXT_MAX];

		if (n < RESOLVERS_MAX && sscanf(line, "nameserver %45s", addr) == 1 &&
		    endpoint_parse(addr, DNS_PORT, &out[n]) == 0)
			n++;
	}
	return n;
}

int
resolver_ask(const struct endpoint *resolver, const struct name *name, uint16_t type,
    struct exchange_reply *reply)
{
	struct question q = {.name = *name, .type = type, .class = CLASS_IN};
	uint8_t room[MESSAGE_UDP_MAX];
	struct buf b = buf_writer(room, sizeof room);
	uint16_t id;

	crypto_random(&id, sizeof id);
	if (query_build(&b, id, &q, 1) == -1)
		return -1;
	exchange(&b, NULL, resolver, reply);
	if (reply->result == EXCHANGE_ANSWERED &&
	    (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN))
		return 0;
	return -1;
}

int
resolvers_ask(const struct name *name, uint16_t type, struct exchange_reply *reply)
{
	struct endpoint resolver[RESOLVERS_MAX];
	int n = resolvers_read(resolver);

	for (int i = 0; i < n; i++)
		if (resolver_ask(&resolver[i], name, type, reply) == 0)
			return 0;
	return -1;
}

uint8_t
resolvers_host(const struct name *host, uint16_t port, struct exchange_reply *reply,
    struct endpoint *out, uint8_t max)
{
	static const uint16_t types[] = {TYPE_AAAA, TYPE_A};
	uint8_t n = 0;

	for (int i = 0; i < 2; i++) {
		const struct rr *rr;
		size_t pos = 0;

		if (resolvers_ask(host, types[i], reply) == -1)
			continue;
		while (n < max &&
		    (rr = message_next(&reply->message, &pos, SECTION_ANSWER, NULL, types[i])) !=
			NULL) {
			struct endpoint ep = {.port = port, .family = i == 0 ? 6 : 4};

			if ((i == 0 ? rr_aaaa(&reply->message, rr, ep.addr)
				    : rr_a(&reply->message, rr, ep.addr)) == 0)
				out[n++] = ep;
		}
	}
	return n;
}
