/* Update Lease and LLQ options of messages from anywhere: what is read is written back the same. */
#include "dnsupdate/wire/lease.h"
#include "dnsupdate/wire/llq.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message with nothing but this option. */
static void
reparse(struct message *m, uint8_t *room, size_t size, const void *option, size_t len)
{
	struct buf b = buf_writer(room, size);

	buf_put_u32(&b, 0);
	buf_put_u64(&b, 0);
	message_put_edns(&b, option, len);
	if (b.failed || message_parse(m, room, b.pos) == -1)
		abort();
}

static void
lease(const struct message *m)
{
	static struct message again;
	uint8_t option[LEASE_OPTION_MAX], room[64];
	struct buf b = buf_writer(option, sizeof(option));
	struct lease_option o, back;

	if (lease_option_get(m, &o) != 1)
		return;
	lease_option_put(&b, &o);
	reparse(&again, room, sizeof(room), option, b.pos);
	if (lease_option_get(&again, &back) != 1 || o.lease != back.lease ||
	    o.key_lease != back.key_lease || o.has_key_lease != back.has_key_lease)
		abort();
}

static void
llq(const struct message *m)
{
	static struct message again;
	static uint8_t room[MESSAGE_UDP_MAX];
	struct llq_option o, back;
	struct llq_writer w;
	size_t pos = 0, len, added = 0;
	const struct rr *rr;
	struct rdata rd;
	struct name owner;

	if (llq_get(m, &o) != 1 || !m->has_question)
		return;
	llq_begin(&w, room, sizeof(room), m->id, m->flags, &m->question);
	while ((rr = message_next(m, &pos, SECTION_ANSWER, NULL, TYPE_ANY)) != NULL) {
		rr_owner(m, rr, &owner);
		if (rr->rdata_len > 0 && rr_rdata(m, rr, &rd) == 0 &&
		    llq_add(&w, &owner, rr->ttl, &rd) == 0)
			added++;
	}
	len = llq_end(&w, &o);
	if (len == 0 || message_parse(&again, room, len) == -1 || again.count != added + 1)
		abort();
	if (llq_get(&again, &back) != 1 || o.id != back.id || o.lease != back.lease ||
	    o.opcode != back.opcode || o.error != back.error || o.version != back.version)
		abort();
	if (!name_equal(&again.question.name, &m->question.name))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message m;

	if (message_parse(&m, data, size) == -1)
		return 0;
	lease(&m);
	llq(&m);
	return 0;
}
