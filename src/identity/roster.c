#include "identity/roster.h"

#include "base/str.h"
#include "crypto/hash.h"
#include "identity/base64.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNED_HEAD "autotunnel-roster-v1\n"
#define HEAD_FORMAT "v=1 s=%" PRIu32 " t=%" PRIu64 " n=%zu open=%u"

void
roster_free(struct roster *r)
{
	free(r->device);
	memset(r, 0, sizeof *r);
}

/* ---- the list ---- */

static int
compare(const void *a, const void *b)
{
	const struct roster_device *x = a, *y = b;
	int c = strcmp(x->label, y->label);

	return c != 0 ? c : memcmp(x->key, y->key, ROSTER_KEY_LEN);
}

static void
sort(struct roster *r)
{
	if (r->count > 1)
		qsort(r->device, r->count, sizeof *r->device, compare);
}

/* A new line, zero; NULL when there is no room. */
static struct roster_device *
append(struct roster *r)
{
	struct roster_device *more = r->device;

	if (r->count == ROSTER_DEVICES_MAX)
		return NULL;
	if ((r->count & (r->count - 1)) == 0) /* full at the powers of two */
		more = reallocarray(r->device, r->count == 0 ? 1 : 2 * r->count, sizeof *more);
	if (more == NULL)
		return NULL;
	r->device = more;
	return memset(&more[r->count++], 0, sizeof *more);
}

static struct roster_device *
find_key(const struct roster *r, const uint8_t key[ROSTER_KEY_LEN])
{
	for (size_t i = 0; i < r->count; i++)
		if (memcmp(r->device[i].key, key, ROSTER_KEY_LEN) == 0)
			return &r->device[i];
	return NULL;
}

static struct roster_device *
find_label(const struct roster *r, const char *label)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->device[i].state == ROSTER_OK && strcmp(r->device[i].label, label) == 0)
			return &r->device[i];
	return NULL;
}

const struct roster_device *
roster_find_key(const struct roster *r, const uint8_t key[ROSTER_KEY_LEN])
{
	return find_key(r, key);
}

const struct roster_device *
roster_find_label(const struct roster *r, const char *label)
{
	return find_label(r, label);
}

unsigned
roster_generation(const struct roster *r, const char *label, const uint8_t key[ROSTER_KEY_LEN])
{
	const struct roster_device *d = find_label(r, label);
	unsigned next = 0;

	if (d != NULL)
		return d->generation;
	for (size_t i = 0; i < r->count; i++) {
		d = &r->device[i];
		if (strcmp(d->label, label) != 0)
			continue;
		if (memcmp(d->key, key, ROSTER_KEY_LEN) == 0)
			return d->generation;
		if (d->generation >= next)
			next = d->generation + 1U;
	}
	return next;
}

int
roster_add(struct roster *r, const char *label, const uint8_t key[ROSTER_KEY_LEN])
{
	struct roster_device *d = find_key(r, key), *other = find_label(r, label);
	unsigned generation = roster_generation(r, label, key);

	if (d != NULL && d == other)
		return 0;
	if ((d != NULL && d->state != ROSTER_OK) || generation > ROSTER_GENERATION_MAX)
		return -1;
	if (other != NULL)
		other->state = ROSTER_REVOKED;
	if (d == NULL && (d = append(r)) == NULL)
		return -1;
	d->state = ROSTER_OK;
	d->generation = (uint16_t)generation;
	memcpy(d->key, key, ROSTER_KEY_LEN);
	str_copy(d->label, sizeof d->label, label);
	sort(r);
	return 1;
}

int
roster_revoke(struct roster *r, const uint8_t key[ROSTER_KEY_LEN])
{
	struct roster_device *d = find_key(r, key);

	if (d == NULL || d->state == ROSTER_REVOKED)
		return 0;
	d->state = ROSTER_REVOKED;
	return 1;
}

