/*
 * The file operations that journal and snapshot use, as a table, so that a test can make each one
 * of them fail.  All return as the system calls of that name do.
 */
#ifndef DNSUPDATE_SERVER_DISK_FILE_OPS_H
#define DNSUPDATE_SERVER_DISK_FILE_OPS_H

#include <stddef.h>
#include <sys/types.h>

struct file_ops {
	int (*open)(const char *path, int flags, mode_t mode);
	int (*close)(int fd);
	ssize_t (*pread)(int fd, void *data, size_t len, off_t at);
	ssize_t (*pwrite)(int fd, const void *data, size_t len, off_t at);
	int (*allocate)(int fd, off_t len); /* fallocate of the first len octets */
	int (*truncate)(int fd, off_t len);
	int (*datasync)(int fd);
	int (*sync)(int fd);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
};

extern const struct file_ops file_ops_posix;

/* All of len octets, whatever a single call does.  0, or -1 with errno. */
int file_put(const struct file_ops *ops, int fd, const void *data, size_t len, off_t at);
/* Up to len octets; fewer only at the end of the file.  Their number, or -1 with errno. */
ssize_t file_take(const struct file_ops *ops, int fd, void *data, size_t len, off_t at);
/* Names made, renamed or removed in dir are on disk afterwards.  0, or -1 with errno. */
int file_sync_dir(const struct file_ops *ops, const char *dir);

#endif
