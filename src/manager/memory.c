#include "manager/memory.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A line:
 *
 *   ROUTER MAC udp|tcp LOCAL EXTERNAL METHOD held|free NONCE TIME
 *   192.168.1.1 52:54:00:12:34:56 udp 192.168.1.10:4500 11.22.33.2:4500 pcp held 00..0b 1764110000
 *
 * "-" stands for what is not known.
 */

#define MEMORY_FILE "routers"
#define FIELDS 9
#define LINE_MAX_LEN 255

static const uint8_t no_mac[MEMORY_MAC_LEN];

static const struct {
	uint8_t bit;
	const char *name;
} methods[] = {
    {0, "-"}, {NAT_METHOD_PCP, "pcp"}, {NAT_METHOD_NATPMP, "natpmp"}, {NAT_METHOD_UPNP, "upnp"}};

#define METHODS (sizeof methods / sizeof methods[0])

/* ---- reading ---- */

static int
parse_hex(const char *text, uint8_t *out, size_t len, char sep)
{
	for (size_t i = 0; i < len; i++) {
		unsigned octet;

		if (i > 0 && sep != '\0' && *text++ != sep)
			return -1;
		if (strspn(text, "0123456789abcdef") < 2 || sscanf(text, "%2x", &octet) != 1)
			return -1;
		out[i] = (uint8_t)octet;
		text += 2;
	}
	return *text == '\0' ? 0 : -1;
}

static int
parse_mac(const char *text, uint8_t mac[MEMORY_MAC_LEN])
{
	return strcmp(text, "-") == 0 ? 0 : parse_hex(text, mac, MEMORY_MAC_LEN, ':');
}

static int
parse_proto(const char *text, uint8_t *proto)
{
	*proto = strcmp(text, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	return strcmp(text, "tcp") == 0 || strcmp(text, "udp") == 0 ? 0 : -1;
}

static int
parse_method(const char *text, uint8_t *method)
{
	for (size_t i = 0; i < METHODS; i++) {
		if (strcmp(text, methods[i].name) != 0)
			continue;
		*method = methods[i].bit;
		return 0;
	}
	return -1;
}

static int
parse_external(const char *text, struct endpoint *ep)
{
	if (strcmp(text, "-") == 0)
		return 0;
	return endpoint_parse(text, 0, ep) == 0 && ep->port != 0 ? 0 : -1;
}

static int
parse_held(const char *text, uint8_t *held)
{
	*held = strcmp(text, "held") == 0;
	return *held || strcmp(text, "free") == 0 ? 0 : -1;
}

static int
parse_time(const char *text, uint64_t *sec)
{
	char *end;

	if (strspn(text, "0123456789") == 0)
		return -1;
	errno = 0;
	*sec = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? 0 : -1;
}

static int
split(char *line, char *field[FIELDS])
{
	char *save, *word = strtok_r(line, " ", &save);
	int n = 0;

	for (; word != NULL; word = strtok_r(NULL, " ", &save)) {
		if (n == FIELDS)
			return -1;
		field[n++] = word;
	}
	return n == FIELDS ? 0 : -1;
}

static int
parse_line(char *line, struct memory_record *r)
{
	char *f[FIELDS];

	memset(r, 0, sizeof *r);
	if (split(line, f) != 0 || endpoint_parse(f[0], 0, &r->gateway) != 0 ||
	    r->gateway.port != 0 || parse_mac(f[1], r->mac) != 0 ||
	    parse_proto(f[2], &r->proto) != 0 || endpoint_parse(f[3], 0, &r->local) != 0 ||
	    r->local.port == 0 || r->local.family != r->gateway.family ||
	    parse_external(f[4], &r->external) != 0 || parse_method(f[5], &r->method) != 0 ||
	    parse_held(f[6], &r->held) != 0 || parse_hex(f[7], r->nonce, NAT_NONCE_LEN, 0) != 0 ||
	    parse_time(f[8], &r->used_sec) != 0)
		return -1;
	if (r->external.family != 0 && r->external.family != r->local.family)
		return -1;
	return r->held && (r->external.family == 0 || r->method == 0) ? -1 : 0;
}

unsigned
memory_parse(struct memory *m, const char *text, size_t len)
{
	const char *end = text + len, *eol;
	char line[LINE_MAX_LEN + 1];
	unsigned wrong = 0;

	m->count = 0;
	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (eol == NULL)
			eol = end;
		if (*text == '#' || eol == text)
			continue;
		if (eol - text > LINE_MAX_LEN || m->count == MEMORY_MAX ||
		    memchr(text, '\0', (size_t)(eol - text)) != NULL) {
			wrong++;
			continue;
		}
		memcpy(line, text, (size_t)(eol - text));
		line[eol - text] = '\0';
		if (parse_line(line, &m->record[m->count]) == 0)
			m->count++;
		else
			wrong++;
	}
	return wrong;
}

/* ---- writing ---- */

static const char *
hex(const uint8_t *data, size_t len, const char *sep, char *out)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < len; i++)
		used += (size_t)sprintf(out + used, "%s%02x", i == 0 ? "" : sep, data[i]);
	return out;
}

static const char *
method_name(uint8_t method)
{
	for (size_t i = 0; i < METHODS; i++)
		if (methods[i].bit == method)
			return methods[i].name;
	return "-";
}