void
roster_key(const uint8_t public_key[ED25519_PUBLIC_LEN], uint8_t out[ROSTER_KEY_LEN])
{
	uint8_t hash[SHA256_LEN];

	sha256(public_key, ED25519_PUBLIC_LEN, hash);
	memcpy(out, hash, ROSTER_KEY_LEN);
}

/* ---- reading ---- */

static int
read_hex(const char *text, uint8_t out[ROSTER_KEY_LEN])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 2 * ROSTER_KEY_LEN; i++) {
		const char *at = text[i] == '\0' ? NULL : strchr(digits, text[i]);

		if (at == NULL)
			return -1;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (at - digits));
	}
	return text[2 * ROSTER_KEY_LEN] == '\0' ? 0 : -1;
}

static int
read_device(struct roster_device *d, const char *line)
{
	char label[ROSTER_LABEL_MAX], state[8], key[2 * ROSTER_KEY_LEN + 2], more;
	unsigned generation;

	if (sscanf(line, "%63s %7s %4u %33s%c", label, state, &generation, key, &more) != 4 ||
	    generation > ROSTER_GENERATION_MAX || read_hex(key, d->key) == -1 ||
	    !str_is_hostname(label, 0) || strchr(label, '.') != NULL)
		return -1;
	if (strcmp(state, "ok") == 0)
		d->state = ROSTER_OK;
	else if (strcmp(state, "revoked") == 0)
		d->state = ROSTER_REVOKED;
	else
		return -1;
	d->generation = (uint16_t)generation;
	str_lower(label);
	return str_copy(d->label, sizeof d->label, label);
}

static int
read_line(struct roster *r, const char *line)
{
	struct roster_device *d;

	if (line[0] == '@')
		return lineage_read_line(&r->cas, line);
	d = append(r);
	return d == NULL ? -1 : read_device(d, line);
}

/* *count: how many lines are to follow. */
static int
read_head(struct roster *r, size_t *count, const char *line)
{
	char sig[BASE64_SIZE(ED25519_SIGNATURE_LEN) + 1], more;
	unsigned open;

	/* sscanf takes a minus even for what has no sign. */
	if (strchr(line, '-') != NULL ||
	    sscanf(line, "v=1 s=%9" SCNu32 " t=%12" SCNu64 " n=%5zu open=%1u sig=%89s%c",
		&r->serial, &r->time_sec, count, &open, sig, &more) != 5 ||
	    base64_decode(sig, r->signature, sizeof r->signature) != ED25519_SIGNATURE_LEN)
		return -1;
	r->open = (uint8_t)open;
	return r->serial > 0 && open <= 1 && *count <= ROSTER_DEVICES_MAX ? 0 : -1;
}

/* Move the next line of *text to line; -1 when it is too long or not plain text. */
static int
take_line(const char **text, const char *end, char line[ROSTER_LINE_MAX])
{
	const char *stop = memchr(*text, '\n', (size_t)(end - *text));
	size_t n = (size_t)((stop == NULL ? end : stop) - *text);

	if (n >= ROSTER_LINE_MAX)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((*text)[i] < ' ' || (*text)[i] > '~')
			return -1;
	memcpy(line, *text, n);
	line[n] = '\0';
	*text += stop == NULL ? n : n + 1;
	return 0;
}

/* No key twice, no label with two machines. */
static int
is_sound(const struct roster *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct roster_device *d = &r->device[i];

		if (find_key(r, d->key) != d)
			return 0;
		if (d->state == ROSTER_OK && find_label(r, d->label) != d)
			return 0;
	}
	return 1;
}

