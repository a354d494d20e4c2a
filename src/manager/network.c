#include "manager/network.h"

#include "manager/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- default routes ---- */

struct routes {
	struct network *network;
	uint8_t family; /* AF_INET or AF_INET6 */
	int found; /* IPv4: there is one, perhaps without a router */
};

static int
route_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **table = data;

	if (mnl_attr_get_type(attr) <= RTA_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* Into its place: IPv4 before IPv6, then by metric, then as the kernel lists them. */
static void
insert_path(struct network *n, const struct network_path *p)
{
	unsigned i = n->paths;

	if (n->paths == NETWORK_PATHS_MAX)
		return;
	for (; i > 0; i--) {
		const struct network_path *before = &n->path[i - 1];

		if (before->gateway.family < p->gateway.family ||
		    (before->gateway.family == p->gateway.family && before->metric <= p->metric))
			break;
		n->path[i] = *before;
	}
	n->path[i] = *p;
	n->paths++;
}

static int
on_route(const struct nlmsghdr *message, void *ctx)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr[RTA_MAX + 1] = {NULL};
	struct routes *routes = ctx;
	struct network_path path = {0};
	size_t size = routes->family == AF_INET ? 4 : 16;

	mnl_attr_parse(message, sizeof *r, route_attr, attr);
	if (r->rtm_family != routes->family || r->rtm_dst_len != 0 ||
	    r->rtm_table != RT_TABLE_MAIN || r->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	routes->found = 1;
	if (attr[RTA_GATEWAY] == NULL || mnl_attr_get_payload_len(attr[RTA_GATEWAY]) != size)
		return MNL_CB_OK;
	path.gateway.family = routes->family == AF_INET ? 4 : 6;
	memcpy(path.gateway.addr, mnl_attr_get_payload(attr[RTA_GATEWAY]), size);
	if (attr[RTA_PRIORITY] != NULL)
		path.metric = mnl_attr_get_u32(attr[RTA_PRIORITY]);
	if (attr[RTA_OIF] != NULL)
		path.ifindex = mnl_attr_get_u32(attr[RTA_OIF]);
	insert_path(routes->network, &path);
	return MNL_CB_OK;
}

static int
read_routes(struct mnl_socket *nl, uint8_t family, struct network *out, int *found)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_GETROUTE, 0);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(m, sizeof *r);
	struct routes routes = {.network = out, .family = family};
	int rc;

	r->rtm_family = family;
	rc = netlink_dump(nl, m, on_route, &routes);
	*found = routes.found;
	return rc;
}

/* Which source address would the kernel take?  Connecting a UDP socket asks without sending. */
static int
source_towards(struct endpoint remote, uint32_t ifindex, struct endpoint *local)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), link = (int)ifindex;
	int rc = -1;

	if (fd == -1)
		return -1;
	remote.port = 9;
	len = endpoint_to_sockaddr(&remote, &ss);
	if (link != 0)
		setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &link, sizeof link);
	if (connect(fd, (struct sockaddr *)&ss, len) == 0) {
		len = sizeof ss;
		if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
			rc = endpoint_from_sockaddr((struct sockaddr *)&ss, local);
	}
	close(fd);
	local->port = 0;
	return rc;
}

static void
drop_path(struct network *n, unsigned i)
{
	memmove(&n->path[i], &n->path[i + 1], (n->paths - i - 1) * sizeof n->path[0]);
	n->paths--;
	memset(&n->path[n->paths], 0, sizeof n->path[0]);
}

/* Our address towards each router; one that we have no address for is of no use. */
static void
find_sources(struct network *n)
{
	for (unsigned i = 0; i < n->paths;) {
		struct network_path *p = &n->path[i];

		if (p->gateway.family == 4 &&
		    source_towards(p->gateway, p->ifindex, &p->local) == -1)
			drop_path(n, i);
		else
			i++;
	}
}

