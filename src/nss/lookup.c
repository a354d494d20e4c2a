#include "nss/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Lines from a file, through a buffer that holds at least one. */
struct lines {
	int fd;
	int skipping; /* inside a line that is too long to be one of ours */
	size_t pos, len;
	char data[4096];
};

/* More bytes behind those not yet consumed; 0 at the end of the file or on an error. */
static int
fill(struct lines *l)
{
	ssize_t n;

	memmove(l->data, l->data + l->pos, l->len - l->pos);
	l->len -= l->pos;
	l->pos = 0;
	if (l->len == sizeof l->data) {
		l->len = 0;
		l->skipping = 1;
	}
	while ((n = read(l->fd, l->data + l->len, sizeof l->data - l->len)) == -1 && errno == EINTR)
		;
	if (n <= 0)
		return 0;
	l->len += (size_t)n;
	return 1;
}

/* The next line without its newline, or NULL.  A last line without newline does not count: our
 * writer ends every line. */
static const char *
next_line(struct lines *l, size_t *len)
{
	for (;;) {
		char *start = l->data + l->pos, *newline = memchr(start, '\n', l->len - l->pos);

		if (newline == NULL) {
			if (!fill(l))
				return NULL;
			continue;
		}
		*len = (size_t)(newline - start);
		l->pos += *len + 1;
		if (!l->skipping)
			return start;
		l->skipping = 0;
	}
}

/* By name, or by ula when name is NULL. */
static enum lookup_result
look_up(const char *path, const char *name, const uint8_t *ula, struct hosts_entry *out)
{
	struct lines l = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
	enum lookup_result result = LOOKUP_NONE;
	struct hosts_entry e;
	const char *line;
	size_t len;

	if (l.fd == -1)
		return LOOKUP_NO_FILE;
	while (result == LOOKUP_NONE && (line = next_line(&l, &len)) != NULL) {
		if (hosts_parse_line(line, len, &e) != 0)
			continue;
		if (name != NULL ? !hosts_match(&e, name) : memcmp(e.ula, ula, 16) != 0)
			continue;
		*out = e;
		result = LOOKUP_FOUND;
	}
	close(l.fd);
	return result;
}

enum lookup_result
lookup_name(const char *path, const char *name, struct hosts_entry *out)
{
	return look_up(path, name, NULL, out);
}

enum lookup_result
lookup_addr(const char *path, const uint8_t ula[16], struct hosts_entry *out)
{
	return look_up(path, NULL, ula, out);
}
