#include "natpmp/pcp.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The socket is connected, so the kernel drops whatever does not come from the gateway's port
 * 5351, and it is bound to the address that the request names: a server compares the two
 * (RFC 6887 section 8.2).
 */
struct pcp {
	int fd;
	struct pcp_request asked;
};

#define PACKETS_AT_ONCE 16

/* Two links may have the same private network behind them, and a link-local address means nothing
 * without its link. */
static socklen_t
sockaddr_on(struct endpoint ep, uint16_t port, uint32_t ifindex, struct sockaddr_storage *ss)
{
	socklen_t len;

	ep.port = port;
	len = endpoint_to_sockaddr(&ep, ss);
	if (ep.family == 6 && IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)ep.addr))
		((struct sockaddr_in6 *)ss)->sin6_scope_id = ifindex;
	return len;
}

static int
connect_from(int fd, const struct endpoint *gateway, const struct endpoint *local, uint32_t ifindex)
{
	struct sockaddr_storage ss;
	int link = (int)ifindex;
	socklen_t len;

	/* May be refused by an old kernel; then routing decides. */
	if (link != 0)
		setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &link, sizeof link);
	len = sockaddr_on(*local, 0, ifindex, &ss);
	if (bind(fd, (struct sockaddr *)&ss, len) != 0)
		return -1;
	len = sockaddr_on(*gateway, PCP_PORT, ifindex, &ss);
	return connect(fd, (struct sockaddr *)&ss, len);
}

struct pcp *
pcp_open(const struct endpoint *gateway, const struct endpoint *local, uint32_t ifindex)
{
	int family = gateway->family == 4 ? AF_INET : AF_INET6;
	struct pcp *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0 || connect_from(p->fd, gateway, local, ifindex) != 0) {
		pcp_close(p);
		return NULL;
	}
	return p;
}

void
pcp_close(struct pcp *p)
{
	int saved = errno;

	if (p == NULL)
		return;
	if (p->fd >= 0)
		close(p->fd);
	free(p);
	errno = saved;
}

int
pcp_fd(const struct pcp *p)
{
	return p->fd;
}

int
pcp_ask(struct pcp *p, const struct pcp_request *req)
{
	uint8_t data[PCP_REQUEST_MAX];
	size_t len = pcp_write(req, data);

	p->asked = *req;
	return send(p->fd, data, len, 0) < 0 && errno == ECONNREFUSED ? -1 : 0;
}

int
pcp_hear(struct pcp *p, struct pcp_answer *out)
{
	uint8_t data[PCP_PACKET_MAX + 1];
	enum pcp_fit fit;
	ssize_t len;

	for (int i = 0; i < PACKETS_AT_ONCE; i++) {
		len = recv(p->fd, data, sizeof data, 0);
		if (len < 0)
			return errno == ECONNREFUSED ? -1 : PCP_FOREIGN;
		fit = pcp_read(data, (size_t)len, &p->asked, out);
		if (fit != PCP_FOREIGN)
			return (int)fit;
	}
	return PCP_FOREIGN;
}