/* Two routes to one router by one link are one path. */
static void
drop_doubles(struct network *n)
{
	for (unsigned i = 1; i < n->paths;) {
		unsigned j = 0;

		while (j < i &&
		    (!endpoint_equal(&n->path[j].gateway, &n->path[i].gateway) ||
			!endpoint_equal(&n->path[j].local, &n->path[i].local) ||
			n->path[j].ifindex != n->path[i].ifindex))
			j++;
		if (j < i)
			drop_path(n, i);
		else
			i++;
	}
}

static int
read_ip4(struct mnl_socket *nl, const struct endpoint *ask, struct network *out)
{
	static const struct endpoint somewhere = {.family = 4, .addr = {192, 0, 2, 1}};
	int found;

	if (read_routes(nl, AF_INET, out, &found) == -1)
		return -1;
	if (found && source_towards(somewhere, 0, &out->local4) == -1)
		memset(&out->local4, 0, sizeof out->local4);
	if (ask->family == 4) {
		memset(out->path, 0, sizeof out->path);
		out->paths = 1;
		out->path[0].gateway = *ask;
	}
	find_sources(out);
	drop_doubles(out);
	if (out->local4.family == 0 && out->paths > 0)
		out->local4 = out->path[0].local;
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
	if (!endpoint_is_public(&ep))
		return MNL_CB_OK;
	if (out->local6_count < NETWORK_IP6_MAX)
		out->local6[out->local6_count++] = ep;
	for (unsigned i = 0; i < out->paths; i++)
		if (out->path[i].gateway.family == 6 && out->path[i].local.family == 0 &&
		    out->path[i].ifindex == a->ifa_index)
			out->path[i].local = ep;
	return MNL_CB_OK;
}

static int
read_ip6(struct mnl_socket *nl, struct network *out)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m;
	struct ifaddrmsg *a;
	int found;

	if (read_routes(nl, AF_INET6, out, &found) == -1)
		return -1;
	m = netlink_begin(room, RTM_GETADDR, 0);
	a = mnl_nlmsg_put_extra_header(m, sizeof *a);
	a->ifa_family = AF_INET6;
	if (netlink_dump(nl, m, on_address, out) == -1)
		return -1;
	for (unsigned i = 0; i < out->paths;) {
		if (out->path[i].local.family == 0)
			drop_path(out, i);
		else
			i++;
	}
	drop_doubles(out);
	return 0;
}

/* ---- hardware addresses ---- */

static int
neighbour_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **table = data;

	if (mnl_attr_get_type(attr) <= NDA_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int
on_neighbour(const struct nlmsghdr *message, void *ctx)
{
	const struct ndmsg *d = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr[NDA_MAX + 1] = {NULL};
	unsigned family = d->ndm_family == AF_INET ? 4 : 6;
	size_t size = family == 4 ? 4 : 16;
	struct network *n = ctx;

	mnl_attr_parse(message, sizeof *d, neighbour_attr, attr);
	if (attr[NDA_DST] == NULL || mnl_attr_get_payload_len(attr[NDA_DST]) != size ||
	    attr[NDA_LLADDR] == NULL || mnl_attr_get_payload_len(attr[NDA_LLADDR]) != 6)
		return MNL_CB_OK;
	for (unsigned i = 0; i < n->paths; i++) {
		struct network_path *p = &n->path[i];

		if (p->gateway.family == family &&
		    (p->ifindex == 0 || p->ifindex == (uint32_t)d->ndm_ifindex) &&
		    memcmp(p->gateway.addr, mnl_attr_get_payload(attr[NDA_DST]), size) == 0)
			memcpy(p->mac, mnl_attr_get_payload(attr[NDA_LLADDR]), 6);
	}
	return MNL_CB_OK;
}

static int
read_macs(struct mnl_socket *nl, struct network *n)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_GETNEIGH, 0);
	struct ndmsg *d = mnl_nlmsg_put_extra_header(m, sizeof *d);

	d->ndm_family = AF_UNSPEC;
	return netlink_dump(nl, m, on_neighbour, n);
}

