#include "manager/netlink.h"

#include <errno.h>
#include <time.h>

struct mnl_socket *
netlink_open(int protocol, unsigned groups)
{
	struct mnl_socket *nl = mnl_socket_open2(protocol, SOCK_CLOEXEC);

	if (nl != NULL && mnl_socket_bind(nl, groups, MNL_SOCKET_AUTOPID) == -1) {
		mnl_socket_close(nl);
		return NULL;
	}
	return nl;
}

struct nlmsghdr *
netlink_begin(void *room, uint16_t type, uint16_t flags)
{
	static unsigned sequence;
	struct nlmsghdr *message = mnl_nlmsg_put_header(room);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++sequence;
	return message;
}

/* Read until the acknowledgement, the dump's end or an error of this request. */
static int
run(struct mnl_socket *nl, const struct nlmsghdr *message, mnl_cb_t cb, void *ctx)
{
	char room[NETLINK_ROOM];
	int rc = MNL_CB_OK;

	if (mnl_socket_sendto(nl, message, message->nlmsg_len) == -1)
		return -1;
	while (rc == MNL_CB_OK) {
		ssize_t n = mnl_socket_recvfrom(nl, room, sizeof room);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		rc = mnl_cb_run(
		    room, (size_t)n, message->nlmsg_seq, mnl_socket_get_portid(nl), cb, ctx);
	}
	return rc == MNL_CB_STOP ? 0 : -1;
}

int
netlink_request(struct mnl_socket *nl, struct nlmsghdr *message)
{
	message->nlmsg_flags |= NLM_F_ACK;
	return run(nl, message, NULL, NULL);
}

int
netlink_dump(struct mnl_socket *nl, struct nlmsghdr *message, mnl_cb_t cb, void *ctx)
{
	message->nlmsg_flags |= NLM_F_DUMP;
	return run(nl, message, cb, ctx);
}
