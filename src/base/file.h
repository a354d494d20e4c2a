/* Whole small files, safely. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Write next to path, fsync, rename over it, fsync the directory: after a crash either the old or
 * the new content is there, whole.  0, or -1 with errno (nothing changed). */
int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode);

/* Read at most size bytes.  Returns the length; -1 with errno (EFBIG when it is longer). */
ssize_t file_read(const char *path, void *data, size_t size);

/* Make dir with this mode, whatever the umask; missing parents get 0755 and the umask, since they
 * are not ours alone.  What is there stays as it is.  0, or -1 with errno. */
int dir_make(const char *dir, mode_t mode);

#endif
