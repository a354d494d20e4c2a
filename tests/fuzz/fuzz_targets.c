/* What a resolver answers to discovery: SRV records and addresses become an order in which servers
 * are tried.  Never one inside the tunnels, never one twice, never more than there is room for. */
#include "dnsupdate/client/targets.h"
#include "dnsupdate/wire/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t
first(uint32_t range)
{
	return range - 1;
}

static void
take(struct targets *t, const struct message *m)
{
	const struct rr *rr;
	struct srv srv;
	size_t pos = 0;
	unsigned n = 0;

	while ((rr = message_next(m, &pos, SECTION_ANSWER, NULL, TYPE_ANY)) != NULL) {
		struct endpoint ep = {0};

		if (rr->type == TYPE_SRV && rr_srv(m, rr, &srv) == 0)
			targets_add(t, (enum target_kind)(n++ % 3), &srv);
		if (rr->type == TYPE_A && rr_a(m, rr, ep.addr) == 0)
			ep.family = 4;
		if (rr->type == TYPE_AAAA && rr_aaaa(m, rr, ep.addr) == 0)
			ep.family = 6;
		for (unsigned i = 0; ep.family != 0 && i < t->count; i++)
			targets_address(t, t->t[i].host, &ep);
	}
}

static void
check(const struct dns_server *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (s[i].ep.port == 0 || !endpoint_valid(&s[i].ep) ||
		    (s[i].ep.family == 6 && ip6_is_ula(s[i].ep.addr)))
			abort();
		for (unsigned j = 0; j < i; j++)
			if (s[i].tls == s[j].tls && endpoint_equal(&s[i].ep, &s[j].ep))
				abort();
		/* TLS comes first. */
		if (i > 0 && s[i].tls > s[i - 1].tls)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message m;
	struct dns_server out[MSG_KNOWN_MAX + 1];
	struct targets t = {0};
	unsigned n;

	if (message_parse(&m, data, size) != 0)
		return 0;
	take(&t, &m);
	for (int llq = 0; llq < 2; llq++) {
		memset(out, 0xee, sizeof out);
		n = targets_order(&t, llq, first, out, MSG_KNOWN_MAX);
		if (n > MSG_KNOWN_MAX || out[MSG_KNOWN_MAX].tls != 0xee)
			abort();
		check(out, n);
	}
	return 0;
}
