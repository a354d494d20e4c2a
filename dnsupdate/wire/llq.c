#include "dnsupdate/wire/llq.h"

#define OPTION_ROOM (4 + LLQ_OPTION_LEN)
#define OPT_ROOM (11 + OPTION_ROOM) /* the OPT record with it */
#define AT_ANSWERS 6 /* in the header */

int
llq_get(const struct message *m, struct llq_option *out)
{
	size_t pos = 0, len, unused;
	const uint8_t *data = message_option_next(m, &pos, OPTION_LLQ, &len);
	struct buf b;

	if (data == NULL)
		return 0;
	if (len != LLQ_OPTION_LEN || message_option_next(m, &pos, OPTION_LLQ, &unused) != NULL)
		return -1;
	b = buf_reader(data, len);
	out->version = buf_get_u16(&b);
	out->opcode = buf_get_u16(&b);
	out->error = buf_get_u16(&b);
	out->id = buf_get_u64(&b);
	out->lease = buf_get_u32(&b);
	return 1;
}

const char *
llq_error_text(unsigned error)
{
	static const char *const text[] = {"NO-ERROR", "SERV-FULL", "STATIC", "FORMAT-ERR",
	    "NO-SUCH-LLQ", "BAD-VERS", "UNKNOWN-ERR"};

	return error < sizeof(text) / sizeof(text[0]) ? text[error] : "LLQ-ERROR";
}

void
llq_begin(struct llq_writer *w, void *room, size_t size, uint16_t id, uint16_t flags,
    const struct question *q)
{
	w->b = buf_writer(room, size > OPT_ROOM ? size - OPT_ROOM : 0);
	w->names = (struct name_table) {0};
	w->answers = 0;
	buf_put_u16(&w->b, id);
	buf_put_u16(&w->b, flags);
	buf_put_u16(&w->b, 1);
	for (int s = 0; s < SECTION_MAX; s++)
		buf_put_u16(&w->b, 0);
	name_put_compressed(&w->b, &w->names, &q->name);
	buf_put_u16(&w->b, q->type);
	buf_put_u16(&w->b, q->class);
}

int
llq_add(struct llq_writer *w, const struct name *owner, uint32_t ttl, const struct rdata *rd)
{
	size_t before = w->b.pos;
	uint16_t names = w->names.count;

	if (w->b.failed || w->answers == UINT16_MAX)
		return -1;
	name_put_compressed(&w->b, &w->names, owner);
	buf_put_u16(&w->b, rd->type);
	buf_put_u16(&w->b, CLASS_IN);
	buf_put_u32(&w->b, ttl);
	buf_put_u16(&w->b, rd->len);
	buf_put(&w->b, rd->data, rd->len);
	if (w->b.failed) {
		w->b.failed = 0;
		w->b.pos = before;
		w->names.count = names;
		return -1;
	}
	w->answers++;
	return 0;
}

size_t
llq_end(struct llq_writer *w, const struct llq_option *o)
{
	uint8_t option[OPTION_ROOM];
	struct buf b = buf_writer(option, sizeof(option));

	if (w->b.failed)
		return 0;
	buf_put_u16(&b, OPTION_LLQ);
	buf_put_u16(&b, LLQ_OPTION_LEN);
	buf_put_u16(&b, o->version);
	buf_put_u16(&b, o->opcode);
	buf_put_u16(&b, o->error);
	buf_put_u64(&b, o->id);
	buf_put_u32(&b, o->lease);
	w->b.size += OPT_ROOM;
	message_put_edns(&w->b, option, sizeof(option));
	buf_patch_u16(&w->b, AT_ANSWERS, w->answers);
	return w->b.failed ? 0 : w->b.pos;
}
