#include "dnsupdate/wire/status.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define STATUS_VERSION "1"
#define VALUE_MAX 256 /* a string of TXT data, and NUL */

/* One table for both directions; autotunnel-records(7) lists the same words. */
static const char *const nat_words[NAT_KIND_MAX] = {
    [NAT_KIND_UNKNOWN] = "unknown",
    [NAT_KIND_NONE] = "none",
    [NAT_KIND_NATPMP] = "natpmp",
    [NAT_KIND_PCP] = "pcp",
    [NAT_KIND_UPNP] = "upnp",
    [NAT_KIND_DOUBLE] = "double",
    [NAT_KIND_UNMAPPED] = "unmapped",
};

static const char *const inbound_words[INBOUND_MAX] = {
    [INBOUND_UNKNOWN] = "unknown",
    [INBOUND_YES] = "yes",
    [INBOUND_NO] = "no",
};

/* The word's place in the list; 0, "unknown", when it is not there. */
static unsigned
find_word(const char *text, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (strcasecmp(text, words[i]) == 0)
			return i;
	return 0;
}

const char *
nat_kind_text(unsigned kind)
{
	return kind < NAT_KIND_MAX ? nat_words[kind] : NULL;
}

enum nat_kind
nat_kind_parse(const char *text)
{
	return (enum nat_kind)find_word(text, nat_words, NAT_KIND_MAX);
}

const char *
inbound_text(unsigned inbound)
{
	return inbound < INBOUND_MAX ? inbound_words[inbound] : NULL;
}

enum inbound
inbound_parse(const char *text)
{
	return (enum inbound)find_word(text, inbound_words, INBOUND_MAX);
}

static int
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return 0;
	return 1;
}

/* "e=" and "x=" */
struct stamp {
	char epoch[32], expires[32];
};

static struct stamp
make_stamp(uint64_t epoch, uint64_t expires_sec)
{
	struct stamp s;

	snprintf(s.epoch, sizeof(s.epoch), "e=%" PRIu64, epoch);
	snprintf(s.expires, sizeof(s.expires), "x=%" PRIu64, expires_sec);
	return s;
}

int
status_withdrawn_to_txt(uint64_t epoch, uint64_t since_sec, struct rdata *out)
{
	struct stamp s = make_stamp(epoch, since_sec);
	const char *strings[] = {"v=" STATUS_VERSION, s.epoch, s.expires};

	return rdata_txt(out, strings, sizeof(strings) / sizeof(strings[0]));
}

int
status_to_txt(const struct host_status *s, struct rdata *out)
{
	struct stamp stamp = make_stamp(s->epoch, s->expires_sec);
	char nat[32], in[32], os[MSG_WORD_MAX + 4];
	const char *strings[] = {"v=" STATUS_VERSION, stamp.epoch, stamp.expires, nat, in, os};

	if (s->nat >= NAT_KIND_MAX || s->inbound >= INBOUND_MAX || s->os[0] == '\0' ||
	    strnlen(s->os, sizeof(s->os)) == sizeof(s->os) || !is_printable(s->os))
		return -1;
	snprintf(nat, sizeof(nat), "nat=%s", nat_words[s->nat]);
	snprintf(in, sizeof(in), "in=%s", inbound_words[s->inbound]);
	snprintf(os, sizeof(os), "os=%s", s->os);
	return rdata_txt(out, strings, sizeof(strings) / sizeof(strings[0]));
}

/* Decimal digits only; 0 for anything else or too large a number. */
static uint64_t
parse_u64(const char *text)
{
	uint64_t v = 0;

	if (*text == '\0')
		return 0;
	for (; *text != '\0'; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return 0;
		v = v * 10 + digit;
	}
	return v;
}

/* Near the end of the range there would be no next one for ever. */
static uint64_t
parse_epoch(const char *text)
{
	uint64_t epoch = parse_u64(text);

	return epoch < MSG_EPOCH_MAX ? epoch : 0;
}

static void
set_os(struct host_status *s, const char *value)
{
	if (strlen(value) < sizeof(s->os) && is_printable(value))
		str_copy(s->os, sizeof(s->os), value);
}

enum key { KEY_VERSION, KEY_EPOCH, KEY_EXPIRES, KEY_NAT, KEY_INBOUND, KEY_OS, KEY_MAX };

static enum key
find_key(const char *name)
{
	static const char *const names[KEY_MAX] = {"v", "e", "x", "nat", "in", "os"};
	unsigned i;

	for (i = 0; i < KEY_MAX && strcasecmp(name, names[i]) != 0; i++)
		;
	return (enum key)i;
}

static void
set_field(struct host_status *s, enum key key, const char *value)
{
	switch (key) {
	case KEY_EPOCH:
		s->epoch = parse_epoch(value);
		break;
	case KEY_EXPIRES:
		s->expires_sec = parse_u64(value);
		break;
	case KEY_NAT:
		s->nat = (uint8_t)nat_kind_parse(value);
		break;
	case KEY_INBOUND:
		s->inbound = (uint8_t)inbound_parse(value);
		break;
	case KEY_OS:
		set_os(s, value);
		break;
	case KEY_VERSION:
	case KEY_MAX:
		break;
	}
}

/* Split "key=value" of a TXT string.  0, or -1 for one without '='; a NUL would hide what is
 * behind it. */
static int
split(const uint8_t *string, size_t len, char text[VALUE_MAX], char **value)
{
	memcpy(text, string, len);
	text[len] = '\0';
	*value = strchr(text, '=');
	if (*value == NULL || strlen(text) != len)
		return -1;
	*(*value)++ = '\0';
	return 0;
}

int
status_from_txt(struct host_status *out, const struct rdata *txt)
{
	char text[VALUE_MAX], *value;
	int seen[KEY_MAX] = {0};
	int is_ours = 0;
	const uint8_t *string;
	size_t pos = 0, len;

	memset(out, 0, sizeof(*out));
	while (txt->type == TYPE_TXT && (string = rdata_txt_next(txt, &pos, &len)) != NULL) {
		enum key key;

		if (split(string, len, text, &value) == -1)
			continue;
		key = find_key(text);
		if (key == KEY_MAX || seen[key]++)
			continue;
		if (key == KEY_VERSION)
			is_ours = strcmp(value, STATUS_VERSION) == 0;
		set_field(out, key, value);
	}
	if (!is_ours)
		memset(out, 0, sizeof(*out));
	return is_ours ? 0 : -1;
}
