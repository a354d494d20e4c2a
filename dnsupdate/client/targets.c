#include "dnsupdate/client/targets.h"

#include <string.h>

static int
is_same(const struct target *a, const struct target *b)
{
	return a->kind == b->kind && a->port == b->port && strcmp(a->host, b->host) == 0;
}

void
targets_add(struct targets *t, enum target_kind kind, const struct srv *srv)
{
	struct target n = {.port = srv->port,
	    .priority = srv->priority,
	    .weight = srv->weight,
	    .kind = (uint8_t)kind};

	if (srv->port == 0 || name_host(&srv->target, n.host) != 0 || t->count == TARGETS_MAX)
		return;
	for (unsigned i = 0; i < t->count; i++)
		if (is_same(&t->t[i], &n))
			return;
	t->t[t->count++] = n;
}

/* Loopback is for tests and for a server on the machine itself; multicast and the like are nobody's
 * address. */
static int
usable(const struct endpoint *ep)
{
	static const struct endpoint zero;

	if (ep->family == 6)
		return !ip6_is_ula(ep->addr) && ep->addr[0] != 0xff &&
		    memcmp(ep->addr, zero.addr, sizeof zero.addr) != 0;
	return ep->family == 4 && ep->addr[0] != 0 && ep->addr[0] < 224;
}

void
targets_address(struct targets *t, const char *host, const struct endpoint *addr)
{
	unsigned family = addr->family == 6 ? 0 : 1;

	if (!usable(addr))
		return;
	for (unsigned i = 0; i < t->count; i++) {
		struct target *n = &t->t[i];

		if (strcmp(n->host, host) != 0 || n->count[family] == TARGET_ADDRS_MAX)
			continue;
		n->addr[family][n->count[family]] = *addr;
		n->addr[family][n->count[family]].port = n->port;
		n->addr[family][n->count[family]++].priority = 0;
	}
}

int
targets_have(const struct targets *t, enum target_kind kind)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->t[i].kind == kind)
			return 1;
	return 0;
}

/* Does a come before b whatever their weights? */
static int
is_before(const struct target *a, const struct target *b)
{
	return a->kind != b->kind ? a->kind < b->kind : a->priority < b->priority;
}

/* Among the equals of left[first], one at random by weight (RFC 2782, "Weight"). */
static unsigned
pick(const struct target **left, unsigned count, uint32_t (*random)(uint32_t range))
{
	uint32_t sum = 0, at;
	unsigned best = 0, last = 0;

	for (unsigned i = 1; i < count; i++)
		if (is_before(left[i], left[best]))
			best = i;
	for (unsigned i = 0; i < count; i++)
		if (!is_before(left[best], left[i]))
			sum += left[i]->weight + 1u; /* weight 0: a small chance */
	at = random(sum);
	for (unsigned i = 0; i < count; i++) {
		if (is_before(left[best], left[i]))
			continue;
		last = i;
		if (at < left[i]->weight + 1u)
			break;
		at -= left[i]->weight + 1u;
	}
	return last;
}

static unsigned
put(const struct target *t, struct dns_server *out, unsigned n, unsigned max)
{
	for (unsigned i = 0; i < 2 * TARGET_ADDRS_MAX && n < max; i++) {
		struct dns_server s = {.tls = t->kind == TARGET_TLS};
		unsigned j = 0;

		if (i / 2 >= t->count[i % 2])
			continue;
		s.ep = t->addr[i % 2][i / 2];
		while (j < n && (out[j].tls != s.tls || !endpoint_equal(&out[j].ep, &s.ep)))
			j++;
		if (j == n)
			out[n++] = s;
	}
	return n;
}

unsigned
targets_order(const struct targets *t, int want_llq, uint32_t (*random)(uint32_t range),
    struct dns_server *out, unsigned max)
{
	const struct target *left[TARGETS_MAX];
	unsigned count = 0, n = 0;

	for (unsigned i = 0; i < t->count; i++)
		if ((t->t[i].kind == TARGET_LLQ) == want_llq)
			left[count++] = &t->t[i];
	while (count > 0) {
		unsigned i = pick(left, count, random);

		n = put(left[i], out, n, max);
		left[i] = left[--count];
	}
	return n;
}
