#include "manager/xfrm.h"

#include "base/clock.h"
#include "base/log.h"
#include "manager/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GCM_KEY_LEN 20 /* AES-128 and the salt of RFC 4106 */
#define GCM_ICV_BITS 128

/* 198.18.0.0/15 is for benchmarks (RFC 2544): no peer is there. */
static void
probe_addresses(xfrm_address_t *from, xfrm_address_t *to)
{
	from->a4 = htonl(0xc6120001);
	to->a4 = htonl(0xc6120002);
}

static void
put_algorithm(struct nlmsghdr *m)
{
	uint8_t room[sizeof(struct xfrm_algo_aead) + GCM_KEY_LEN];
	struct xfrm_algo_aead head = {.alg_name = "rfc4106(gcm(aes))",
	    .alg_key_len = GCM_KEY_LEN * 8,
	    .alg_icv_len = GCM_ICV_BITS};

	memcpy(room, &head, sizeof head);
	for (size_t i = 0; i < GCM_KEY_LEN; i++)
		room[sizeof head + i] = (uint8_t)clock_jitter(256);
	mnl_attr_put(m, XFRMA_ALG_AEAD, sizeof room, room);
}

static int
add_state(struct mnl_socket *nl, uint32_t spi)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL);
	struct xfrm_usersa_info *sa = mnl_nlmsg_put_extra_header(m, sizeof *sa);
	struct xfrm_encap_tmpl encap = {.encap_type = UDP_ENCAP_ESPINUDP,
	    .encap_sport = htons(4500),
	    .encap_dport = htons(4500)};

	probe_addresses(&sa->saddr, &sa->id.daddr);
	sa->id.spi = spi;
	sa->id.proto = IPPROTO_ESP;
	sa->family = AF_INET;
	sa->mode = XFRM_MODE_TUNNEL;
	sa->flags = XFRM_STATE_AF_UNSPEC;
	sa->lft.soft_byte_limit = sa->lft.hard_byte_limit = XFRM_INF;
	sa->lft.soft_packet_limit = sa->lft.hard_packet_limit = XFRM_INF;
	put_algorithm(m);
	mnl_attr_put(m, XFRMA_ENCAP, sizeof encap, &encap);
	return netlink_request(nl, m);
}

static int
delete_state(struct mnl_socket *nl, uint32_t spi)
{
	char room[NETLINK_ROOM];
	struct nlmsghdr *m = netlink_begin(room, XFRM_MSG_DELSA, 0);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(m, sizeof *id);
	xfrm_address_t from;

	memset(&from, 0, sizeof from);
	probe_addresses(&from, &id->daddr);
	id->spi = spi;
	id->family = AF_INET;
	id->proto = IPPROTO_ESP;
	mnl_attr_put(m, XFRMA_SRCADDR, sizeof from, &from);
	return netlink_request(nl, m);
}

int
xfrm_available(char *why, size_t size)
{
	struct mnl_socket *nl = netlink_open(NETLINK_XFRM, 0);
	uint32_t spi = htonl(0xc0000000u | clock_jitter(0x0fffffff));

	if (nl == NULL || add_state(nl, spi) == -1) {
		snprintf(
		    why, size, nl == NULL ? "no XFRM: %s" : "no ESP in UDP: %s", strerror(errno));
		if (nl != NULL)
			mnl_socket_close(nl);
		return 0;
	}
	delete_state(nl, spi);
	mnl_socket_close(nl);
	return 1;
}

/* ---- cleaning up ---- */

#define ACCOUNT_PREFIX_LEN 6
#define LEFTOVERS_MAX 1024

struct leftover_state {
	struct xfrm_usersa_id id;
	xfrm_address_t from;
};

/* What a dump found, to be deleted after it. */
struct leftovers {
	const uint8_t *ula;
	uint16_t port;
	size_t policies, states;
	struct xfrm_userpolicy_id policy[LEFTOVERS_MAX];
	struct leftover_state state[LEFTOVERS_MAX];
};

static int
is_ours(const struct leftovers *l, const struct xfrm_selector *sel)
{
	return sel->family == AF_INET6 && memcmp(&sel->saddr, l->ula, ACCOUNT_PREFIX_LEN) == 0 &&
	    memcmp(&sel->daddr, l->ula, ACCOUNT_PREFIX_LEN) == 0;
}

