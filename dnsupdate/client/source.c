#include "dnsupdate/client/source.h"

#include "base/addr.h"

#include <sys/socket.h>
#include <unistd.h>

static int
our_address(int fd, struct endpoint *out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return -1;
	return endpoint_from_sockaddr((struct sockaddr *)&sa, out);
}

/* A datagram socket finds its source without a word. */
static int
chosen_now(int fd, struct endpoint *out)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	int rc = -1, probe;

	if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
		return -1;
	probe = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (probe != -1 && connect(probe, (struct sockaddr *)&peer, len) == 0)
		rc = our_address(probe, out);
	if (probe != -1)
		close(probe);
	return rc;
}

int
source_moved(int fd)
{
	struct endpoint before, now;

	return our_address(fd, &before) == 0 && chosen_now(fd, &now) == 0 &&
	    !endpoint_same_addr(&before, &now);
}