static int
read_lines(struct roster *r, const char *text, const char *end, char why[MSG_TEXT_MAX])
{
	char line[ROSTER_LINE_MAX];
	size_t count = 0;

	if (take_line(&text, end, line) == -1 || read_head(r, &count, line) == -1) {
		snprintf(why, MSG_TEXT_MAX, "its first line is no roster's of version 1");
		return -1;
	}
	for (unsigned number = 2; text < end; number++) {
		if (take_line(&text, end, line) == 0 && read_line(r, line) == 0)
			continue;
		snprintf(why, MSG_TEXT_MAX, "its line %u is wrong", number);
		return -1;
	}
	sort(r);
	if (r->count != count)
		snprintf(why, MSG_TEXT_MAX, "it has %zu machines, not %zu", r->count, count);
	else if (!is_sound(r))
		snprintf(why, MSG_TEXT_MAX, "it lists a machine twice");
	else if (r->cas.count == 1 || !lineage_whole(&r->cas))
		snprintf(why, MSG_TEXT_MAX, "its list of certification keys is not whole");
	else
		return 0;
	return -1;
}

int
roster_parse(struct roster *r, const char *text, size_t len, char why[MSG_TEXT_MAX])
{
	memset(r, 0, sizeof *r);
	if (len <= ROSTER_TEXT_MAX && read_lines(r, text, text + len, why) == 0)
		return 0;
	if (len > ROSTER_TEXT_MAX)
		snprintf(why, MSG_TEXT_MAX, "it is longer than %d octets", ROSTER_TEXT_MAX);
	roster_free(r);
	return -1;
}

/* ---- writing and signing ---- */

struct printer {
	char *out;
	size_t size, used;
	int failed;
};

static void print(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
print(struct printer *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->out + p->used, p->size - p->used, fmt, ap);
	va_end(ap);
	p->failed |= n < 0 || (size_t)n >= p->size - p->used;
	if (!p->failed)
		p->used += (size_t)n;
}

static void
print_lines(struct printer *p, const struct roster *r)
{
	char line[LINEAGE_LINE_MAX];

	for (unsigned i = 0; i < r->cas.count; i++) {
		lineage_line(&r->cas, i, line);
		print(p, "%s\n", line);
	}
	for (size_t i = 0; i < r->count; i++) {
		const struct roster_device *d = &r->device[i];

		print(p, "%s %s %u ", d->label, d->state == ROSTER_OK ? "ok" : "revoked",
		    d->generation);
		for (size_t k = 0; k < ROSTER_KEY_LEN; k++)
			print(p, "%02x", d->key[k]);
		print(p, "\n");
	}
}

size_t
roster_print(const struct roster *r, char *out, size_t size)
{
	struct printer p = {.out = out, .size = size};
	char sig[BASE64_SIZE(ED25519_SIGNATURE_LEN)];

	base64_encode(r->signature, sizeof r->signature, sig);
	print(&p, HEAD_FORMAT " sig=%s\n", r->serial, r->time_sec, r->count, r->open, sig);
	print_lines(&p, r);
	return p.failed ? 0 : p.used;
}

/* What is signed; the caller's to free.  NULL when it is too long or there is no memory. */
static char *
signed_text(const struct roster *r, const char *domain, size_t *len)
{
	struct printer p = {.size = sizeof SIGNED_HEAD + MSG_NAME_MAX + ROSTER_TEXT_MAX};

	p.out = malloc(p.size);
	if (p.out == NULL)
		return NULL;
	print(&p, SIGNED_HEAD "%s\n" HEAD_FORMAT "\n", domain, r->serial, r->time_sec, r->count,
	    r->open);
	print_lines(&p, r);
	*len = p.used;
	if (!p.failed)
		return p.out;
	free(p.out);
	return NULL;
}

int
roster_verify(const struct roster *r, const char *domain, const uint8_t ca_key[ED25519_PUBLIC_LEN])
{
	size_t len;
	char *text = signed_text(r, domain, &len);
	int ok = text != NULL && ed25519_verify(ca_key, text, len, r->signature);

	free(text);
	if (ok && r->cas.count > 0)
		ok = lineage_valid(&r->cas, domain) &&
		    memcmp(lineage_present(&r->cas), ca_key, ED25519_PUBLIC_LEN) == 0;
	return ok;
}

int
roster_trusted(const struct roster *r, const char *domain, const struct lineage *known)
{
	const struct lineage *l = r->cas.count > 0 ? &r->cas : known;

	if (known->count == 0 || (r->cas.count == 0 && known->count > 1))
		return 0;
	return lineage_extends(l, known) && roster_verify(r, domain, lineage_present(l));
}

