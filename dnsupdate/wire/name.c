#include "dnsupdate/wire/name.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define POINTER 0xc0u
#define POINTER_OFFSET_MAX 0x3fffu

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One character of text, escapes undone, moves *text past it.  -1 for a broken escape. */
static int
unescape(const char **text)
{
	const char *t = *text;
	int v;

	if (*t != '\\') {
		*text = t + 1;
		return (uint8_t)*t;
	}
	t++;
	if (is_digit(t[0]) && is_digit(t[1]) && is_digit(t[2])) {
		v = (t[0] - '0') * 100 + (t[1] - '0') * 10 + (t[2] - '0');
		*text = t + 3;
		return v > 255 ? -1 : v;
	}
	if (*t == '\0' || is_digit(*t))
		return -1;
	*text = t + 1;
	return (uint8_t)*t;
}

/* Append one label of text to n (which has no root label yet); *text ends at '.' or NUL. */
static int
append_label(struct name *n, const char **text)
{
	size_t at = n->len;
	size_t len = 0;
	int c;

	while (**text != '\0' && **text != '.') {
		c = unescape(text);
		/* two more octets must stay free: this label's length, the root */
		if (c < 0 || len == NAME_LABEL_MAX || at + len + 2 >= NAME_WIRE_MAX)
			return -1;
		len++;
		n->wire[at + len] = lower((uint8_t)c);
	}
	if (len == 0)
		return -1;
	n->wire[at] = (uint8_t)len;
	n->len = (uint8_t)(at + len + 1);
	return 0;
}

int
name_parse(struct name *out, const char *text)
{
	struct name n = {0};

	if (strcmp(text, ".") == 0)
		text++;
	while (*text != '\0') {
		if (append_label(&n, &text) == -1)
			return -1;
		if (*text == '.')
			text++;
	}
	n.wire[n.len++] = 0;
	*out = n;
	return 0;
}

const char *
name_text(const struct name *n, char out[NAME_TEXT_MAX])
{
	size_t at = 0, o = 0;

	while (at < n->len && n->wire[at] != 0) {
		size_t end = at + 1 + n->wire[at];

		if (o > 0)
			out[o++] = '.';
		for (at++; at < end; at++) {
			uint8_t c = n->wire[at];

			if (c <= ' ' || c >= 0x7f)
				o += (size_t)snprintf(out + o, NAME_TEXT_MAX - o, "\\%03u", c);
			else if (strchr(".\\\"();@$", c) != NULL)
				o += (size_t)snprintf(out + o, NAME_TEXT_MAX - o, "\\%c", c);
			else
				out[o++] = (char)c;
		}
	}
	if (o == 0)
		out[o++] = '.';
	out[o] = '\0';
	return out;
}

int
name_host(const struct name *n, char out[MSG_NAME_MAX])
{
	char text[NAME_TEXT_MAX];

	if (!str_is_hostname(name_text(n, text), 1))
		return -1;
	return str_copy(out, MSG_NAME_MAX, text);
}

int
name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

int
name_in(const struct name *n, const struct name *domain)
{
	size_t at = 0;

	/* at label borders only: nothing ends in the middle of one */
	while (at < n->len) {
		size_t left = n->len - at;

		if (left == domain->len && memcmp(n->wire + at, domain->wire, left) == 0)
			return 1;
		at += 1 + (size_t)n->wire[at];
	}
	return 0;
}

int
name_prepend(struct name *out, const char *prefix, const struct name *base)
{
	struct name n;

	if (name_parse(&n, prefix) == -1 || n.len - 1 + base->len > NAME_WIRE_MAX)
		return -1;
	memcpy(n.wire + n.len - 1, base->wire, base->len);
	n.len = (uint8_t)(n.len - 1 + base->len);
	*out = n;
	return 0;
}

