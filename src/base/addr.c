#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
ip6_text(const uint8_t addr[16], char out[ADDR_TEXT_MAX])
{
	if (inet_ntop(AF_INET6, addr, out, ADDR_TEXT_MAX) == NULL)
		out[0] = '\0';
	return out;
}

const char *
endpoint_addr_text(const struct endpoint *ep, char out[ADDR_TEXT_MAX])
{
	if (ep->family == 6)
		return ip6_text(ep->addr, out);
	if (ep->family != 4 || inet_ntop(AF_INET, ep->addr, out, ADDR_TEXT_MAX) == NULL)
		snprintf(out, ADDR_TEXT_MAX, "none");
	return out;
}

const char *
endpoint_text(const struct endpoint *ep, char out[ENDPOINT_TEXT_MAX])
{
	char addr[ADDR_TEXT_MAX];

	endpoint_addr_text(ep, addr);
	if (ep->family == 0)
		snprintf(out, ENDPOINT_TEXT_MAX, "none");
	else
		snprintf(
		    out, ENDPOINT_TEXT_MAX, ep->family == 6 ? "[%s]:%u" : "%s:%u", addr, ep->port);
	return out;
}

static int
parse_port(const char *text, uint16_t *port)
{
	char *end;
	long v;

	if (*text < '0' || *text > '9')
		return -1;
	v = strtol(text, &end, 10);
	if (*end != '\0' || v < 1 || v > 65535)
		return -1;
	*port = (uint16_t)v;
	return 0;
}

/* Split "[a]:p", "a:p" (IPv4) or "a" into address text and port; -1 when it has no such shape. */
static int
split_port(const char *text, char host[ADDR_TEXT_MAX], uint16_t *port)
{
	const char *start = text, *end = text + strlen(text), *colon = strchr(text, ':');

	if (*text == '[') {
		start = text + 1;
		end = strchr(text, ']');
		if (end == NULL ||
		    (end[1] != '\0' && (end[1] != ':' || parse_port(end + 2, port) != 0)))
			return -1;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		end = colon;
		if (parse_port(colon + 1, port) != 0)
			return -1;
	}
	if (end - start >= ADDR_TEXT_MAX)
		return -1;
	memcpy(host, start, (size_t)(end - start));
	host[end - start] = '\0';
	return 0;
}

int
endpoint_parse(const char *text, uint16_t port, struct endpoint *out)
{
	struct endpoint ep = {.port = port};
	char host[ADDR_TEXT_MAX];

	if (split_port(text, host, &ep.port) != 0)
		return -1;
	if (inet_pton(AF_INET, host, ep.addr) == 1)
		ep.family = 4;
	else if (inet_pton(AF_INET6, host, ep.addr) == 1)
		ep.family = 6;
	else
		return -1;
	*out = ep;
	return 0;
}

socklen_t
endpoint_to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof *out);
	if (ep->family == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(ep->port);
		memcpy(&in->sin_addr, ep->addr, 4);
		return sizeof *in;
	}
	if (ep->family == 6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(ep->port);
		memcpy(&in6->sin6_addr, ep->addr, 16);
		return sizeof *in6;
	}
	return 0;
}

int
endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *out)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
	struct endpoint ep = {0};

	if (sa->sa_family == AF_INET) {
		ep.family = 4;
		ep.port = ntohs(in->sin_port);
		memcpy(ep.addr, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		ep.family = 6;
		ep.port = ntohs(in6->sin6_port);
		memcpy(ep.addr, &in6->sin6_addr, 16);
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			ep.family = 4;
			memset(ep.addr, 0, 16);
			memcpy(ep.addr, in6->sin6_addr.s6_addr + 12, 4);
		}
	} else {
		return -1;
	}
	*out = ep;
	return 0;
}

int
endpoint_same_addr(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && memcmp(a->addr, b->addr, 16) == 0;
}

int
endpoint_among(const struct endpoint *ep, const struct endpoint *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (endpoint_equal(&list[i], ep))
			return 1;
	return 0;
}

int
endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return endpoint_same_addr(a, b) && a->port == b->port;
}

int
endpoint_valid(const struct endpoint *ep)
{
	static const uint8_t zero[16];
	size_t used = ep->family == 6 ? 16 : ep->family == 4 ? 4 : 0;

	return (ep->family == 0 || ep->family == 4 || ep->family == 6) && ep->pad == 0 &&
	    memcmp(ep->addr + used, zero, 16 - used) == 0;
}

int
ip6_is_ula(const uint8_t addr[16])
{
	return (addr[0] & 0xfe) == 0xfc;
}

struct range {
	uint32_t net;
	uint8_t bits;
};

static int
in_ranges(const uint8_t addr[4], const struct range *r, size_t n)
{
	uint32_t a =
	    (uint32_t)addr[0] << 24 | (uint32_t)addr[1] << 16 | (uint32_t)addr[2] << 8 | addr[3];

	for (; n > 0; n--, r++)
		if ((a ^ r->net) >> (32 - r->bits) == 0)
			return 1;
	return 0;
}

/* Never a destination, whoever says so. */
static const struct range ip4_unusable[] = {
    {0x00000000, 8}, /* this network */
    {0x7f000000, 8}, /* loopback */
    {0xa9fe0000, 16}, /* link-local */
    {0xe0000000, 3}, /* multicast, reserved, broadcast */
};

/* RFC 6890: usable at most inside a site. */
static const struct range ip4_not_global[] = {
    {0x0a000000, 8}, /* RFC 1918 */
    {0x64400000, 10}, /* RFC 6598, carrier NAT */
    {0xac100000, 12}, /* RFC 1918 */
    {0xc0000000, 24}, /* IETF protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0a80000, 16}, /* RFC 1918 */
    {0xc6120000, 15}, /* benchmarking */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
};

#define IN_RANGES(addr, table) in_ranges(addr, table, sizeof table / sizeof table[0])

/* 2000::/3 is all that is allocated; documentation 2001:db8::/32 is inside it. */
static int
ip6_is_public(const uint8_t a[16])
{
	return a[0] >> 5 == 1 && !(a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8);
}

static int
ip6_is_contactable(const uint8_t a[16])
{
	static const uint8_t v4mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t zero[15];

	return memcmp(a, zero, 15) != 0 && memcmp(a, v4mapped, 12) != 0 && a[0] != 0xff &&
	    !(a[0] == 0xfe && (a[1] & 0xc0) == 0x80) && !ip6_is_ula(a);
}

int
endpoint_is_contactable(const struct endpoint *ep)
{
	if (ep->family == 4)
		return ep->port != 0 && !IN_RANGES(ep->addr, ip4_unusable);
	return ep->family == 6 && ep->port != 0 && ip6_is_contactable(ep->addr);
}

int
endpoint_is_public(const struct endpoint *ep)
{
	if (ep->family == 4)
		return !IN_RANGES(ep->addr, ip4_unusable) && !IN_RANGES(ep->addr, ip4_not_global);
	return ep->family == 6 && ip6_is_public(ep->addr);
}
