#include "base/hosts.h"

#include <arpa/inet.h>
#include <string.h>

/* Part of the NSS module too, so it lives on libc alone and allocates nothing. */

/* ASCII only: strcasecmp follows the program's locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int
equal_names(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return 0;
	return 1;
}

static int
is_name_char(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* A name that a program can use as it stands; the writer has checked the rest. */
static int
is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!is_name_char(name[i]))
			return 0;
	return len > 0 && name[0] != '.' && name[0] != '-' && name[len - 1] != '.';
}

/* The field up to the next space or the end; -1 when it is empty or too long. */
static int
take_field(const char **pos, const char *end, char *out, size_t size)
{
	const char *space = memchr(*pos, ' ', (size_t)(end - *pos));
	size_t len = (size_t)((space == NULL ? end : space) - *pos);

	if (len == 0 || len >= size || memchr(*pos, '\0', len) != NULL)
		return -1;
	memcpy(out, *pos, len);
	out[len] = '\0';
	*pos += len + (space != NULL);
	return 0;
}

int
hosts_parse_line(const char *line, size_t len, struct hosts_entry *out)
{
	const char *end = line + len;
	struct hosts_entry e;
	char addr[INET6_ADDRSTRLEN];

	if (len == 0 || end[-1] == ' ')
		return -1;
	if (take_field(&line, end, addr, sizeof addr) != 0 ||
	    take_field(&line, end, e.name, sizeof e.name) != 0 ||
	    take_field(&line, end, e.short_name, sizeof e.short_name) != 0 || line != end)
		return -1;
	if (inet_pton(AF_INET6, addr, e.ula) != 1 || (e.ula[0] & 0xfe) != 0xfc)
		return -1;
	if (!is_name(e.name) || !is_name(e.short_name))
		return -1;
	*out = e;
	return 0;
}

int
hosts_match(const struct hosts_entry *e, const char *name)
{
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == '.')
		return strlen(e->name) == len - 1 && equal_names(e->name, name, len - 1);
	return (strlen(e->name) == len && equal_names(e->name, name, len)) ||
	    (strlen(e->short_name) == len && equal_names(e->short_name, name, len));
}
