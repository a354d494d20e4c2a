#include "base/channel.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
channel_init(struct channel *ch, int fd, enum msg_role self, enum msg_role peer)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fatal("channel descriptor %d", fd);
	*ch = (struct channel) {.fd = fd, .self = self, .peer = peer};
}

/* Room for two descriptors: padding makes the kernel deliver a second one even when we ask for
 * one, and it must be found to be closed. */
union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(2 * sizeof(int))];
};

int
channel_send(struct channel *ch, const union msg *m, int fd)
{
	struct iovec iov = {(void *)(uintptr_t)m, msg_size(m->hdr.type)};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control;
	const char *why;

	if (msg_check(m, (uint32_t)iov.iov_len, ch->self, ch->peer, fd >= 0, &why) != 0) {
		log_error("will not send \"%s\": %s", msg_name(m->hdr.type), why);
		errno = EBADMSG;
		return -1;
	}
	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof control);
		mh.msg_control = control.room;
		mh.msg_controllen = CMSG_SPACE(sizeof fd);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	while (sendmsg(ch->fd, &mh, MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			return -1;
	return 0;
}

/* The first descriptor that came along, or -1; any further one is closed and counted. */
static int
take_fd(struct msghdr *mh, int *extra)
{
	int first = -1;

	*extra = (mh->msg_flags & MSG_CTRUNC) != 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (first < 0) {
				first = fd;
			} else {
				close(fd);
				*extra = 1;
			}
		}
	}
	return first;
}

static int
accept_message(
    struct channel *ch, union msg *m, ssize_t len, const struct msghdr *mh, int fd, int extra)
{
	const char *why = "more than one descriptor";

	if ((mh->msg_flags & MSG_TRUNC) != 0)
		why = "too long";
	else if (!extra && msg_check(m, (uint32_t)len, ch->peer, ch->self, fd >= 0, &why) == 0)
		return 1;
	log_error("peer broke the protocol: message %u (%s): %s",
	    len >= (ssize_t)sizeof m->hdr ? m->hdr.type : 0,
	    len >= (ssize_t)sizeof m->hdr ? msg_name(m->hdr.type) : "short", why);
	if (fd >= 0)
		close(fd);
	errno = EBADMSG;
	return -1;
}

int
channel_recv(struct channel *ch, union msg *m, int *fd)
{
	struct iovec iov = {m, sizeof *m};
	union control control;
	struct msghdr mh = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.room,
	    .msg_controllen = sizeof control.room};
	int resets = 0, extra, got;
	ssize_t n;

	*fd = -1;
	/* A peer that died with unread data gives ECONNRESET once; its last words are still there.
	 */
	while ((n = recvmsg(ch->fd, &mh, MSG_CMSG_CLOEXEC)) == -1) {
		if (errno == EAGAIN)
			return 0;
		if (errno != EINTR && (errno != ECONNRESET || resets++ > 0)) {
			errno = ECONNRESET;
			return -1;
		}
	}
	if (n == 0) {
		errno = ECONNRESET;
		return -1;
	}
	got = take_fd(&mh, &extra);
	if (accept_message(ch, m, n, &mh, got, extra) == -1)
		return -1;
	*fd = got;
	return 1;
}
