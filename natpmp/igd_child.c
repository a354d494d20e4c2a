#include "natpmp/igd.h"

#include "base/str.h"
#include "natpmp/pinhole.h"
#include "natpmp/ssdp.h"

#include <arpa/inet.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/miniwget.h>
#include <miniupnpc/upnpcommands.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The child of one UPnP request: find the gateway's description, read it, say what is wanted to
 * its WANIPConnection (or WANPPPConnection) service, answer, exit.
 *
 * The router is a stranger.  Its description is fetched from its own address only, is parsed only
 * when it is small, and may name only its own address as the place to speak to; miniupnpc follows
 * no redirect.  Memory is limited by the worker's RLIMIT_DATA, time by the parent, which kills.
 * Nothing that the router wrote leaves this process but the URL of its description, an address
 * and numbers.
 */

#define SEARCH_MS 3000
#define XML_MAX 65536
#define PORTS_TO_TRY 8
#define DESCRIPTION "autotunnel"

/* UPnP error codes that change what is tried next. */
#define UPNP_NO_SUCH_ENTRY 714
#define UPNP_CONFLICT 718
#define UPNP_SAME_PORT 724
#define UPNP_PERMANENT_ONLY 725
#define UPNP_OTHER_MECHANISM 729

struct router {
	struct UPNPUrls urls;
	struct IGDdatas data;
	const struct igd_request *req;
};

/* Keep the pipe's writing end as descriptor 0.  1 and 2 become its reading end, where writes
 * fail: miniupnpc likes to print. */
static void
close_inherited(int fd, int unwritable_fd)
{
	if (dup2(fd, 0) != 0 || dup2(unwritable_fd, 1) != 1 || dup2(unwritable_fd, 2) != 2)
		_exit(1);
	if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0)
		for (int i = 3; i < 1024; i++)
			close(i);
}

static int
is_wan_service(const struct IGDdatas_service *s)
{
	static const char ip[] = "urn:schemas-upnp-org:service:WANIPConnection:";
	static const char ppp[] = "urn:schemas-upnp-org:service:WANPPPConnection:";

	return strncmp(s->servicetype, ip, sizeof ip - 1) == 0 ||
	    strncmp(s->servicetype, ppp, sizeof ppp - 1) == 0;
}

/* Which URLs the description leads to; the first service is the one spoken to. */
static enum igd_result
use_description(struct router *r, const char *location)
{
	if (!is_wan_service(&r->data.first))
		return IGD_UNREADABLE;
	GetUPNPUrls(&r->urls, &r->data, location, 0);
	if (r->urls.controlURL == NULL)
		return IGD_UNREADABLE;
	return igd_url_at(r->urls.controlURL, &r->req->gateway) ? IGD_OK : IGD_ELSEWHERE;
}

static enum igd_result
read_description(struct router *r, const char *location)
{
	int size = 0, status = 0;
	char *xml = miniwget(location, &size, 0, &status);

	if (xml == NULL || size <= 0 || size > XML_MAX || status != 200) {
		free(xml);
		return IGD_UNREADABLE;
	}
	parserootdesc(xml, size, &r->data);
	free(xml);
	return use_description(r, location);
}

/* The place known from last time, else a search. */
static enum igd_result
find_router(struct router *r, char *location)
{
	if (r->req->location[0] != '\0' && read_description(r, r->req->location) == IGD_OK) {
		memcpy(location, r->req->location, IGD_URL_MAX);
		return IGD_OK;
	}
	memset(&r->data, 0, sizeof r->data);
	switch (ssdp_find(&r->req->from, &r->req->gateway, SEARCH_MS, location, IGD_URL_MAX)) {
	case 0:
		return read_description(r, location);
	case -2:
		return IGD_ELSEWHERE;
	default:
		return IGD_SILENT;
	}
}

