#include "natpmp/igd.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <string.h>

/*
 * What may come from UPnP: decided here, without sockets, and asked twice, by the child before it
 * follows a URL and by the parent before it believes the child.
 */

static int
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return 0;
	return 1;
}

/* ":port/" or "/" */
static int
ends_host(const char *rest)
{
	char digits[6];
	size_t len;
	unsigned long port;

	if (*rest == '/')
		return 1;
	if (*rest != ':')
		return 0;
	len = strspn(rest + 1, "0123456789");
	if (len == 0 || len >= sizeof digits || rest[1 + len] != '/')
		return 0;
	memcpy(digits, rest + 1, len);
	digits[len] = '\0';
	return str_number(digits, 1, 65535, &port) == 0;
}

int
igd_url_at(const char *url, const struct endpoint *gateway)
{
	static const char scheme[] = "http://";
	const char *host = url + sizeof scheme - 1;
	char text[INET_ADDRSTRLEN];
	struct in_addr addr;
	size_t len;

	if (strnlen(url, IGD_URL_MAX) == IGD_URL_MAX || !is_printable(url) ||
	    strncmp(url, scheme, sizeof scheme - 1) != 0)
		return 0;
	len = strspn(host, "0123456789.");
	if (len >= sizeof text || !ends_host(host + len))
		return 0;
	memcpy(text, host, len);
	text[len] = '\0';
	return gateway->family == 4 && inet_pton(AF_INET, text, &addr) == 1 &&
	    memcmp(&addr, gateway->addr, sizeof addr) == 0;
}

/* A mapping needs a port and an address that could be a router's; whether it is reachable from
 * the Internet is the manager's question. */
static int
is_external(const struct endpoint *ep)
{
	return endpoint_valid(ep) && ep->family == 4 && ep->port != 0 && ep->addr[0] != 0 &&
	    ep->addr[0] != 127 && ep->addr[0] < 224;
}

int
igd_answer_ok(const struct igd_answer *a, const struct igd_request *req)
{
	int opened = a->result == IGD_OK && req->what == IGD_MAP && req->local.family == 6;

	if (a->result < IGD_OK || a->result >= IGD_RESULT_MAX || a->code > 9999 ||
	    a->id > (opened ? 65535u : 0))
		return 0;
	if (memchr(a->location, '\0', sizeof a->location) == NULL)
		return 0;
	if (a->location[0] != '\0' && !igd_url_at(a->location, &req->gateway))
		return 0;
	if (opened)
		return endpoint_equal(&a->external, &req->local) && endpoint_valid(&a->external);
	if (a->result == IGD_OK && req->what == IGD_MAP)
		return is_external(&a->external);
	return a->external.family == 0 && endpoint_valid(&a->external);
}
