/*
 * A disk that fails now and then, for a program that is not asked (LD_PRELOAD): each
 * FAIL_SYNC_EVERY calls fdatasync, having done nothing, gives EIO.  strace could inject that too,
 * but what it does to the call's number is deadly under a seccomp filter.
 *
 * Or one that dies and comes back: while there is a file FAIL_SYNC_WHILE, the first fdatasync gives
 * EIO, and from then on nothing that was written before can be changed, and nothing be made.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_dead;

/* Having failed, until the file is gone. */
static int
dead(int now)
{
	const char *file = getenv("FAIL_SYNC_WHILE");

	is_dead = (is_dead || now) && file != NULL && access(file, F_OK) == 0;
	if (is_dead)
		errno = EIO;
	return is_dead;
}

int
fdatasync(int fd)
{
	static unsigned calls, every;

	if (dead(1))
		return -1;
	if (every == 0) {
		const char *text = getenv("FAIL_SYNC_EVERY");

		every = text == NULL ? UINT32_MAX : (unsigned)strtoul(text, NULL, 10);
	}
	if (++calls % every != 0)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}

int
fsync(int fd)
{
	return dead(0) ? -1 : (int)syscall(SYS_fsync, fd);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	const struct iovec all = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	return dead(0) ? -1 : pwritev(fd, &all, 1, at);
}
