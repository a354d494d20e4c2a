#include "manager/known.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME "server"

static int
parse_server(const char *line, struct known *k)
{
	struct dns_server *s = &k->server[k->count];
	int tls = strncmp(line, "tls ", 4) == 0;
	const char *addr = tls ? line + 4 : line + 6;
	char again[ENDPOINT_TEXT_MAX];

	if ((!tls && strncmp(line, "plain ", 6) != 0) || k->count == MSG_KNOWN_MAX ||
	    endpoint_parse(addr, 0, &s->ep) != 0 || s->ep.port == 0 ||
	    strcmp(endpoint_text(&s->ep, again), addr) != 0)
		return -1;
	s->tls = (uint8_t)tls;
	k->count++;
	return 0;
}

static int
parse_line(const char *line, unsigned number, const char *domain, struct known *k)
{
	if (number == 0)
		return strncmp(line, "domain ", 7) == 0 && strcmp(line + 7, domain) == 0 ? 0 : -1;
	if (strcmp(line, "tls-seen") == 0 && !k->tls_seen && k->count == 0) {
		k->tls_seen = 1;
		return 0;
	}
	return parse_server(line, k);
}

int
known_parse(const char *text, const char *domain, struct known *out)
{
	char line[MSG_NAME_MAX + 16];
	unsigned number = 0;
	int rc = 0;

	memset(out, 0, sizeof *out);
	while (*text != '\0' && rc == 0) {
		size_t len = strcspn(text, "\n");

		if (text[len] != '\n' || len >= sizeof line) {
			rc = -1;
			break;
		}
		memcpy(line, text, len);
		line[len] = '\0';
		rc = parse_line(line, number++, domain, out);
		text += len + 1;
	}
	if (rc != 0 || number == 0)
		memset(out, 0, sizeof *out);
	return number == 0 ? -1 : rc;
}

int
known_print(const struct known *k, const char *domain, char out[KNOWN_TEXT_MAX])
{
	char addr[ENDPOINT_TEXT_MAX];
	int n =
	    snprintf(out, KNOWN_TEXT_MAX, "domain %s\n%s", domain, k->tls_seen ? "tls-seen\n" : "");

	for (unsigned i = 0; i < k->count; i++)
		n += snprintf(out + n, (size_t)(KNOWN_TEXT_MAX - n), "%s %s\n",
		    k->server[i].tls ? "tls" : "plain", endpoint_text(&k->server[i].ep, addr));
	return n;
}

static int
make_path(const char *statedir, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/" FILE_NAME, statedir) < PATH_MAX ? 0 : -1;
}

void
known_load(const char *statedir, const char *domain, struct known *out)
{
	char path[PATH_MAX], text[KNOWN_TEXT_MAX + 1];
	ssize_t len;

	memset(out, 0, sizeof *out);
	if (make_path(statedir, path) != 0)
		return;
	len = file_read(path, text, KNOWN_TEXT_MAX);
	if (len < 0) {
		if (errno != ENOENT)
			log_warn("%s: the server is looked for anew", path);
		return;
	}
	text[len] = '\0';
	if (strlen(text) != (size_t)len || known_parse(text, domain, out) != 0)
		log_notice(
		    "%s: not of this account, or damaged: the server is looked for anew", path);
}

int
known_save(const char *statedir, const char *domain, const struct known *k)
{
	char path[PATH_MAX], text[KNOWN_TEXT_MAX];

	if (make_path(statedir, path) != 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return file_write_atomic(path, text, (size_t)known_print(k, domain, text), 0600);
}