void
network_read_macs(struct network *n)
{
	struct mnl_socket *nl = netlink_open(NETLINK_ROUTE, 0);

	if (nl == NULL)
		return;
	read_macs(nl, n);
	mnl_socket_close(nl);
}

/* ---- all together ---- */

static int
read_once(const struct endpoint *ask, struct network *out)
{
	struct mnl_socket *nl = netlink_open(NETLINK_ROUTE, 0);
	int rc;

	if (nl == NULL)
		return -1;
	memset(out, 0, sizeof *out);
	rc = read_ip4(nl, ask, out) == 0 && read_ip6(nl, out) == 0 && read_macs(nl, out) == 0 ? 0
											      : -1;
	mnl_socket_close(nl);
	return rc;
}

/* EINTR from a dump says that the table changed under it (NLM_F_DUMP_INTR): what was read may never
 * have been true. */
#define READ_TRIES 10

int
network_read(const struct endpoint *ask, struct network *out)
{
	struct network now;
	int rc = -1;

	for (int i = 0; i < READ_TRIES && rc == -1; i++)
		if ((rc = read_once(ask, &now)) == -1 && errno != EINTR)
			break;
	if (rc == 0)
		*out = now;
	return rc;
}

static int
path_equal(const struct network_path *a, const struct network_path *b)
{
	return endpoint_equal(&a->gateway, &b->gateway) && endpoint_equal(&a->local, &b->local) &&
	    a->ifindex == b->ifindex;
}

int
network_equal(const struct network *a, const struct network *b)
{
	if (!endpoint_equal(&a->local4, &b->local4) || a->local6_count != b->local6_count ||
	    a->paths != b->paths)
		return 0;
	for (unsigned i = 0; i < a->local6_count; i++)
		if (!endpoint_equal(&a->local6[i], &b->local6[i]))
			return 0;
	for (unsigned i = 0; i < a->paths; i++)
		if (!path_equal(&a->path[i], &b->path[i]))
			return 0;
	return 1;
}

/* ---- changes ---- */

#define BURST_MS 50
/* An address and its route come within a millisecond of each other; where they do not, early is
 * called for each, but not for each route of a table that never rests. */
#define EARLY_MS 4
#define EARLY_TIMES 3

struct netmon {
	struct mnl_socket *nl;
	struct loop_fd *fd;
	struct loop_timer *early_timer, *timer;
	int early_pending, pending;
	unsigned earlies; /* in this burst */
	void (*early)(void *ctx);
	void (*settled)(void *ctx);
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
	if (!m->early_pending && m->earlies < EARLY_TIMES) {
		loop_timer_set(m->early_timer, EARLY_MS);
		m->early_pending = 1;
		m->earlies++;
	}
	if (!m->pending)
		loop_timer_set(m->timer, BURST_MS);
	m->pending = 1;
}

static void
netmon_early(void *arg)
{
	struct netmon *m = arg;

	m->early_pending = 0;
	m->early(m->ctx);
}

static void
netmon_timer(void *arg)
{
	struct netmon *m = arg;

	m->pending = 0;
	m->earlies = 0;
	m->settled(m->ctx);
}

struct netmon *
netmon_new(struct loop *l, void (*early)(void *ctx), void (*settled)(void *ctx), void *ctx)
{
	struct mnl_socket *nl = netlink_open(NETLINK_ROUTE,
	    RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
		RTMGRP_IPV6_ROUTE);
	struct netmon *m = nl == NULL ? NULL : calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	*m = (struct netmon) {.nl = nl, .early = early, .settled = settled, .ctx = ctx};
	m->fd = loop_fd_new(l, mnl_socket_get_fd(nl), LOOP_READ, netmon_ready, m);
	m->early_timer = loop_timer_new(l, netmon_early, m);
	m->timer = loop_timer_new(l, netmon_timer, m);
	return m;
}

void
netmon_free(struct netmon *m)
{
	if (m == NULL)
		return;
	loop_fd_free(m->fd);
	loop_timer_free(m->early_timer);
	loop_timer_free(m->timer);
	mnl_socket_close(m->nl);
	free(m);
}
