#include "dnsupdate/wire/roster_records.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_OWNER "_autotunnel"
#define LIST_OWNER "_devices._autotunnel"
#define STRING_MAX 255

static int
owner(struct name *out, enum roster_part part, const struct name *domain)
{
	return name_prepend(out, part == ROSTER_HEAD ? HEAD_OWNER : LIST_OWNER, domain);
}

int
roster_question(struct question *q, enum roster_part part, const struct name *domain)
{
	q->type = TYPE_TXT;
	q->class = CLASS_IN;
	return owner(&q->name, part, domain);
}

/* ---- reading ---- */

struct text {
	char *out;
	size_t size, len;
};

/* Append; -1 when it does not fit or is not plain text: a line end inside a string would be a line
 * of its own. */
static int
append(struct text *t, const uint8_t *data, size_t len, char end)
{
	if (t->size - t->len < len + 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (data[i] < ' ' || data[i] > '~')
			return -1;
		t->out[t->len++] = (char)data[i];
	}
	t->out[t->len++] = end;
	return 0;
}

/* A list's strings are lines, a head's are the words of one. */
static int
read_record(struct text *t, enum roster_part part, const struct rdata *rd)
{
	const uint8_t *string;
	size_t pos = 0, len;

	while ((string = rdata_txt_next(rd, &pos, &len)) != NULL)
		if (append(t, string, len, part == ROSTER_HEAD && pos < rd->len ? ' ' : '\n') == -1)
			return -1;
	return 0;
}

/* By the data: servers turn the order of a set around from answer to answer. */
static int
compare(const void *a, const void *b, void *ctx)
{
	const struct rr *x = *(const struct rr *const *)a, *y = *(const struct rr *const *)b;
	const struct message *m = ctx;
	size_t len = x->rdata_len < y->rdata_len ? x->rdata_len : y->rdata_len;
	int c = memcmp(m->data + x->rdata_at, m->data + y->rdata_at, len);

	return c != 0 ? c : (int)x->rdata_len - (int)y->rdata_len;
}

int
roster_read(const struct message *m, enum roster_part part, const struct name *domain, char *out,
    size_t size, size_t *len)
{
	const struct rr *rr, *list[MESSAGE_RECORDS_MAX];
	struct text t = {.out = out, .size = size, .len = *len};
	struct name name;
	struct rdata rd;
	size_t pos = 0, count = 0;

	if (owner(&name, part, domain) == -1)
		return -1;
	while ((rr = message_next(m, &pos, SECTION_ANSWER, &name, TYPE_TXT)) != NULL)
		list[count++] = rr;
	if (part == ROSTER_HEAD && count > 1)
		return -1;
	qsort_r(list, count, sizeof list[0], compare, (void *)(uintptr_t)m);
	for (size_t i = 0; i < count; i++)
		if (rr_rdata(m, list[i], &rd) == -1 || read_record(&t, part, &rd) == -1)
			return -1;
	*len = t.len;
	return (int)count;
}

int
roster_head(const struct message *m, const struct name *domain, struct rdata *out)
{
	const struct rr *rr;
	struct name name;
	size_t pos = 0;

	if (owner(&name, ROSTER_HEAD, domain) == -1)
		return -1;
	rr = message_next(m, &pos, SECTION_ANSWER, &name, TYPE_TXT);
	if (rr == NULL)
		return 0;
	if (rr_rdata(m, rr, out) == -1 ||
	    message_next(m, &pos, SECTION_ANSWER, &name, TYPE_TXT) != NULL)
		return -1;
	return 1;
}

/* ---- writing ---- */

/* TXT data that is being filled, string by string. */
struct filler {
	struct rdata rd;
	struct buf b;
};

static void
begin(struct filler *f)
{
	f->rd.type = TYPE_TXT;
	f->b = buf_writer(f->rd.data, sizeof f->rd.data);
}

static void
put(struct filler *f, const char *string, size_t len)
{
	buf_put_u8(&f->b, (uint8_t)len);
	buf_put(&f->b, string, len);
	f->rd.len = (uint16_t)f->b.pos;
}

static int
write_head(struct update *u, const struct name *name, const char *line, size_t len)
{
	struct filler f;

	begin(&f);
	while (len > 0) {
		const char *space = memchr(line, ' ', len);
		size_t n = space == NULL ? len : (size_t)(space - line);

		if (n > STRING_MAX)
			return -1;
		put(&f, line, n);
		n += space != NULL;
		line += n;
		len -= n;
	}
	update_add(u, name, ROSTER_RECORDS_TTL, &f.rd);
	return f.b.failed ? -1 : 0;
}

static int
write_list(struct update *u, const struct name *name, const char *text, const char *end)
{
	struct filler f;

	begin(&f);
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = stop == NULL ? 0 : (size_t)(stop - text);

		if (stop == NULL || n > STRING_MAX)
			return -1;
		if (buf_left(&f.b) < n + 1) {
			update_add(u, name, ROSTER_RECORDS_TTL, &f.rd);
			begin(&f);
		}
		put(&f, text, n);
		text = stop + 1;
	}
	if (f.b.pos > 0)
		update_add(u, name, ROSTER_RECORDS_TTL, &f.rd);
	return 0;
}

int
roster_write(struct update *u, const struct name *domain, const char *text, size_t len,
    const struct rdata *previous)
{
	const char *line_end = memchr(text, '\n', len);
	struct name head, list;

	if (line_end == NULL || owner(&head, ROSTER_HEAD, domain) == -1 ||
	    owner(&list, ROSTER_LIST, domain) == -1)
		return -1;
	if (previous == NULL)
		update_need_no_rrset(u, &head, TYPE_TXT);
	else
		update_need_exactly(u, &head, previous, 1);
	update_delete_rrset(u, &head, TYPE_TXT);
	update_delete_rrset(u, &list, TYPE_TXT);
	if (write_head(u, &head, text, (size_t)(line_end - text)) == -1)
		return -1;
	return write_list(u, &list, line_end + 1, text + len);
}