int
roster_sign(
    struct roster *r, const char *domain, const uint8_t ca_seed[ED25519_SEED_LEN], uint64_t now_sec)
{
	char *text, *whole = malloc(ROSTER_TEXT_MAX);
	size_t len;
	int rc = -1;

	r->serial++;
	r->time_sec = now_sec;
	text = signed_text(r, domain, &len);
	if (text != NULL && whole != NULL)
		rc = ed25519_sign(ca_seed, text, len, r->signature);
	if (rc == 0 && roster_print(r, whole, ROSTER_TEXT_MAX) == 0)
		rc = -1;
	free(text);
	free(whole);
	return rc;
}

/* ---- judging ---- */

/* Is every machine that is revoked in held so in r? */
static int
remembers(const struct roster *r, const struct roster *held)
{
	for (size_t i = 0; i < held->count; i++) {
		const struct roster_device *d = find_key(r, held->device[i].key);

		if (held->device[i].state == ROSTER_REVOKED &&
		    (d == NULL || d->state != ROSTER_REVOKED))
			return 0;
	}
	return 1;
}

static int
is_equal(const struct roster *a, const struct roster *b)
{
	if (a->count != b->count || a->time_sec != b->time_sec || a->open != b->open ||
	    a->cas.count != b->cas.count || !lineage_extends(&a->cas, &b->cas))
		return 0;
	for (size_t i = 0; i < a->count; i++)
		if (compare(&a->device[i], &b->device[i]) != 0 ||
		    a->device[i].state != b->device[i].state ||
		    a->device[i].generation != b->device[i].generation)
			return 0;
	return 1;
}

enum roster_verdict
roster_judge(const struct roster *held, const struct roster *offered)
{
	if (offered->serial < held->serial)
		return ROSTER_OLDER;
	if (offered->serial == held->serial)
		return is_equal(held, offered) ? ROSTER_SAME : ROSTER_DIVERGES;
	return remembers(offered, held) ? ROSTER_NEWER : ROSTER_FORGETS;
}

/* Take over one line of a held roster: a revocation always, a machine when its label is free. */
static void
take_over(struct roster *r, const struct roster_device *h)
{
	struct roster_device *d = find_key(r, h->key);

	if (h->state == ROSTER_OK && (d != NULL || find_label(r, h->label) != NULL))
		return;
	if (d == NULL && (d = append(r)) != NULL)
		*d = *h;
	else if (d != NULL)
		d->state = ROSTER_REVOKED;
}

void
roster_merge(struct roster *r, const struct roster *held)
{
	int newer = held->serial > r->serial;

	for (size_t i = 0; i < held->count; i++)
		if (held->device[i].state == ROSTER_REVOKED)
			take_over(r, &held->device[i]);
	for (size_t i = 0; newer && i < held->count; i++)
		if (held->device[i].state == ROSTER_OK)
			take_over(r, &held->device[i]);
	sort(r);
	if (lineage_extends(&held->cas, &r->cas))
		r->cas = held->cas;
	if (newer)
		r->serial = held->serial;
}

int
roster_admits(const struct roster *r, const char *label, const uint8_t key[ROSTER_KEY_LEN],
    char why[MSG_TEXT_MAX])
{
	const struct roster_device *d = find_key(r, key);

	if (r->serial == 0 || (d == NULL && r->open))
		return 0;
	if (d == NULL)
		snprintf(why, MSG_TEXT_MAX, "its key is not on the account's roster (serial %u)",
		    r->serial);
	else if (d->state != ROSTER_OK)
		snprintf(why, MSG_TEXT_MAX, "its key was revoked (roster serial %u)", r->serial);
	else if (strcmp(d->label, label) != 0)
		snprintf(why, MSG_TEXT_MAX, "the roster (serial %u) knows its key as %.63s",
		    r->serial, d->label);
	else
		return 0;
	return -1;
}
