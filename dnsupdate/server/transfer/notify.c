#include "dnsupdate/server/transfer/notify.h"

#define QUESTION_POINTER (0xc000u | MESSAGE_HEADER)

void
notify_init(struct notify *n)
{
	*n = (struct notify) {.due_ms = NOTIFY_NEVER};
}

void
notify_changed(struct notify *n, uint64_t now_ms)
{
	uint64_t earliest = n->told_ms == 0 ? now_ms : n->told_ms + NOTIFY_SPACING_MS;

	n->tries = 0; /* this is news: what was told before need not be told any more */
	n->waiting = 0;
	if (n->due_ms == NOTIFY_NEVER || n->due_ms > earliest)
		n->due_ms = earliest > now_ms ? earliest : now_ms;
}

int
notify_tell(struct notify *n, uint16_t id, uint64_t now_ms)
{
	uint64_t wait = (uint64_t)NOTIFY_RETRY_MS << n->tries;

	if (now_ms < n->due_ms)
		return 0;
	n->id = id;
	n->waiting = 1;
	n->told_ms = now_ms;
	n->tries++;
	if (wait > NOTIFY_RETRY_MAX_MS)
		wait = NOTIFY_RETRY_MAX_MS;
	n->due_ms = n->tries < NOTIFY_TRIES ? now_ms + wait : NOTIFY_NEVER;
	return 1;
}

int
notify_answered(struct notify *n, uint16_t id)
{
	if (!n->waiting || n->id != id)
		return 0;
	n->waiting = 0;
	n->due_ms = NOTIFY_NEVER;
	return 1;
}

int
notify_waits(const struct notify *n)
{
	return n->due_ms != NOTIFY_NEVER;
}

static void
put_soa(struct buf *b, const struct zone *z)
{
	const struct rrset *set = node_rrset(z->apex, TYPE_SOA);
	struct record r;
	size_t pos = 0;

	if (set == NULL || !rrset_next(set, &pos, &r))
		return;
	buf_put_u16(b, QUESTION_POINTER);
	buf_put_u16(b, TYPE_SOA);
	buf_put_u16(b, CLASS_IN);
	buf_put_u32(b, set->ttl);
	buf_put_u16(b, r.len);
	buf_put(b, r.data, r.len);
	buf_patch_u16(b, 6, 1);
}

void
notify_build(struct buf *b, const struct zone *z, uint16_t id)
{
	buf_put_u16(b, id);
	buf_put_u16(b, OPCODE_NOTIFY << 11 | FLAG_AA);
	buf_put_u16(b, 1);
	buf_put_u16(b, 0);
	buf_put_u16(b, 0);
	buf_put_u16(b, 0);
	name_put(b, &z->name);
	buf_put_u16(b, TYPE_SOA);
	buf_put_u16(b, CLASS_IN);
	put_soa(b, z);
}
