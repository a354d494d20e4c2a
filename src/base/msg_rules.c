#include "base/log.h"
#include "base/msg/rule.h"
#include "base/str.h"

#include <assert.h>
#include <string.h>

/* ---- fields ---- */

int
msg_text_ok(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len == size)
		return 0;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
			return 0;
	return 1;
}

int
msg_hostname_ok(const char name[MSG_NAME_MAX])
{
	return msg_text_ok(name, MSG_NAME_MAX) && str_is_hostname(name, 0);
}

int
msg_endpoints_ok(const struct endpoint *ep, size_t n, size_t max)
{
	if (n > max)
		return 0;
	for (size_t i = 0; i < max; i++) {
		if (!endpoint_valid(&ep[i]) || (ep[i].family == 0) != (i >= n))
			return 0;
		if (i < n && ep[i].port == 0)
			return 0;
	}
	return 1;
}

int
msg_zero(const void *p, size_t len)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++)
		if (b[i] != 0)
			return 0;
	return 1;
}

/* ---- what every worker says or hears ---- */

const char *
msg_valid_empty(const union msg *m)
{
	return m->hdr.id == 0 ? NULL : "id";
}

const char *
msg_valid_id(const union msg *m)
{
	return m->hdr.id != 0 ? NULL : "id";
}

static const char *
valid_hello(const union msg *m)
{
	return m->hello.version == MSG_VERSION ? NULL : "version";
}

const char *
msg_valid_log_level(const union msg *m)
{
	return m->log_level.level <= LOG_LEVEL_DEBUG ? NULL : "level";
}

#define FIRST MSG_HELLO

static const struct msg_rule rules[] = {
    MSG_RULE(MSG_HELLO, "hello", WORKERS, MANAGER, hello, 0, valid_hello),
    MSG_RULE(MSG_QUIT, "quit", MANAGER, WORKERS, quit, 0, msg_valid_empty),
    MSG_RULE(MSG_LOG_LEVEL, "log level", MANAGER, WORKERS, log_level, 0, msg_valid_log_level),
};

static const struct msg_rules worker_rules = {FIRST, sizeof rules / sizeof rules[0], rules};

/* ---- any message ---- */

static_assert(sizeof(struct endpoint) == 24, "endpoint");
static_assert(sizeof(union msg) == MSG_SIZE_MAX, "union");

static const struct msg_rules *const tables[] = {
    &worker_rules, &msg_natpmp_rules, &msg_dns_rules, &msg_ipsec_rules, &msg_ctl_rules};

static const struct msg_rule *
find_rule(uint16_t type)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		const struct msg_rules *t = tables[i];

		if (type >= t->first && type - t->first < t->count)
			return t->rule[type - t->first].name != NULL ? &t->rule[type - t->first]
								     : NULL;
	}
	return NULL;
}

uint32_t
msg_size(uint16_t type)
{
	const struct msg_rule *r = find_rule(type);

	return r == NULL ? 0 : r->size;
}

const char *
msg_name(uint16_t type)
{
	const struct msg_rule *r = find_rule(type);

	return r == NULL ? "unknown" : r->name;
}

int
msg_check(const union msg *m, uint32_t len, enum msg_role from, enum msg_role to, int has_fd,
    const char **why)
{
	const struct msg_rule *r;

	*why = "shorter than its header";
	if (len < sizeof m->hdr)
		return -1;
	*why = "unknown type";
	if ((r = find_rule(m->hdr.type)) == NULL)
		return -1;
	*why = "not permitted in this direction";
	if ((r->from & MSG_ROLE(from)) == 0 || (r->to & MSG_ROLE(to)) == 0)
		return -1;
	*why = "wrong length";
	if (len != r->size)
		return -1;
	*why = r->fd ? "descriptor missing" : "descriptor not expected";
	if (has_fd != r->fd)
		return -1;
	*why = r->valid(m);
	return *why == NULL ? 0 : -1;
}

void
msg_begin(union msg *m, enum msg_type type, uint32_t id)
{
	memset(m, 0, msg_size((uint16_t)type));
	m->hdr.type = (uint16_t)type;
	m->hdr.id = id;
}
