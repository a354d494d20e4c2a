#include "manager/xfrm.h"

#include "base/clock.h"
#include "manager/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <string.h>

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
	struct xfrm_algo_aead head = {
	    .alg_name = "rfc4106(gcm(aes))", .alg_key_len = GCM_KEY_LEN * 8, .alg_icv_len = GCM_ICV_BITS};

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
	struct xfrm_encap_tmpl encap = {.encap_type = UDP_ENCAP_ESPINUDP, .encap_sport = htons(4500),
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
		snprintf(why, size, nl == NULL ? "no XFRM: %s" : "no ESP in UDP: %s", strerror(errno));
		if (nl != NULL)
			mnl_socket_close(nl);
		return 0;
	}
	delete_state(nl, spi);
	mnl_socket_close(nl);
	return 1;
}
