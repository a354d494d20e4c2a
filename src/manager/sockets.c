#include "manager/sockets.h"

#include "base/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the network brings in a burst must fit; the worker itself may not ask beyond the system's
 * limits.  Where we may not either, the default serves. */
#define SOCKET_BUFFER (4 << 20)

static void
widen(int fd)
{
	int size = SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == -1)
		log_debug("UDP socket buffers: %s", strerror(errno));
}

static int
bind_udp(int family, const struct sockaddr *sa, socklen_t len)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd == -1)
		return -1;
	if ((family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1) ||
	    bind(fd, sa, len) == -1) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	widen(fd);
	return fd;
}

static void
log_bind(unsigned port)
{
	if (errno == EADDRINUSE)
		log_error(
		    "UDP port %u is in use, perhaps by another IKE daemon: stop that, or choose another"
		    " port with \"listen-port\" in autotunnel.conf",
		    port);
	else
		log_warn("binding UDP port %u", port);
}

int
sockets_bind(unsigned port, int *udp4, int *udp6)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	*udp4 = bind_udp(AF_INET, (struct sockaddr *)&in, sizeof in);
	if (*udp4 == -1) {
		log_bind(port);
		return -1;
	}
	*udp6 = bind_udp(AF_INET6, (struct sockaddr *)&in6, sizeof in6);
	if (*udp6 == -1 && errno != EAFNOSUPPORT) {
		log_bind(port);
		close(*udp4);
		return -1;
	}
	return 0;
}

int
sockets_raw6(const uint8_t ula[16])
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

	memcpy(&in6.sin6_addr, ula, 16);
	if (fd != -1 && bind(fd, (struct sockaddr *)&in6, sizeof in6) == 0)
		return fd;
	log_warn("raw IPv6 socket");
	if (fd != -1)
		close(fd);
	return -1;
}
