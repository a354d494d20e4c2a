/* DSO messages from anywhere: every TLV read by every reader, and changes written again. */
#include "dnsupdate/wire/push.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_again(struct push_writer *w, const struct push_change *c)
{
	switch (c->what) {
	case PUSH_ADD:
		push_add(w, &c->name, c->ttl, &c->rdata);
		break;
	case PUSH_REMOVE:
		push_add(w, &c->name, PUSH_TTL_REMOVE, &c->rdata);
		break;
	default:
		push_remove_set(w, &c->name, c->type);
	}
}

/* What was written is read as often. */
static void
count_again(struct push_writer *w)
{
	struct push_change c;
	struct dso_message m;
	struct dso_tlv tlv;
	size_t pos = 0;
	unsigned read = 0;
	size_t len = push_end(w);

	if (len == 0)
		return;
	if (dso_parse(&m, w->b.data, len) == -1 || !dso_find(&m, 0, DSO_PUSH, &tlv))
		abort();
	while (push_next(&m, &tlv, &pos, &c) == 1)
		read++;
	if (read != w->changes)
		abort();
}

static void
changes(const struct dso_message *m, const struct dso_tlv *tlv)
{
	static uint8_t room[PUSH_MESSAGE_MAX];
	struct push_change c;
	struct push_writer w;
	size_t pos = 0, before = 0;

	push_begin(&w, room, sizeof(room));
	while (push_next(m, tlv, &pos, &c) == 1) {
		if (pos <= before || pos > m->len)
			abort();
		before = pos;
		/* class IN is all we write, and data with empty names of known types none */
		if (c.class == CLASS_IN && c.what != PUSH_IGNORE)
			write_again(&w, &c);
	}
	count_again(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dso_timeouts t;
	struct dso_message m;
	struct dso_tlv tlv;
	struct question q;
	struct rdata rd;
	uint32_t ms;
	uint16_t id;
	size_t pos = 0;

	if (dso_parse(&m, data, size) == -1)
		return 0;
	while (dso_next(&m, &pos, &tlv)) {
		if (tlv.data < data || tlv.data + tlv.len > data + size)
			abort();
		dso_get_keepalive(&tlv, &t);
		dso_get_retry_delay(&tlv, &ms);
		push_get_subscribe(&m, &tlv, &q);
		push_get_unsubscribe(&tlv, &id);
		push_get_reconfirm(&m, &tlv, &q, &rd);
		changes(&m, &tlv);
	}
	if (pos != size && pos != 0)
		abort();
	return 0;
}