int
name_strip(struct name *out, const struct name *n, unsigned count)
{
	struct name stripped = {0};
	size_t at = 0;

	while (count > 0 && at < n->len && n->wire[at] != 0) {
		at += 1 + (size_t)n->wire[at];
		count--;
	}
	if (count > 0 || at >= n->len)
		return -1;
	stripped.len = (uint8_t)(n->len - at);
	memcpy(stripped.wire, n->wire + at, stripped.len);
	*out = stripped;
	return 0;
}

unsigned
name_labels(const struct name *n)
{
	unsigned count = 0;

	for (size_t at = 0; at < n->len && n->wire[at] != 0; at += 1 + (size_t)n->wire[at])
		count++;
	return count;
}

/* Copy a label of len octets from b; sets failed when it would leave no room for the root. */
static void
get_label(struct buf *b, size_t len, struct name *n)
{
	const uint8_t *p;

	if (n->len + len + 2 > NAME_WIRE_MAX) {
		b->failed = 1;
		return;
	}
	p = buf_take(b, len);
	if (p == NULL)
		return;
	n->wire[n->len++] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		n->wire[n->len++] = lower(p[i]);
}

void
name_get(struct buf *b, struct name *out)
{
	struct name n = {0};
	struct buf r = *b; /* follows pointers; b itself stops behind the first one */
	size_t limit = b->pos;
	unsigned jumps = 0;

	for (;;) {
		unsigned first = buf_get_u8(&r);
		size_t target;

		if (r.failed || first == 0)
			break;
		if (first <= NAME_LABEL_MAX) {
			get_label(&r, first, &n);
			continue;
		}
		target = (first & ~POINTER) << 8 | buf_get_u8(&r);
		if (jumps++ == 0)
			b->pos = r.pos;
		/* The top bits 01 and 10 mean nothing.  A pointer must lead before all that was
		 * read of this name, so there is an end; and one that leads to a pointer again and
		 * again would take a while. */
		if (r.failed || (first & POINTER) != POINTER || target >= limit ||
		    jumps > NAME_JUMPS_MAX) {
			r.failed = 1;
			break;
		}
		limit = target;
		r.pos = target;
	}
	if (jumps == 0)
		b->pos = r.pos;
	if (r.failed) {
		b->failed = 1;
		memset(&n, 0, sizeof(n));
	}
	n.wire[n.len++] = 0;
	*out = n;
}

void
name_put(struct buf *b, const struct name *n)
{
	buf_put(b, n->wire, n->len);
}

/* Does the name that stands at offset at of the message so far equal the rest of n from label? */
static int
stands_at(const struct buf *b, uint16_t at, const struct name *n, size_t label)
{
	struct buf r = buf_reader(b->data, b->pos);
	struct name there;

	r.pos = at;
	name_get(&r, &there);
	return !r.failed && there.len == n->len - label &&
	    memcmp(there.wire, n->wire + label, there.len) == 0;
}

/* Its offset if it stands among the first count entries of table, else -1. */
static int
find(const struct buf *b, const struct name_table *table, size_t count, const struct name *n,
    size_t label)
{
	for (size_t i = 0; i < count; i++)
		if (stands_at(b, table->at[i], n, label))
			return table->at[i];
	return -1;
}

void
name_put_compressed(struct buf *b, struct name_table *table, const struct name *n)
{
	size_t before = table->count; /* no name points into itself */
	size_t label = 0;

	while (!b->failed && n->wire[label] != 0) {
		int at = find(b, table, before, n, label);
		size_t len = 1 + (size_t)n->wire[label];

		if (at >= 0) {
			buf_put_u16(b, (uint16_t)(POINTER << 8 | (unsigned)at));
			return;
		}
		if (table->count < NAME_TABLE_MAX && b->pos <= POINTER_OFFSET_MAX)
			table->at[table->count++] = (uint16_t)b->pos;
		buf_put(b, n->wire + label, len);
		label += len;
	}
	buf_put_u8(b, 0);
}
