/*
 * A disk that fails now and then, for a program that is not asked (LD_PRELOAD): each
 * FAIL_SYNC_EVERY calls fdatasync, having done nothing, gives EIO.  strace could inject that too,
 * but what it does to the call's number is deadly under a seccomp filter.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int
fdatasync(int fd)
{
	static unsigned calls, every;

	if (every == 0) {
		const char *text = getenv("FAIL_SYNC_EVERY");

		every = text == NULL ? 1 : (unsigned)strtoul(text, NULL, 10);
	}
	if (++calls % every != 0)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}
