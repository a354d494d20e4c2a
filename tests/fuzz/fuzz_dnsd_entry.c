/* Entries of a journal frame or a snapshot.  What is read, written again, reads as the same. */
#include "dnsupdate/server/disk/entry.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
same_state(const struct change_state *a, const struct change_state *b)
{
	return a->present == b->present && a->ttl == b->ttl && a->lease == b->lease;
}

static int
same(const struct entry *a, const struct entry *b)
{
	return a->kind == b->kind && a->type == b->type && a->rdata_len == b->rdata_len &&
	    (a->rdata_len == 0 || memcmp(a->rdata, b->rdata, a->rdata_len) == 0) &&
	    same_state(&a->before, &b->before) && same_state(&a->after, &b->after) &&
	    (a->kind != ENTRY_RECORD || name_equal(&a->owner, &b->owner)) && a->lease == b->lease &&
	    a->expires_sec == b->expires_sec && a->time_sec == b->time_sec &&
	    a->sequence == b->sequence && a->count == b->count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry_reader first, second;
	struct entry_list list = {0};
	struct entry a, b;

	entry_read(&first, data, size);
	while (entry_next(&first, &a) == 1)
		entry_put(&list, &a);
	entry_read(&first, data, size);
	entry_read(&second, list.data, list.len);
	while (entry_next(&first, &a) == 1)
		if (entry_next(&second, &b) != 1 || !same(&a, &b))
			abort();
	if (entry_next(&second, &b) != 0)
		abort();
	entry_free(&list);
	return 0;
}
