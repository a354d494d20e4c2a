#include "manager/recall.h"

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "peers"
#define FILE_MAX ((MSG_PEERS_MAX + 1) * RECALL_LINE_MAX)

/* ---- a line ---- */

static const char *
ula_text(const uint8_t ula[16], char out[ADDR_TEXT_MAX])
{
	static const uint8_t none[16];

	return memcmp(ula, none, sizeof none) == 0 ? "-" : ip6_text(ula, out);
}

/* A word of somebody else's; one that would be two is not kept. */
static const char *
os_text(const char *os)
{
	return os[0] == '\0' || strchr(os, ' ') != NULL ? "-" : os;
}

size_t
recall_print(const struct msg_dns_peer *p, char out[RECALL_LINE_MAX])
{
	char text[ENDPOINT_TEXT_MAX > ADDR_TEXT_MAX ? ENDPOINT_TEXT_MAX : ADDR_TEXT_MAX];
	int n = snprintf(out, RECALL_LINE_MAX, "%s %s %" PRIu64 " %" PRIu64 " %u %u %s", p->name,
	    ula_text(p->ula, text), p->epoch, p->expires_sec, p->nat, p->inbound, os_text(p->os));

	for (unsigned i = 0; i < p->contacts; i++)
		n += snprintf(out + n, (size_t)(RECALL_LINE_MAX - n), " %u/%u/%s",
		    p->contact[i].priority, p->contact[i].weight,
		    endpoint_text(&p->contact[i], text));
	return (size_t)n;
}

static int
parse_contact(const char *word, struct msg_dns_peer *p)
{
	struct endpoint *ep = &p->contact[p->contacts];
	unsigned priority, weight;
	int at = 0;

	if (p->contacts == MSG_CONTACTS_MAX ||
	    sscanf(word, "%5u/%5u/%n", &priority, &weight, &at) != 2 || at == 0 ||
	    priority > UINT16_MAX || weight > UINT16_MAX || endpoint_parse(word + at, 0, ep) != 0)
		return -1;
	ep->priority = (uint16_t)priority;
	ep->weight = (uint16_t)weight;
	p->contacts++;
	return 0;
}

/* The words before the contacts. */
static int
parse_word(unsigned number, const char *word, struct msg_dns_peer *p)
{
	int none = strcmp(word, "-") == 0;
	unsigned long value = 0;

	if (number >= 2 && number <= 5 && str_number(word, 0, ULONG_MAX, &value) == -1)
		return -1;
	switch (number) {
	case 0:
		return str_copy(p->name, sizeof p->name, word);
	case 1:
		return none || inet_pton(AF_INET6, word, p->ula) == 1 ? 0 : -1;
	case 2:
		p->epoch = value;
		return 0;
	case 3:
		p->expires_sec = value;
		return 0;
	case 4:
		p->nat = (uint8_t)value;
		return value > UINT8_MAX ? -1 : 0;
	case 5:
		p->inbound = (uint8_t)value;
		return value > UINT8_MAX ? -1 : 0;
	default:
		return none ? 0 : str_copy(p->os, sizeof p->os, word);
	}
}

/* As from the dnsupdate worker, so that nothing gets in this way that would not by DNS. */
static int
is_valid(const struct msg_dns_peer *p, const char *domain)
{
	union msg m;
	const char *why;

	memset(&m, 0, sizeof m);
	m.dns_peer = *p;
	return str_in_domain(p->name, domain) &&
	    msg_check(&m, sizeof m.dns_peer, ROLE_DNSUPDATE, ROLE_MANAGER, 0, &why) == 0;
}

int
recall_parse(const char *line, const char *domain, struct msg_dns_peer *out)
{
	char words[RECALL_LINE_MAX], again[RECALL_LINE_MAX], *save = NULL;
	unsigned number = 0;

	memset(out, 0, sizeof *out);
	out->hdr.type = MSG_DNS_PEER;
	out->present = 1;
	if (str_copy(words, sizeof words, line) == -1)
		return -1;
	for (char *word = strtok_r(words, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save), number++)
		if ((number < 7 ? parse_word(number, word, out) : parse_contact(word, out)) == -1)
			return -1;
	if (number < 7 || !is_valid(out, domain))
		return -1;
	recall_print(out, again);
	return strcmp(again, line) == 0 ? 0 : -1;
}

int
recall_differs(const struct msg_dns_peer *a, const struct msg_dns_peer *b)
{
	struct msg_dns_peer other = *b;

	other.epoch = a->epoch;
	other.expires_sec = a->expires_sec;
	return memcmp(a, &other, sizeof other) != 0;
}

/* ---- the file ---- */

static int
make_path(const char *statedir, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/" FILE_NAME, statedir) < PATH_MAX ? 0 : -1;
}

/* How many lines were damaged. */
static unsigned
load_lines(char *text, const char *domain,
    void (*learn)(void *ctx, const struct msg_dns_peer *peer), void *ctx)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);
	struct msg_dns_peer peer;
	unsigned damaged = 0;

	if (line == NULL || strncmp(line, "domain ", 7) != 0)
		return 1;
	if (strcmp(line + 7, domain) != 0)
		return 0;
	while ((line = strtok_r(NULL, "\n", &save)) != NULL)
		if (recall_parse(line, domain, &peer) == 0)
			learn(ctx, &peer);
		else
			damaged++;
	return damaged;
}

void
recall_load(const char *statedir, const char *domain,
    void (*learn)(void *ctx, const struct msg_dns_peer *peer), void *ctx)
{
	char path[PATH_MAX], *text = malloc(FILE_MAX + 1);
	ssize_t len;

	if (text == NULL)
		fatalx("out of memory");
	if (make_path(statedir, path) == 0 && (len = file_read(path, text, FILE_MAX)) != -1) {
		text[len] = '\0';
		if (load_lines(text, domain, learn, ctx) > 0)
			log_warnx(
			    "%s: damaged in part: those machines are found by DNS only", path);
	} else if (errno != ENOENT) {
		log_warn("%s: the other machines are found by DNS only", path);
	}
	free(text);
}

int
recall_save(
    const char *statedir, const char *domain, const struct msg_dns_peer *const *peers, size_t count)
{
	char path[PATH_MAX], line[RECALL_LINE_MAX], *text = NULL;
	size_t len = 0;
	FILE *f;
	int rc;

	if (make_path(statedir, path) == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	f = open_memstream(&text, &len);
	if (f == NULL)
		return -1;
	fprintf(f, "domain %s\n", domain);
	for (size_t i = 0; i < count; i++) {
		recall_print(peers[i], line);
		fprintf(f, "%s\n", line);
	}
	if (fclose(f) != 0) {
		free(text);
		return -1;
	}
	rc = file_write_atomic(path, text, len, 0600);
	free(text);
	return rc;
}