static int
on_policy(const struct nlmsghdr *message, void *ctx)
{
	const struct xfrm_userpolicy_info *p = mnl_nlmsg_get_payload(message);
	struct leftovers *l = ctx;

	if (is_ours(l, &p->sel) && l->policies < LEFTOVERS_MAX)
		l->policy[l->policies++] =
		    (struct xfrm_userpolicy_id) {.sel = p->sel, .index = p->index, .dir = p->dir};
	return MNL_CB_OK;
}

/* Only an address of this host can be bound to. */
static int
is_local(const xfrm_address_t *addr, uint16_t family)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = addr->a4};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const struct sockaddr *sa =
	    family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (fd == -1)
		return 0;
	memcpy(&in6.sin6_addr, addr, sizeof in6.sin6_addr);
	rc = bind(fd, sa, family == AF_INET ? sizeof in : sizeof in6);
	close(fd);
	return rc == 0;
}

static int
find_encap(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == XFRMA_ENCAP &&
	    mnl_attr_get_payload_len(attr) >= sizeof(struct xfrm_encap_tmpl))
		*(const struct xfrm_encap_tmpl **)data = mnl_attr_get_payload(attr);
	return MNL_CB_OK;
}

/* A tunnel's state has no selector to know it by.  Ours end at our UDP port, on our side. */
static int
on_state(const struct nlmsghdr *message, void *ctx)
{
	const struct xfrm_usersa_info *sa = mnl_nlmsg_get_payload(message);
	const struct xfrm_encap_tmpl *encap = NULL;
	struct leftovers *l = ctx;

	mnl_attr_parse(message, sizeof *sa, find_encap, &encap);
	if (sa->id.proto != IPPROTO_ESP || encap == NULL || l->states == LEFTOVERS_MAX)
		return MNL_CB_OK;
	if ((ntohs(encap->encap_sport) == l->port && is_local(&sa->saddr, sa->family)) ||
	    (ntohs(encap->encap_dport) == l->port && is_local(&sa->id.daddr, sa->family)))
		l->state[l->states++] = (struct leftover_state) {.id = {.daddr = sa->id.daddr,
								     .spi = sa->id.spi,
								     .family = sa->family,
								     .proto = IPPROTO_ESP},
		    .from = sa->saddr};
	return MNL_CB_OK;
}

static void
delete_policies(struct mnl_socket *nl, const struct leftovers *l)
{
	char room[NETLINK_ROOM];

	for (size_t i = 0; i < l->policies; i++) {
		struct nlmsghdr *m = netlink_begin(room, XFRM_MSG_DELPOLICY, 0);
		struct xfrm_userpolicy_id *id = mnl_nlmsg_put_extra_header(m, sizeof *id);

		*id = l->policy[i];
		netlink_request(nl, m);
	}
}

static void
delete_states(struct mnl_socket *nl, const struct leftovers *l)
{
	char room[NETLINK_ROOM];

	for (size_t i = 0; i < l->states; i++) {
		struct nlmsghdr *m = netlink_begin(room, XFRM_MSG_DELSA, 0);
		struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(m, sizeof *id);

		*id = l->state[i].id;
		mnl_attr_put(m, XFRMA_SRCADDR, sizeof l->state[i].from, &l->state[i].from);
		netlink_request(nl, m);
	}
}

void
xfrm_clean(const uint8_t ula[16], uint16_t port)
{
	struct mnl_socket *nl = netlink_open(NETLINK_XFRM, 0);
	struct leftovers *l = calloc(1, sizeof *l);
	char room[NETLINK_ROOM];

	if (l != NULL && nl != NULL) {
		l->ula = ula;
		l->port = port;
		netlink_dump(nl, netlink_begin(room, XFRM_MSG_GETPOLICY, 0), on_policy, l);
		netlink_dump(nl, netlink_begin(room, XFRM_MSG_GETSA, 0), on_state, l);
		delete_policies(nl, l);
		delete_states(nl, l);
		if (l->policies + l->states > 0)
			log_info("removed %zu policies and %zu states of the last IKE worker",
			    l->policies, l->states);
	}
	free(l);
	if (nl != NULL)
		mnl_socket_close(nl);
}
