#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"

static struct channel manager, worker;

static int
connect_pair(void **state)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == -1)
		return -1;
	channel_init(&manager, sv[0], ROLE_MANAGER, ROLE_IPSEC);
	channel_init(&worker, sv[1], ROLE_IPSEC, ROLE_MANAGER);
	return 0;
}

static int
close_pair(void **state)
{
	close(manager.fd);
	close(worker.fd);
	return 0;
}

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
message_arrives(void **state)
{
	union msg out, in;
	int fd;

	msg_begin(&out, MSG_IPSEC_MOVED, 0);
	assert_int_equal(channel_recv(&worker, &in, &fd), 0);
	assert_int_equal(channel_send(&manager, &out, -1), 0);
	assert_int_equal(channel_recv(&worker, &in, &fd), 1);
	assert_int_equal(in.hdr.type, MSG_IPSEC_MOVED);
	assert_int_equal(fd, -1);
	assert_int_equal(channel_recv(&worker, &in, &fd), 0);
}

static void
descriptor_arrives(void **state)
{
	union msg out, in;
	int fd, given = open("/dev/null", O_RDONLY);

	msg_begin(&out, MSG_IPSEC_FD, 0);
	out.ipsec_fd.kind = IPSEC_FD_UDP4;
	assert_int_equal(channel_send(&manager, &out, -1), -1); /* it must have one */
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(channel_send(&manager, &out, given), 0);
	assert_int_equal(channel_recv(&worker, &in, &fd), 1);
	assert_true(fd >= 0 && fd != given);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	close(given);
}

static void
own_message_is_checked(void **state)
{
	union msg out;

	msg_begin(&out, MSG_HELLO, 0); /* a worker's, not the manager's */
	out.hello.version = MSG_VERSION;
	assert_int_equal(channel_send(&manager, &out, -1), -1);
	assert_int_equal(errno, EBADMSG);
}

/* Send raw bytes with n descriptors, past our own check. */
static void
send_raw(const void *data, size_t len, int n)
{
	struct iovec iov = {(void *)(uintptr_t)data, len};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control = {0};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n > 0) {
		struct cmsghdr *c;

		mh.msg_control = control.room;
		mh.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
		for (int i = 0; i < n; i++)
			memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &manager.fd, sizeof(int));
	}
	assert_int_equal(sendmsg(manager.fd, &mh, 0), (ssize_t)len);
}

static void
breaches_are_refused(void **state)
{
	static uint8_t room[MSG_SIZE_MAX + 8];
	union msg in;
	int fd, before = count_fds();
	struct msg_ipsec_fd one = {.hdr = {.type = MSG_IPSEC_FD}, .kind = IPSEC_FD_TUN};

	memset(room, 0xff, sizeof room);
	for (int n = 0; n <= 8; n++) {
		send_raw(room, 1, n); /* shorter than a header */
		assert_int_equal(channel_recv(&worker, &in, &fd), -1);
		assert_int_equal(errno, EBADMSG);
		send_raw(room, sizeof room, n); /* longer than any message */
		assert_int_equal(channel_recv(&worker, &in, &fd), -1);
		if (n == 1)
			continue;
		send_raw(&one, sizeof one, n); /* none, or too many descriptors */
		assert_int_equal(channel_recv(&worker, &in, &fd), -1);
	}
	assert_int_equal(count_fds(), before); /* none leaked */
}

static void
full_and_gone(void **state)
{
	union msg out, in;
	int fd, n = 0, got = 0;

	msg_begin(&out, MSG_IPSEC_MOVED, 0);
	while (channel_send(&manager, &out, -1) == 0)
		n++;
	assert_int_equal(errno, EAGAIN);
	assert_true(n > 10);
	shutdown(manager.fd, SHUT_WR);
	while (channel_recv(&worker, &in, &fd) == 1)
		got++;
	assert_int_equal(got, n); /* what was said before the end is heard */
	assert_int_equal(channel_recv(&worker, &in, &fd), -1);
	assert_int_equal(errno, ECONNRESET);
	shutdown(worker.fd, SHUT_RDWR);
	assert_int_equal(channel_send(&manager, &out, -1), -1);
	assert_int_equal(errno, EPIPE);
}

int
main(void)
{
#define CHANNEL_TEST(f) cmocka_unit_test_setup_teardown(f, connect_pair, close_pair)
	const struct CMUnitTest tests[] = {
	    CHANNEL_TEST(message_arrives),
	    CHANNEL_TEST(descriptor_arrives),
	    CHANNEL_TEST(own_message_is_checked),
	    CHANNEL_TEST(breaches_are_refused),
	    CHANNEL_TEST(full_and_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
