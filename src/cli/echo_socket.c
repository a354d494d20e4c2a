#include "cli/echo_socket.h"

#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The unprivileged kind first (sysctl net.ipv4.ping_group_range), then the raw one. */
int
echo_open(const uint8_t ula[16])
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	struct icmp6_filter filter;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);

	if (fd == -1) {
		fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
		if (fd == -1)
			return -1;
		ICMP6_FILTER_SETBLOCKALL(&filter);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
	}
	memcpy(&to.sin6_addr, ula, 16);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}