static size_t
print_record(const struct memory_record *r, char *out, size_t size)
{
	char gateway[ADDR_TEXT_MAX], mac[3 * MEMORY_MAC_LEN] = "-", nonce[2 * NAT_NONCE_LEN + 1];
	char local[ENDPOINT_TEXT_MAX], external[ENDPOINT_TEXT_MAX] = "-";

	if (memcmp(r->mac, no_mac, sizeof no_mac) != 0)
		hex(r->mac, MEMORY_MAC_LEN, ":", mac);
	if (r->external.family != 0)
		endpoint_text(&r->external, external);
	return (size_t)snprintf(out, size, "%s %s %s %s %s %s %s %s %" PRIu64 "\n",
	    endpoint_addr_text(&r->gateway, gateway), mac, r->proto == IPPROTO_TCP ? "tcp" : "udp",
	    endpoint_text(&r->local, local), external, method_name(r->method),
	    r->held ? "held" : "free", hex(r->nonce, NAT_NONCE_LEN, "", nonce), r->used_sec);
}

size_t
memory_print(const struct memory *m, char out[MEMORY_TEXT_MAX])
{
	size_t used = 0, len;

	for (unsigned i = 0; i < m->count; i++) {
		len = print_record(&m->record[i], out + used, MEMORY_TEXT_MAX - used);
		if (len >= MEMORY_TEXT_MAX - used)
			break;
		used += len;
	}
	return used;
}

/* ---- asking ---- */

static int
is_router(const struct memory_record *r, const struct endpoint *gateway,
    const uint8_t mac[MEMORY_MAC_LEN])
{
	return endpoint_same_addr(&r->gateway, gateway) &&
	    (memcmp(r->mac, mac, MEMORY_MAC_LEN) == 0 ||
		memcmp(r->mac, no_mac, sizeof no_mac) == 0 ||
		memcmp(mac, no_mac, sizeof no_mac) == 0);
}

/* Our address there may be another one than last time; the port is what counts.  Of two that fit
 * the one with the same address. */
struct memory_record *
memory_find(struct memory *m, const struct endpoint *gateway, const uint8_t mac[MEMORY_MAC_LEN],
    uint8_t proto, const struct endpoint *local)
{
	struct memory_record *found = NULL;

	for (unsigned i = 0; i < m->count; i++) {
		struct memory_record *r = &m->record[i];

		if (!is_router(r, gateway, mac) || r->proto != proto ||
		    r->local.port != local->port)
			continue;
		if (found == NULL || endpoint_same_addr(&r->local, local))
			found = r;
	}
	return found;
}

static struct memory_record *
room(struct memory *m)
{
	unsigned oldest = 0;

	if (m->count < MEMORY_MAX)
		return &m->record[m->count++];
	for (unsigned i = 1; i < m->count; i++)
		if (m->record[i].used_sec < m->record[oldest].used_sec)
			oldest = i;
	return &m->record[oldest];
}

struct memory_record *
memory_take(struct memory *m, const struct endpoint *gateway, const uint8_t mac[MEMORY_MAC_LEN],
    uint8_t proto, const struct endpoint *local, const uint8_t nonce[NAT_NONCE_LEN],
    uint64_t now_sec)
{
	struct memory_record *r = memory_find(m, gateway, mac, proto, local);

	/* At another address of ours the old mapping may still stand: it needs its own record. */
	if (r != NULL && (endpoint_same_addr(&r->local, local) || !r->held)) {
		r->local = *local;
		r->used_sec = now_sec;
		if (memcmp(mac, no_mac, sizeof no_mac) != 0)
			memcpy(r->mac, mac, MEMORY_MAC_LEN);
		return r;
	}
	r = room(m);
	*r = (struct memory_record) {
	    .gateway = *gateway, .proto = proto, .local = *local, .used_sec = now_sec};
	memcpy(r->mac, mac, MEMORY_MAC_LEN);
	memcpy(r->nonce, nonce, NAT_NONCE_LEN);
	return r;
}

uint8_t
memory_method(
    const struct memory *m, const struct endpoint *gateway, const uint8_t mac[MEMORY_MAC_LEN])
{
	uint64_t latest = 0;
	uint8_t method = 0;

	for (unsigned i = 0; i < m->count; i++) {
		const struct memory_record *r = &m->record[i];

		if (!is_router(r, gateway, mac) || r->method == 0 || r->used_sec < latest)
			continue;
		latest = r->used_sec;
		method = r->method;
	}
	return method;
}

/* ---- the file ---- */

static int
path_of(const char *state_dir, char out[PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s/%s", state_dir, MEMORY_FILE);

	if (n > 0 && n < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int
memory_load(struct memory *m, const char *state_dir)
{
	char path[PATH_MAX], *text = malloc(MEMORY_TEXT_MAX);
	ssize_t len = -1;
	unsigned wrong;

	m->count = 0;
	if (text != NULL && path_of(state_dir, path) == 0)
		len = file_read(path, text, MEMORY_TEXT_MAX);
	if (len >= 0 && (wrong = memory_parse(m, text, (size_t)len)) > 0)
		log_notice("%s: %u lines make no sense and are left out", path, wrong);
	free(text);
	return len >= 0 || errno == ENOENT ? 0 : -1;
}

int
memory_save(const struct memory *m, const char *state_dir)
{
	char path[PATH_MAX], *text = malloc(MEMORY_TEXT_MAX);
	int rc = -1;

	if (text != NULL && path_of(state_dir, path) == 0)
		rc = file_write_atomic(path, text, memory_print(m, text), 0600);
	free(text);
	return rc;
}