/* A router may have two WAN services of which one is idle: take the one with an address. */
static int
external_address(struct router *r, struct endpoint *out)
{
	char text[16] = "";
	struct in_addr addr;

	if (UPNP_GetExternalIPAddress(r->urls.controlURL, r->data.first.servicetype, text) != 0 ||
	    inet_pton(AF_INET, text, &addr) != 1 || addr.s_addr == 0)
		return -1;
	out->family = 4;
	memcpy(out->addr, &addr, sizeof addr);
	return 0;
}

static void
choose_service(struct router *r, const char *location)
{
	struct endpoint ep = {0};
	struct router other = *r;

	if (!is_wan_service(&r->data.second) || external_address(r, &ep) == 0)
		return;
	other.data.first = r->data.second;
	if (use_description(&other, location) == IGD_OK && external_address(&other, &ep) == 0)
		*r = other;
}

static const char *
proto_name(const struct router *r)
{
	return r->req->proto == IPPROTO_TCP ? "TCP" : "UDP";
}

static int
add_mapping(struct router *r, uint16_t port, uint32_t lifetime)
{
	const struct igd_request *req = r->req;
	char external[8], internal[8], seconds[12], host[ADDR_TEXT_MAX];

	snprintf(external, sizeof external, "%u", port);
	snprintf(internal, sizeof internal, "%u", req->local.port);
	snprintf(seconds, sizeof seconds, "%u", lifetime);
	endpoint_addr_text(&req->local, host);
	return UPNP_AddPortMapping(r->urls.controlURL, r->data.first.servicetype, external,
	    internal, host, DESCRIPTION, proto_name(r), NULL, seconds);
}

static int
delete_mapping(struct router *r, uint16_t port)
{
	char external[8];

	snprintf(external, sizeof external, "%u", port);
	return UPNP_DeletePortMapping(
	    r->urls.controlURL, r->data.first.servicetype, external, proto_name(r), NULL);
}

/* Some routers call our own mapping of an earlier time a conflict. */
static int
is_ours(struct router *r, uint16_t port)
{
	char external[8], host[ADDR_TEXT_MAX], internal[8];
	char client[16] = "", client_port[6] = "", text[80] = "", enabled[4] = "", lease[16] = "";

	snprintf(external, sizeof external, "%u", port);
	snprintf(internal, sizeof internal, "%u", r->req->local.port);
	endpoint_addr_text(&r->req->local, host);
	return UPNP_GetSpecificPortMappingEntry(r->urls.controlURL, r->data.first.servicetype,
		   external, proto_name(r), NULL, client, client_port, text, enabled, lease) == 0 &&
	    strcmp(client, host) == 0 && strcmp(client_port, internal) == 0;
}

/* One external port, with what its router needs: a permanent lease, or the old one gone. */
static int
add_at(struct router *r, uint16_t port, uint32_t *lifetime)
{
	int code = add_mapping(r, port, *lifetime);

	if (code == UPNP_PERMANENT_ONLY && *lifetime != 0) {
		*lifetime = 0;
		code = add_mapping(r, port, 0);
	}
	if (code == UPNP_CONFLICT && is_ours(r, port) && delete_mapping(r, port) == 0)
		code = add_mapping(r, port, *lifetime);
	return code;
}

static uint16_t
next_port(uint16_t port)
{
	return port == 65535 ? 1024 : (uint16_t)(port + 1);
}

/* Why would it refuse?  Some routers map nothing while they have no public address. */
static int
is_offline(struct router *r)
{
	struct endpoint ep = {0};

	return external_address(r, &ep) != 0 || !endpoint_is_public(&ep);
}

