#include "dnsupdate/server/net/knock.h"

#include "base/addr.h"
#include "base/knock.h"
#include "base/log.h"
#include "dnsupdate/server/net/conn.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* As an address of one family, though the socket it is from may take both; with that port. */
static socklen_t
with_port(const union socket_address *from, uint16_t port, struct sockaddr_storage *out)
{
	struct endpoint ep = {0};

	if (endpoint_from_sockaddr(&from->sa, &ep) == -1)
		return 0;
	ep.port = port;
	return endpoint_to_sockaddr(&ep, out);
}

int
knock_send(void *ctx, const struct requester *who, uint16_t port, const uint8_t *nonce)
{
	struct sockaddr_storage here, there;
	union socket_address local;
	uint8_t knock[KNOCK_LEN];
	socklen_t here_len, there_len;
	ssize_t sent = -1;
	int fd;

	if (who->conn == NULL || conn_local(who->conn, &local) == -1)
		return -1;
	here_len = with_port(&local, 0, &here);
	there_len = with_port(&who->from, port, &there);
	fd = socket(there.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	knock_write(knock, nonce);
	if (bind(fd, (struct sockaddr *)&here, here_len) == 0)
		sent = sendto(fd, knock, sizeof knock, 0, (struct sockaddr *)&there, there_len);
	if (sent == -1)
		log_debug("knocking: %s", strerror(errno));
	close(fd);
	return sent == sizeof knock ? 0 : -1;
}
