#include "dnsupdate/server/net/knock.h"

#include "base/knock.h"
#include "base/log.h"
#include "dnsupdate/server/net/conn.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Both kinds of address have the port in the same place. */
static void
set_port(union socket_address *a, uint16_t port)
{
	a->in.sin_port = htons(port);
}

static socklen_t
length(const union socket_address *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof a->in6 : sizeof a->in;
}

int
knock_send(void *ctx, const struct requester *who, uint16_t port, const uint8_t *nonce)
{
	union socket_address local, to = who->from;
	uint8_t knock[KNOCK_LEN];
	ssize_t sent = -1;
	int fd;

	if (who->conn == NULL || conn_local(who->conn, &local) == -1)
		return -1;
	fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	set_port(&local, 0);
	set_port(&to, port);
	knock_write(knock, nonce);
	if (bind(fd, &local.sa, length(&local)) == 0)
		sent = sendto(fd, knock, sizeof knock, 0, &to.sa, length(&to));
	if (sent == -1)
		log_debug("knocking: %s", strerror(errno));
	close(fd);
	return sent == sizeof knock ? 0 : -1;
}
