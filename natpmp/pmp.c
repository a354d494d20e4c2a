#include "natpmp/pmp.h"

#include "base/buf.h"

#include <errno.h>
#include <natpmp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * libnatpmp makes the socket, the requests and reads the answers.  Two things of it are not used:
 *
 * - Its retransmission (getnatpmprequesttimeout) counts wall-clock time, which jumps.  Here each
 *   transmission is a new request and mapping.c keeps the schedule on the boot clock.
 * - It trusts a packet's length and takes an answer to any question for an answer to its own.
 *   pmp_read() therefore looks at each packet first (MSG_PEEK) and throws away what does not fit.
 *
 * The socket is connected, so the kernel drops whatever does not come from the gateway's port 5351.
 */
struct pmp {
	natpmp_t lib;
	enum pmp_op op;
	unsigned proto;
	uint16_t local_port;
};

#define PACKETS_AT_ONCE 16

static int
is_bound_to(int fd, const struct endpoint *local)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	struct endpoint ep;

	return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
	    endpoint_from_sockaddr((struct sockaddr *)&ss, &ep) == 0 &&
	    endpoint_same_addr(&ep, local);
}

/* The gateway maps the address it sees.  Where routing would have chosen another source, say so
 * with a bind; it wants the socket unconnected first. */
static int
bind_to(int fd, const struct endpoint *gateway, const struct endpoint *local)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct endpoint from = *local, to = *gateway;
	struct sockaddr_storage ss;
	socklen_t len;

	from.port = 0;
	to.port = NATPMP_PORT;
	len = endpoint_to_sockaddr(&from, &ss);
	if (connect(fd, &none, sizeof none) != 0 || bind(fd, (struct sockaddr *)&ss, len) != 0)
		return -1;
	len = endpoint_to_sockaddr(&to, &ss);
	return connect(fd, (struct sockaddr *)&ss, len);
}

struct pmp *
pmp_open(const struct endpoint *gateway, const struct endpoint *local, uint32_t ifindex)
{
	struct pmp *p = calloc(1, sizeof *p);
	int link = (int)ifindex;
	in_addr_t addr;

	if (p == NULL)
		return NULL;
	p->lib.s = -1;
	memcpy(&addr, gateway->addr, sizeof addr);
	if (initnatpmp(&p->lib, 1, addr) != 0)
		goto fail;
	if (link != 0)
		setsockopt(p->lib.s, SOL_SOCKET, SO_BINDTOIFINDEX, &link, sizeof link);
	if (!is_bound_to(p->lib.s, local) && bind_to(p->lib.s, gateway, local) != 0)
		goto fail;
	return p;
fail:
	pmp_close(p);
	return NULL;
}

void
pmp_close(struct pmp *p)
{
	int saved = errno;

	if (p == NULL)
		return;
	if (p->lib.s >= 0)
		closenatpmp(&p->lib);
	free(p);
	errno = saved;
}

int
pmp_fd(const struct pmp *p)
{
	return p->lib.s;
}

static int
sent(int len)
{
	return len < 0 && errno == ECONNREFUSED ? -1 : 0;
}

int
pmp_ask_address(struct pmp *p)
{
	p->op = PMP_ADDRESS;
	return sent(sendpublicaddressrequest(&p->lib));
}

int
pmp_ask_map(
    struct pmp *p, unsigned proto, uint16_t local_port, uint16_t port, uint32_t lifetime_sec)
{
	int library = proto == IPPROTO_TCP ? NATPMP_PROTOCOL_TCP : NATPMP_PROTOCOL_UDP;

	p->op = PMP_MAP;
	p->proto = proto;
	p->local_port = local_port;
	return sent(sendnewportmappingrequest(&p->lib, library, local_port, port, lifetime_sec));
}

int
pmp_packet_fits(
    const uint8_t *data, size_t len, enum pmp_op op, unsigned proto, uint16_t local_port)
{
	struct buf b = buf_reader(data, len);
	uint8_t version = buf_get_u8(&b), code = buf_get_u8(&b);
	uint16_t result = buf_get_u16(&b);
	uint8_t asked = op != PMP_MAP ? 0 : proto == IPPROTO_TCP ? 2 : 1;

	buf_get_u32(&b); /* epoch */
	if (b.failed || op == PMP_NONE)
		return 0;
	/* "I do not speak this": the opcode may be left out (RFC 6886 section 3.5), the version
	 * may be that of PCP (RFC 6887 section 9). */
	if (result == PMP_BAD_VERSION)
		return 1;
	if (version != 0 || code != 128 + asked)
		return 0;
	if (result != PMP_OK)
		return 1;
	if (op == PMP_ADDRESS)
		return buf_left(&b) >= 4;
	return buf_get_u16(&b) == local_port && buf_left(&b) >= 6;
}

/* libnatpmp's view of the packet that was found to fit. */
static int
read_answer(struct pmp *p, uint8_t version, struct pmp_answer *out)
{
	natpmpresp_t r;
	int code;

	memset(&r, 0, sizeof r);
	code = readnatpmpresponseorretry(&p->lib, &r);
	if (code == NATPMP_TRYAGAIN || code == NATPMP_ERR_RECVFROM ||
	    code == NATPMP_ERR_WRONGPACKETSOURCE)
		return 0;
	if (code == NATPMP_ERR_NOGATEWAYSUPPORT)
		return -1;
	memset(out, 0, sizeof *out);
	out->op = (uint8_t)p->op;
	out->result = r.resultcode;
	out->epoch = r.epoch;
	out->has_epoch = version == 0;
	if (code == 0 && p->op == PMP_ADDRESS)
		memcpy(out->address, &r.pnu.publicaddress.addr, sizeof out->address);
	if (code == 0 && p->op == PMP_MAP) {
		out->port = r.pnu.newportmapping.mappedpublicport;
		out->lifetime_sec = r.pnu.newportmapping.lifetime;
	}
	p->op = PMP_NONE;
	return 1;
}

int
pmp_read(struct pmp *p, struct pmp_answer *out)
{
	uint8_t data[64];
	ssize_t len;

	for (int i = 0; i < PACKETS_AT_ONCE; i++) {
		len = recv(p->lib.s, data, sizeof data, MSG_PEEK | MSG_DONTWAIT);
		if (len < 0)
			return errno == ECONNREFUSED ? -1 : 0;
		if (pmp_packet_fits(data, (size_t)len, p->op, p->proto, p->local_port))
			return read_answer(p, data[0], out);
		if (recv(p->lib.s, data, sizeof data, MSG_DONTWAIT) < 0)
			return 0;
	}
	return 0;
}