/* IGD 2 finds a free port itself. */
static int
add_any(struct router *r, uint16_t *port, uint32_t lifetime)
{
	const struct igd_request *req = r->req;
	char external[8], internal[8], seconds[12], host[ADDR_TEXT_MAX], reserved[6] = "";
	unsigned long n;
	int code;

	snprintf(external, sizeof external, "%u", *port);
	snprintf(internal, sizeof internal, "%u", req->local.port);
	snprintf(seconds, sizeof seconds, "%u", lifetime);
	endpoint_addr_text(&req->local, host);
	code = UPNP_AddAnyPortMapping(r->urls.controlURL, r->data.first.servicetype, external,
	    internal, host, DESCRIPTION, proto_name(r), NULL, seconds, reserved);
	if (code == 0 && str_number(reserved, 1, 65535, &n) == 0)
		*port = (uint16_t)n;
	return code == 0 && *reserved == '\0' ? UPNP_CONFLICT : code;
}

static int
is_version_2(const struct router *r)
{
	const char *type = r->data.first.servicetype, *colon = strrchr(type, ':');

	return colon != NULL && strcmp(colon, ":2") == 0;
}

static enum igd_result
map(struct router *r, struct igd_answer *a)
{
	uint16_t port = r->req->port;
	int code = UPNP_CONFLICT;

	a->lifetime_sec = r->req->lifetime_sec;
	for (int i = 0; i < PORTS_TO_TRY; i++) {
		code = add_at(r, port, &a->lifetime_sec);
		if (code == UPNP_CONFLICT && is_version_2(r) &&
		    add_any(r, &port, a->lifetime_sec) == 0) {
			code = 0;
			break;
		}
		if (code == UPNP_SAME_PORT && port != r->req->local.port)
			port = r->req->local.port;
		else if (code == UPNP_CONFLICT || code == UPNP_OTHER_MECHANISM)
			port = next_port(port);
		else
			break;
	}
	if (code != 0) {
		a->code = code > 0 && code <= 9999 ? (uint32_t)code : 0;
		return code < 0 ? IGD_UNREADABLE : is_offline(r) ? IGD_OFFLINE : IGD_REFUSED;
	}
	if (external_address(r, &a->external) != 0)
		return IGD_NO_ADDRESS;
	a->external.port = port;
	return IGD_OK;
}

/* A description may have no such service: then the router opens no holes by UPnP. */
static enum igd_result
pinhole(struct router *r, struct igd_answer *a)
{
	static const char service[] = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:";
	int code;

	if (strncmp(r->data.IPv6FC.servicetype, service, sizeof service - 1) != 0 ||
	    r->urls.controlURL_6FC == NULL)
		return IGD_SILENT;
	code = pinhole_ask(r->req, r->data.IPv6FC.servicetype, r->urls.controlURL_6FC, &a->id);
	if (code != 0) {
		a->id = 0;
		a->code = code > 0 && code <= 9999 ? (uint32_t)code : 0;
		return code < 0 ? IGD_UNREADABLE : IGD_REFUSED;
	}
	if (r->req->what == IGD_UNMAP)
		return IGD_OK;
	a->external = r->req->local;
	a->lifetime_sec = r->req->lifetime_sec;
	return IGD_OK;
}

static enum igd_result
unmap(struct router *r, struct igd_answer *a)
{
	int code = delete_mapping(r, r->req->port);

	if (code == 0 || code == UPNP_NO_SUCH_ENTRY)
		return IGD_OK;
	a->code = code > 0 && code <= 9999 ? (uint32_t)code : 0;
	return code > 0 ? IGD_REFUSED : IGD_UNREADABLE;
}

void
igd_child(const struct igd_request *req, int fd, int unwritable_fd)
{
	struct router r = {.req = req};
	struct igd_answer a = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* if the worker itself is killed */
	close_inherited(fd, unwritable_fd);
	a.result = find_router(&r, a.location);
	if (a.result == IGD_OK && req->router6.family == 6) {
		a.result = pinhole(&r, &a);
	} else if (a.result == IGD_OK) {
		choose_service(&r, a.location);
		a.result = req->what == IGD_MAP ? map(&r, &a) : unmap(&r, &a);
	} else {
		memset(a.location, 0, sizeof a.location);
	}
	_exit(write(0, &a, sizeof a) == (ssize_t)sizeof a ? 0 : 1);
}
