#include "manager/network.h"

#include "manager/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the IPv4 default route: the one with the lowest metric in table main ---- */

struct default_route {
	int found;
	uint32_t metric;
	uint8_t gateway[4];
	int has_gateway;
};

static int
route_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **table = data;

	if (mnl_attr_get_type(attr) <= RTA_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int
on_route(const struct nlmsghdr *message, void *ctx)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr[RTA_MAX + 1] = {NULL};
	struct default_route *best = ctx;
	uint32_t metric;

	mnl_attr_parse(message, sizeof *r, route_attr, attr);
	if (r->rtm_dst_len != 0 || r->rtm_table != RT_TABLE_MAIN || r->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	metric = attr[RTA_PRIORITY] == NULL ? 0 : mnl_attr_get_u32(attr[RTA_PRIORITY]);
	if (best->found && metric >= best->metric)
		return MNL_CB_OK;
	best->found = 1;
	best->metric = metric;
	best->has_gateway =
	    attr[RTA_GATEWAY] != NULL && mnl_attr_get_payload_len(attr[RTA_GATEWAY]) == 4;
	if (best->has_gateway)
		memcpy(best->gateway, mnl_attr_get_payload(attr[RTA_GATEWAY]), 4);
	return MNL_CB_OK;
}

/* Which source address would the kernel take?  Connecting a UDP socket asks without sending. */
static int
source_towards(const struct endpoint *remote, struct endpoint *local)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(remote, &ss);
	int fd = socket(remote->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = -1;

	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&ss, len) == 0) {
		len = sizeof ss;
		if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
			rc = endpoint_from_sockaddr((struct sockaddr *)&ss, local);
	}
	close(fd);
	local->port = 0;
	return rc;
}

static int
read_default_route(struct mnl_socket *nl, struct network *out)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_GETROUTE, 0);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(m, sizeof *r);
	struct default_route best = {0};
	struct endpoint probe = {.family = 4, .port = 9, .addr = {192, 0, 2, 1}};

	r->rtm_family = AF_INET;
	if (netlink_dump(nl, m, on_route, &best) == -1)
		return -1;
	if (!best.found)
		return 0;
	if (best.has_gateway) {
		out->gateway.family = 4;
		memcpy(out->gateway.addr, best.gateway, 4);
		probe = out->gateway;
		probe.port = 9;
	}
	if (source_towards(&probe, &out->local4) == -1)
		memset(&out->local4, 0, sizeof out->local4);
	return 0;
}

/* ---- global IPv6 addresses ---- */

static int
address_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **table = data;

	if (mnl_attr_get_type(attr) <= IFA_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int
on_address(const struct nlmsghdr *message, void *ctx)
{
	const struct ifaddrmsg *a = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr[IFA_MAX + 1] = {NULL};
	struct endpoint ep = {.family = 6};
	struct network *out = ctx;
	uint32_t flags = a->ifa_flags;

	mnl_attr_parse(message, sizeof *a, address_attr, attr);
	if (attr[IFA_FLAGS] != NULL)
		flags = mnl_attr_get_u32(attr[IFA_FLAGS]);
	if (attr[IFA_ADDRESS] == NULL || mnl_attr_get_payload_len(attr[IFA_ADDRESS]) != 16 ||
	    (flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_DADFAILED | IFA_F_TEMPORARY)) != 0)
		return MNL_CB_OK;
	memcpy(ep.addr, mnl_attr_get_payload(attr[IFA_ADDRESS]), 16);
	if (endpoint_is_public(&ep) && out->local6_count < NETWORK_IP6_MAX)
		out->local6[out->local6_count++] = ep;
	return MNL_CB_OK;
}

static int
read_ip6(struct mnl_socket *nl, struct network *out)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_GETADDR, 0);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(m, sizeof *a);

	a->ifa_family = AF_INET6;
	return netlink_dump(nl, m, on_address, out);
}

static int
read_once(struct network *out)
{
	struct mnl_socket *nl = netlink_open(NETLINK_ROUTE, 0);
	int rc;

	if (nl == NULL)
		return -1;
	memset(out, 0, sizeof *out);
	rc = read_default_route(nl, out) == 0 && read_ip6(nl, out) == 0 ? 0 : -1;
	mnl_socket_close(nl);
	return rc;
}

/* EINTR from a dump says that the table changed under it (NLM_F_DUMP_INTR): what was read may never
 * have been true. */
#define READ_TRIES 10

int
network_read(struct network *out)
{
	struct network now;
	int rc = -1;

	for (int i = 0; i < READ_TRIES && rc == -1; i++)
		if ((rc = read_once(&now)) == -1 && errno != EINTR)
			break;
	if (rc == 0)
		*out = now;
	return rc;
}

int
network_equal(const struct network *a, const struct network *b)
{
	if (!endpoint_equal(&a->gateway, &b->gateway) || !endpoint_equal(&a->local4, &b->local4) ||
	    a->local6_count != b->local6_count)
		return 0;
	for (unsigned i = 0; i < a->local6_count; i++)
		if (!endpoint_equal(&a->local6[i], &b->local6[i]))
			return 0;
	return 1;
}

/* ---- changes ---- */

#define BURST_MS 50

struct netmon {
	struct mnl_socket *nl;
	struct loop_fd *fd;
	struct loop_timer *timer;
	int pending;
	void (*cb)(void *ctx);
	void *ctx;
};

/* What changed does not matter: the whole is read again.  An overrun (ENOBUFS) means "a lot".  The
 * first of a burst starts the clock and the others do not move it: where routes never rest, the
 * burst never ends. */
static void
netmon_ready(void *arg, int ready)
{
	struct netmon *m = arg;
	char room[NETLINK_ROOM];

	while (recv(mnl_socket_get_fd(m->nl), room, sizeof room, MSG_DONTWAIT) > 0)
		;
	if (m->pending)
		return;
	m->pending = 1;
	loop_timer_set(m->timer, BURST_MS);
}

static void
netmon_timer(void *arg)
{
	struct netmon *m = arg;

	m->pending = 0;
	m->cb(m->ctx);
}

struct netmon *
netmon_new(struct loop *l, void (*cb)(void *ctx), void *ctx)
{
	struct mnl_socket *nl = netlink_open(NETLINK_ROUTE,
	    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
		RTMGRP_IPV6_ROUTE);
	struct netmon *m = nl == NULL ? NULL : calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	*m = (struct netmon) {.nl = nl, .cb = cb, .ctx = ctx};
	m->fd = loop_fd_new(l, mnl_socket_get_fd(nl), LOOP_READ, netmon_ready, m);
	m->timer = loop_timer_new(l, netmon_timer, m);
	return m;
}

void
netmon_free(struct netmon *m)
{
	if (m == NULL)
		return;
	loop_fd_free(m->fd);
	loop_timer_free(m->timer);
	mnl_socket_close(m->nl);
	free(m);
}
