#include "dnsupdate/server/data/rrset.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_FIXED 6 /* lease and length */

static struct rrset *
resized(struct rrset *set, size_t size)
{
	set = realloc(set, offsetof(struct rrset, data) + size);
	if (set == NULL)
		fatalx("out of memory");
	return set;
}

/* What stands at offset pos. */
static struct record
record_at(const struct rrset *set, size_t pos)
{
	struct record r;

	memcpy(&r.lease, set->data + pos, sizeof r.lease);
	memcpy(&r.len, set->data + pos + sizeof r.lease, sizeof r.len);
	r.data = set->data + pos + RECORD_FIXED;
	return r;
}

int
rrset_next(const struct rrset *set, size_t *pos, struct record *out)
{
	if (*pos >= set->size)
		return 0;
	*out = record_at(set, *pos);
	*pos += RECORD_FIXED + (size_t)out->len;
	return 1;
}

long
rrset_position(const struct rrset *set, const void *data, uint16_t len, uint32_t *lease)
{
	struct record r;
	size_t pos = 0, at;

	while (at = pos, rrset_next(set, &pos, &r)) {
		if (r.len == len && memcmp(r.data, data, len) == 0) {
			*lease = r.lease;
			return (long)at;
		}
	}
	return -1;
}

int
rrset_has(const struct rrset *set, const void *rdata, uint16_t len, struct record *out)
{
	uint32_t lease;
	long at = rrset_position(set, rdata, len, &lease);

	if (at == -1)
		return 0;
	if (out != NULL)
		*out = record_at(set, (size_t)at);
	return 1;
}

struct rrset **
rrset_find(struct rrset **head, uint16_t type)
{
	while (*head != NULL && (*head)->type != type)
		head = &(*head)->next;
	return head;
}

void
rrset_append(struct rrset **at, uint16_t type, uint32_t lease, const void *data, uint16_t len)
{
	size_t before = *at == NULL ? 0 : (*at)->size;
	struct rrset *set = resized(*at, before + RECORD_FIXED + len);

	if (before == 0)
		*set = (struct rrset) {.type = type};
	memcpy(set->data + before, &lease, sizeof lease);
	memcpy(set->data + before + sizeof lease, &len, sizeof len);
	if (len > 0)
		memcpy(set->data + before + RECORD_FIXED, data, len);
	set->size = (uint32_t)(before + RECORD_FIXED + len);
	set->count++;
	*at = set;
}

void
rrset_cut(struct rrset **at, size_t pos)
{
	struct rrset *set = *at;
	size_t len = RECORD_FIXED + (size_t)record_at(set, pos).len;

	if (set->count == 1) {
		*at = set->next;
		free(set);
		return;
	}
	memmove(set->data + pos, set->data + pos + len, set->size - pos - len);
	set->size -= (uint32_t)len;
	set->count--;
	*at = resized(set, set->size);
}

void
rrset_set_lease(struct rrset *set, size_t pos, uint32_t lease)
{
	memcpy(set->data + pos, &lease, sizeof lease);
}

void
rrset_free_all(struct rrset *set)
{
	while (set != NULL) {
		struct rrset *next = set->next;

		free(set);
		set = next;
	}
}
