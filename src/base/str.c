#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int
str_copy(char *out, size_t size, const char *text)
{
	int n = snprintf(out, size, "%s", text);

	return n < 0 || (size_t)n >= size ? -1 : 0;
}

static int
is_label_char(char c, int underscore)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || (underscore && c == '_');
}

static int
is_label(const char *label, size_t len, int underscore)
{
	if (len < 1 || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!is_label_char(label[i], underscore))
			return 0;
	return 1;
}

int
str_is_hostname(const char *name, int underscore)
{
	if (strlen(name) > 253)
		return 0;
	for (;;) {
		size_t len = strcspn(name, ".");

		if (!is_label(name, len, underscore))
			return 0;
		if (name[len] == '\0')
			return 1;
		name += len + 1;
	}
}

void
str_lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

int
str_in_domain(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	if (n < d || strcasecmp(name + n - d, domain) != 0)
		return 0;
	return n == d || name[n - d - 1] == '.';
}

int
str_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	unsigned long v;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

char *
str_trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]) != NULL)
		*--end = '\0';
	return text;
}

void
str_cut_comment(char *line)
{
	for (char *p = strchr(line, '#'); p != NULL; p = strchr(p + 1, '#')) {
		if (p == line || p[-1] == ' ' || p[-1] == '\t') {
			*p = '\0';
			return;
		}
	}
}
