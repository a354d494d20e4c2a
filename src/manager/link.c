#include "manager/link.h"

#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"
#include "manager/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ACCOUNT_PREFIX_BITS 48
/* Packets that wait while the worker is not scheduled; the default of a TUN device drops early. */
#define QUEUE_PACKETS 2000

/* Newer than the headers of some distributions. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* One large packet from the device should be one send: so many ESP packets go into one train of
 * UDP (over IPv4, 65507 octets), each with an IPv6 and a TCP header inside. */
#define TRAIN_OCTETS 65507
#define ESP_AROUND 34 /* what ESP adds to an inner packet, without padding */
#define TCP_HEADERS 72 /* with time stamps */

static unsigned
largest(unsigned mtu)
{
	unsigned sealed = (mtu + ESP_AROUND + 3) / 4 * 4;

	return TRAIN_OCTETS / sealed * (mtu - TCP_HEADERS) + TCP_HEADERS;
}

/* With the header that says how to cut them, the kernel leaves checksums and cutting to us.  UDP
 * since Linux 6.2. */
static void
allow_large(struct tunnel_link *link)
{
	const unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	link->device = IPSEC_TUN_VNET;
	if (ioctl(link->fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) == 0)
		link->device |= IPSEC_TUN_USO;
	else if (ioctl(link->fd, TUNSETOFFLOAD, tcp) == -1)
		log_info("interface %s takes no large packets (%s)", link->name, strerror(errno));
}

static int
open_tun(struct tunnel_link *link, const char *name, int large)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

	if (large)
		request.ifr_flags |= IFF_VNET_HDR;
	link->device = 0;
	link->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (link->fd == -1) {
		log_warn("/dev/net/tun (is the tun module there?)");
		return -1;
	}
	if (str_copy(request.ifr_name, sizeof request.ifr_name, name) != 0 ||
	    ioctl(link->fd, TUNSETIFF, &request) == -1) {
		log_warn(
		    "interface %s cannot be made (is another autotunneld running? \"interface\" in"
		    " autotunnel.conf gives it another name)",
		    name);
		close(link->fd);
		return -1;
	}
	str_copy(link->name, sizeof link->name, request.ifr_name);
	link->index = if_nametoindex(link->name);
	if (large)
		allow_large(link);
	return 0;
}

static int
set_address(struct mnl_socket *nl, unsigned index, const uint8_t ula[16], int how)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_NEWADDR, NLM_F_CREATE | how);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(m, sizeof *a);

	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 128;
	a->ifa_flags = IFA_F_NODAD;
	a->ifa_index = index;
	mnl_attr_put(m, IFA_LOCAL, 16, ula);
	mnl_attr_put(m, IFA_ADDRESS, 16, ula);
	return netlink_request(nl, m);
}

/* Where the kernel does not know it, large packets are a bit larger than one send. */
static void
limit_large(struct mnl_socket *nl, unsigned index, unsigned mtu)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_NEWLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(m, sizeof *i);

	i->ifi_index = (int)index;
	mnl_attr_put_u32(m, IFLA_GSO_MAX_SIZE, largest(mtu));
	if (netlink_request(nl, m) == -1)
		log_debug("interface: size of large packets: %s", strerror(errno));
}

static int
is_up(const struct tunnel_link *link)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	str_copy(request.ifr_name, sizeof request.ifr_name, link->name);
	rc = fd == -1 ? -1 : ioctl(fd, SIOCGIFFLAGS, &request);
	if (fd != -1)
		close(fd);
	return rc == -1 || (request.ifr_flags & IFF_UP) != 0;
}

static int
raise_link(struct mnl_socket *nl, unsigned index)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_NEWLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(m, sizeof *i);

	i->ifi_index = (int)index;
	i->ifi_flags = IFF_UP;
	i->ifi_change = IFF_UP;
	return netlink_request(nl, m);
}

static int
set_up(struct mnl_socket *nl, unsigned index, unsigned mtu)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_NEWLINK, 0);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(m, sizeof *i);

	i->ifi_index = (int)index;
	i->ifi_flags = IFF_UP;
	i->ifi_change = IFF_UP;
	mnl_attr_put_u32(m, IFLA_MTU, mtu);
	mnl_attr_put_u32(m, IFLA_TXQLEN, QUEUE_PACKETS);
	return netlink_request(nl, m);
}

static int
set_route(struct mnl_socket *nl, unsigned index, const uint8_t ula[16], int how)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, RTM_NEWROUTE, NLM_F_CREATE | how);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(m, sizeof *r);
	uint8_t prefix[16] = {0};

	memcpy(prefix, ula, ACCOUNT_PREFIX_BITS / 8);
	r->rtm_family = AF_INET6;
	r->rtm_dst_len = ACCOUNT_PREFIX_BITS;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_STATIC;
	r->rtm_scope = RT_SCOPE_UNIVERSE;
	r->rtm_type = RTN_UNICAST;
	mnl_attr_put(m, RTA_DST, 16, prefix);
	mnl_attr_put(m, RTA_PREFSRC, 16, ula);
	mnl_attr_put_u32(m, RTA_OIF, index);
	return netlink_request(nl, m);
}

static void
set_ipv6(const char *name, const char *key)
{
	char path[80];
	int fd;

	snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s", name, key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	if (write(fd, "0", 1) == -1)
		log_debug("%s: %s", path, strerror(errno));
	close(fd);
}

/* IPv6 may be switched off for new interfaces; ours is for nothing else.  There is no router behind
 * it, and each question for one would wake us. */
static void
enable_ipv6(const char *name)
{
	set_ipv6(name, "disable_ipv6");
	set_ipv6(name, "router_solicitations");
}

int
link_make(struct tunnel_link *link, const struct link_options *o)
{
	struct mnl_socket *nl;
	const char *step = "up";
	int rc;

	if (open_tun(link, o->name, o->large) == -1)
		return -1;
	enable_ipv6(link->name);
	nl = netlink_open(NETLINK_ROUTE, 0);
	if (nl != NULL && link->device != 0)
		limit_large(nl, link->index, o->mtu);
	rc = nl == NULL ? -1 : set_up(nl, link->index, o->mtu);
	if (rc == 0 && (rc = set_address(nl, link->index, o->ula, NLM_F_REPLACE)) == -1)
		step = "its address";
	else if (rc == 0 && (rc = set_route(nl, link->index, o->ula, NLM_F_REPLACE)) == -1)
		step = "its route";
	if (rc == -1)
		log_warn("setting interface %s %s", link->name, step);
	if (nl != NULL)
		mnl_socket_close(nl);
	if (rc == -1)
		link_remove(link);
	return rc;
}

/* 1 when it was missing, 0 when it was there: then nobody is notified, we neither. */
static int
was_missing(int rc)
{
	return rc == 0 ? 1 : errno == EEXIST ? 0 : -1;
}

int
link_assert(const struct tunnel_link *link, const uint8_t ula[16])
{
	struct mnl_socket *nl = netlink_open(NETLINK_ROUTE, 0);
	int address = -1, route = -1;

	if (nl == NULL)
		return -1;
	if (is_up(link) || raise_link(nl, link->index) == 0)
		address = was_missing(set_address(nl, link->index, ula, NLM_F_EXCL));
	if (address != -1)
		route = was_missing(set_route(nl, link->index, ula, NLM_F_EXCL));
	if (route == -1)
		log_warn("interface %s: putting its address and route back", link->name);
	mnl_socket_close(nl);
	return route == -1 ? -1 : address || route;
}

void
link_remove(struct tunnel_link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}
