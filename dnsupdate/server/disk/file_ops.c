#include "dnsupdate/server/disk/file_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static int
posix_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags | O_CLOEXEC, mode);
}

static int
posix_allocate(int fd, off_t len)
{
	return fallocate(fd, 0, 0, len);
}

const struct file_ops file_ops_posix = {
    .open = posix_open,
    .close = close,
    .pread = pread,
    .pwrite = pwrite,
    .allocate = posix_allocate,
    .truncate = ftruncate,
    .datasync = fdatasync,
    .sync = fsync,
    .rename = rename,
    .unlink = unlink,
};

int
file_put(const struct file_ops *ops, int fd, const void *data, size_t len, off_t at)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = ops->pwrite(fd, p, len, at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* no progress, no reason: not worth a loop */
		if (n <= 0)
			return -1;
		p += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t
file_take(const struct file_ops *ops, int fd, void *data, size_t len, off_t at)
{
	size_t used = 0;

	while (used < len) {
		ssize_t n = ops->pread(fd, (uint8_t *)data + used, len - used, at + (off_t)used);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

int
file_sync_dir(const struct file_ops *ops, const char *dir)
{
	int fd = ops->open(dir, O_RDONLY | O_DIRECTORY, 0), rc, saved;

	if (fd == -1)
		return -1;
	rc = ops->sync(fd);
	saved = errno;
	ops->close(fd);
	errno = saved;
	return rc;
}
