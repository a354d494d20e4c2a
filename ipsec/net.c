/*
 * libcharon asks one thing of the network: which of our addresses would a packet to there leave
 * from?  A connected UDP socket tells without sending anything and without privileges.
 *
 * It is told of no local address at all.  So MOBIKE announces none to peers: the address list would
 * carry private addresses, and our ULA, to which a peer would then send probes through the tunnel
 * itself.  Nor is there any way to a ULA: a tunnel never runs inside a tunnel.  Changes of address
 * come from the manager (MSG_IPSEC_MOVED).
 */
#include "ipsec/net.h"

#include "base/log.h"

#include <pthread.h>
#include <unistd.h>

struct net {
	kernel_net_t public;
	pthread_mutex_t mutex;
	int fd4, fd6; /* -1 = the host has no such family */
};

static kernel_feature_t
get_features(kernel_net_t *this)
{
	return 0;
}

static struct net *the_net; /* libcharon makes one, and ends it after all of its threads */

/* The socket that has a way there, connected; -1.  The mutex is held. */
static int
connect_to(struct net *n, const struct endpoint *to)
{
	const struct sockaddr forget = {.sa_family = AF_UNSPEC};
	int fd = to->family == 6 ? n->fd6 : n->fd4;
	struct sockaddr_storage dst;

	if (fd == -1 || connect(fd, &forget, sizeof forget) == -1 ||
	    connect(fd, (struct sockaddr *)&dst, endpoint_to_sockaddr(to, &dst)) == -1)
		return -1;
	return fd;
}

uint32_t
net_path_mtu(const struct endpoint *to)
{
	struct net *n = the_net;
	int v6 = to->family == 6, mtu = 0, fd;
	socklen_t len = sizeof mtu;

	if (n == NULL || to->family == 0)
		return 0;
	pthread_mutex_lock(&n->mutex);
	fd = connect_to(n, to);
	if (fd == -1 ||
	    getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &len) ==
		-1)
		mtu = 0;
	pthread_mutex_unlock(&n->mutex);
	return mtu > 0 ? (uint32_t)mtu : 0;
}

/* Our address towards ep, family 0 when there is no way. */
static struct endpoint
source_towards(struct net *n, const struct endpoint *to)
{
	struct sockaddr_storage src;
	struct endpoint me = {0};
	socklen_t len = sizeof src;

	int fd;

	if (to->family == 6 && ip6_is_ula(to->addr))
		return me;
	pthread_mutex_lock(&n->mutex);
	if ((fd = connect_to(n, to)) != -1 && getsockname(fd, (struct sockaddr *)&src, &len) == 0)
		endpoint_from_sockaddr((struct sockaddr *)&src, &me);
	pthread_mutex_unlock(&n->mutex);
	if (me.family == 6 && ip6_is_ula(me.addr))
		me = (struct endpoint) {0};
	me.port = 0;
	return me;
}

int
net_has_way(const struct endpoint *to)
{
	return the_net != NULL && source_towards(the_net, to).family != 0;
}

int
net_leaves_from(const struct endpoint *local, const struct endpoint *to)
{
	struct endpoint me = {0};

	if (the_net != NULL)
		me = source_towards(the_net, to);
	return me.family == 0 || endpoint_same_addr(&me, local);
}

static host_t *
get_source_addr(kernel_net_t *this, host_t *dest, host_t *src)
{
	struct endpoint to = endpoint_of(dest), me;

	if (to.port == 0)
		to.port = 9;
	me = source_towards((struct net *)this, &to);
	return host_of(&me);
}

static host_t *
get_nexthop(kernel_net_t *this, host_t *dest, int prefix, host_t *src, char **iface)
{
	if (iface != NULL)
		*iface = NULL;
	return NULL;
}

static bool
get_interface(kernel_net_t *this, host_t *host, char **name)
{
	if (name != NULL)
		*name = strdup("any");
	return TRUE;
}

static enumerator_t *
no_addresses(kernel_net_t *this, kernel_address_type_t which)
{
	return enumerator_create_empty();
}

static enumerator_t *
no_subnets(kernel_net_t *this)
{
	return enumerator_create_empty();
}

static status_t
add_ip(kernel_net_t *this, host_t *ip, int prefix, char *iface)
{
	return NOT_SUPPORTED;
}

static status_t
del_ip(kernel_net_t *this, host_t *ip, int prefix, bool wait)
{
	return NOT_SUPPORTED;
}

static status_t
no_route(kernel_net_t *this, chunk_t net, uint8_t prefix, host_t *gateway, host_t *src, char *iface,
    bool pass)
{
	return SUCCESS;
}

static void
destroy(kernel_net_t *this)
{
	struct net *n = (struct net *)this;

	the_net = NULL;
	if (n->fd4 != -1)
		close(n->fd4);
	if (n->fd6 != -1)
		close(n->fd6);
	pthread_mutex_destroy(&n->mutex);
	free(n);
}

kernel_net_t *
net_create(void)
{
	struct net *n = calloc(1, sizeof *n);

	if (n == NULL)
		fatal("net");
	n->public = (kernel_net_t) {
	    .get_features = get_features,
	    .get_source_addr = get_source_addr,
	    .get_nexthop = get_nexthop,
	    .get_interface = get_interface,
	    .create_address_enumerator = no_addresses,
	    .create_local_subnet_enumerator = no_subnets,
	    .add_ip = add_ip,
	    .del_ip = del_ip,
	    .add_route = no_route,
	    .del_route = no_route,
	    .destroy = destroy,
	};
	pthread_mutex_init(&n->mutex, NULL);
	n->fd4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	n->fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd4 == -1 && n->fd6 == -1)
		fatal("no Internet socket");
	the_net = n;
	return &n->public;
}
