#include "dnsupdate/server/transfer/xfr.h"

#include "base/log.h"
#include "dnsupdate/server/disk/entry.h"

#include <stdlib.h>
#include <string.h>

#define POINTER 0xc000u
#define POINTER_MAX 0x3fffu
#define QUESTION_POINTER (POINTER | MESSAGE_HEADER) /* the zone's name */
#define OPT_OCTETS 11
#define RECORD_FIXED (2 + 10) /* all of a record but labels and data */
#define FRAME_COST 64 /* octets of journal that a record costs besides its data, about */

enum stage { STAGE_BEGIN, STAGE_BODY, STAGE_END, STAGE_DONE };

struct xfr {
	enum xfr_kind kind;
	enum stage stage;
	struct zone *zone;
	struct journal *history;
	struct journal_cursor cursor; /* incremental */
	uint32_t serial; /* of what is sent */
	/* the request, as far as the answers need it */
	uint16_t id;
	uint8_t is_signed, has_edns, first_sent;
	uint8_t question[NAME_WIRE_MAX + 4];
	size_t question_len;
	struct key *key;
	struct tsig_signer signer;
	struct tsig_context tsig;
	/* the SOA record that begins and ends it */
	struct entry soa;
	uint8_t soa_data[RDATA_MAX];
	/* full: the walk, and how records stood at its beginning */
	struct zone_sweep sweep;
	struct change_list since;
	/* records on their way: written there as entries, read from there into messages */
	struct entry_list queue;
	struct entry_reader reader;
	struct entry held; /* the next one to go */
	uint8_t has_held;
	/* the message at hand */
	struct name last_owner;
	size_t last_owner_at;
};

/* ---- what to answer with ---- */

/* The version the client has: the SOA record in the authority section (RFC 1995 section 3). */
static int
client_serial(const struct request *r, uint32_t *serial)
{
	const struct rr *rr;
	struct soa soa;
	size_t pos = 0;

	rr = message_next(&r->m, &pos, SECTION_AUTHORITY, &r->zone->name, TYPE_SOA);
	if (rr == NULL || rr_soa(&r->m, rr, &soa) == -1)
		return -1;
	*serial = soa.serial;
	return 0;
}

/* Is the way from there shorter than the whole zone? */
static int
worth_it(const struct zone *z, const struct journal *history, uint32_t serial)
{
	uint64_t whole = z->octets + (uint64_t)z->records * FRAME_COST;
	struct journal_cursor c;
	int rc;

	if (history == NULL || journal_find(history, serial, z->serial, &c) == 0)
		return 0;
	rc = journal_bytes(history, c.sequence - 1) <= whole + XFR_MESSAGE;
	journal_cursor_end(history, &c);
	return rc;
}

int
xfr_kind(const struct request *r, const struct journal *history)
{
	uint32_t serial;

	if (r->m.question.type == TYPE_AXFR)
		return XFR_FULL;
	if (client_serial(r, &serial) == -1)
		return -1;
	if (serial == r->zone->serial || serial_newer(serial, r->zone->serial))
		return XFR_CURRENT;
	return worth_it(r->zone, history, serial) ? XFR_INCREMENTAL : XFR_FULL;
}

/* ---- birth and death ---- */

static int
keep_soa(struct xfr *x)
{
	const struct rrset *set = node_rrset(x->zone->apex, TYPE_SOA);
	struct record record;
	size_t pos = 0;

	if (set == NULL || !rrset_next(set, &pos, &record) || record.len > sizeof(x->soa_data))
		return -1;
	memcpy(x->soa_data, record.data, record.len);
	x->soa = (struct entry) {.kind = ENTRY_RECORD,
	    .owner = x->zone->name,
	    .type = TYPE_SOA,
	    .rdata = x->soa_data,
	    .rdata_len = record.len,
	    .after = {.ttl = set->ttl, .present = 1}};
	return 0;
}

static void
keep_request(struct xfr *x, const struct request *r)
{
	x->id = r->m.id;
	x->has_edns = r->m.has_edns;
	x->is_signed = r->is_signed;
	x->question_len = r->question_len;
	memcpy(x->question, r->data + MESSAGE_HEADER, r->question_len);
	if (!r->is_signed)
		return;
	x->key = key_ref(r->key);
	key_signer(x->key, &x->signer);
	x->tsig = r->tsig;
	x->tsig.key = &x->signer;
}

struct xfr *
xfr_new(const struct request *r, enum xfr_kind kind, struct journal *history)
{
	struct xfr *x = calloc(1, sizeof(*x));
	uint32_t serial;

	if (x == NULL)
		fatalx("out of memory");
	x->kind = kind;
	x->zone = r->zone;
	x->history = history;
	x->serial = r->zone->serial;
	x->cursor.fd = -1;
	keep_request(x, r);
	entry_read(&x->reader, NULL, 0);
	if (kind == XFR_FULL)
		zone_sweep_begin(x->zone, &x->sweep);
	if (keep_soa(x) == -1 ||
	    (kind == XFR_INCREMENTAL &&
		(client_serial(r, &serial) == -1 ||
		    journal_find(history, serial, x->serial, &x->cursor) != 1))) {
		xfr_free(x);
		return NULL;
	}
	return x;
}

void
xfr_free(struct xfr *x)
{
	if (x == NULL)
		return;
	if (x->history != NULL)
		journal_cursor_end(x->history, &x->cursor);
	tsig_forget(&x->tsig);
	key_unref(x->key);
	change_list_free(&x->since);
	entry_free(&x->queue);
	free(x);
}

struct zone *
xfr_zone(const struct xfr *x)
{
	return x->zone;
}

/* ---- a full one ---- */

static int
is_soa(const struct xfr *x, const struct name *owner, uint16_t type)
{
	return type == TYPE_SOA && name_equal(owner, &x->zone->name);
}

/* The records of a name, but those that have another state since the beginning. */
static void
put_name(void *ctx, const struct node *n)
{
	struct xfr *x = ctx;
	struct entry e = {.kind = ENTRY_RECORD};
	struct record record;

	node_name(x->zone, n, &e.owner);
	for (const struct rrset *set = n->sets; set != NULL; set = set->next) {
		if (is_soa(x, &e.owner, set->type))
			continue;
		for (size_t pos = 0; rrset_next(set, &pos, &record);) {
			if (change_find(&x->since, &e.owner, set->type, record.data, record.len) !=
			    NULL)
				continue;
			e.type = set->type;
			e.rdata = record.data;
			e.rdata_len = record.len;
			e.after = (struct change_state) {.ttl = set->ttl, .present = 1};
			entry_put(&x->queue, &e);
		}
	}
}

/* And these in the state they had. */
static void
put_since(struct xfr *x)
{
	const struct change *c;

	for (size_t pos = 0; (c = change_next(&x->since, &pos)) != NULL;) {
		struct entry e = {.kind = ENTRY_RECORD,
		    .type = c->type,
		    .rdata = change_rdata(&x->since, c),
		    .rdata_len = c->rdata_len,
		    .after = c->before};

		if (!c->before.present)
			continue;
		change_owner(&x->since, c, &e.owner);
		entry_put(&x->queue, &e);
	}
}

static void
fill_full(struct xfr *x)
{
	while (x->queue.len < XFR_MESSAGE)
		if (!zone_sweep_next(x->zone, &x->sweep, put_name, x)) {
			put_since(x);
			x->stage = STAGE_END;
			return;
		}
}

void
xfr_changed(struct xfr *x, const struct change_list *changes)
{
	const struct change *c;
	struct name owner;

	if (x->kind != XFR_FULL || x->stage > STAGE_BODY)
		return;
	for (size_t pos = 0; (c = change_next(changes, &pos)) != NULL;) {
		change_owner(changes, c, &owner);
		if (is_soa(x, &owner, c->type) || zone_sweep_passed(x->zone, &x->sweep, &owner))
			continue;
		change_note(&x->since, &owner, c->type, change_rdata(changes, c), c->rdata_len,
		    c->before, c->after);
	}
}

/* ---- an incremental one ---- */

static int
removed(const struct entry *e)
{
	return e->before.present && (!e->after.present || e->before.ttl != e->after.ttl);
}

static int
added(const struct entry *e)
{
	return e->after.present && (!e->before.present || e->before.ttl != e->after.ttl);
}

/* From a frame: the SOA record, then all others, that went (was_before) or came.  0; -1 when it has
 * no SOA record or cannot be read. */
static int
put_half(struct xfr *x, const struct frame *f, int was_before)
{
	for (int soa = 1; soa >= 0; soa--) {
		struct entry_reader r;
		struct entry e;
		int more, found = 0;

		entry_read(&r, f->payload, f->len);
		while ((more = entry_next(&r, &e)) == 1) {
			if (e.kind != ENTRY_RECORD || is_soa(x, &e.owner, e.type) != soa ||
			    !(was_before ? removed(&e) : added(&e)))
				continue;
			if (was_before)
				e.after = e.before;
			e.before.present = 0;
			entry_put(&x->queue, &e);
			found = 1;
		}
		if (more == -1 || (soa && !found))
			return -1;
	}
	return 0;
}

static int
fill_incremental(struct xfr *x)
{
	struct frame f;

	do {
		if (journal_next(x->history, &x->cursor, &f) != 1)
			return -1;
	} while (f.serial_old == f.serial_new);
	if (put_half(x, &f, 1) == -1 || put_half(x, &f, 0) == -1)
		return -1;
	if (f.serial_new == x->serial)
		x->stage = STAGE_END;
	return 0;
}

/* ---- messages ---- */

/* More records into the empty queue: 1, 0 at the end, -1. */
static int
fill(struct xfr *x)
{
	entry_clear(&x->queue);
	switch (x->stage) {
	case STAGE_BEGIN:
		entry_put(&x->queue, &x->soa);
		x->stage = x->kind == XFR_CURRENT ? STAGE_DONE : STAGE_BODY;
		break;
	case STAGE_BODY:
		if (x->since.used > XFR_CHANGES_MAX)
			return -1; /* reads too slowly for so much change */
		if (x->kind == XFR_FULL)
			fill_full(x);
		else if (fill_incremental(x) == -1)
			return -1;
		break;
	case STAGE_END:
		entry_put(&x->queue, &x->soa);
		x->stage = STAGE_DONE;
		break;
	case STAGE_DONE:
		return 0;
	}
	entry_read(&x->reader, x->queue.data, x->queue.len);
	return 1;
}

/* The next record to x->held: 1, 0 at the end, -1. */
static int
take(struct xfr *x)
{
	int rc;

	while (!x->has_held) {
		rc = entry_next(&x->reader, &x->held);
		if (rc == -1)
			return -1;
		x->has_held = rc == 1;
		if (rc == 1)
			break;
		rc = fill(x);
		if (rc != 1)
			return rc;
	}
	return 1;
}

static void
put_owner(struct xfr *x, struct buf *b, const struct name *owner)
{
	if (x->last_owner_at > 0 && name_equal(owner, &x->last_owner)) {
		buf_put_u16(b, (uint16_t)(POINTER | x->last_owner_at));
		return;
	}
	x->last_owner = *owner;
	x->last_owner_at = b->pos <= POINTER_MAX ? b->pos : 0;
	buf_put(b, owner->wire, (size_t)owner->len - x->zone->name.len);
	buf_put_u16(b, QUESTION_POINTER);
}

static void
put_record(struct xfr *x, struct buf *b, const struct entry *e)
{
	put_owner(x, b, &e->owner);
	buf_put_u16(b, e->type);
	buf_put_u16(b, CLASS_IN);
	buf_put_u32(b, e->after.ttl);
	buf_put_u16(b, e->rdata_len);
	buf_put(b, e->rdata, e->rdata_len);
}

static int
fits(const struct buf *b, const struct entry *e, size_t limit)
{
	return b->pos + RECORD_FIXED + e->owner.len + e->rdata_len <= limit;
}

static void
begin(struct xfr *x, struct buf *b)
{
	b->pos = 0;
	b->failed = 0;
	buf_put_u16(b, x->id);
	buf_put_u16(b, FLAG_QR | FLAG_AA);
	buf_put_u16(b, 1);
	buf_put_u16(b, 0); /* patched */
	buf_put_u16(b, 0);
	buf_put_u16(b, 0);
	buf_put(b, x->question, x->question_len);
	x->last_owner_at = 0;
}

static int
end(struct xfr *x, struct buf *b, uint16_t count, uint64_t now_sec)
{
	static const struct message nothing;
	int rc = 0;

	buf_patch_u16(b, 6, count);
	if (x->has_edns)
		message_put_edns(b, NULL, 0);
	if (x->is_signed)
		rc = x->first_sent ? tsig_sign_next(&x->tsig, b, now_sec)
				   : tsig_sign_reply(&x->tsig, &nothing, b, TSIG_NOERROR, now_sec);
	x->first_sent = 1;
	return rc == -1 || b->failed ? -1 : 1;
}

int
xfr_next(struct xfr *x, struct buf *b, uint64_t now_sec)
{
	size_t last = b->size - OPT_OCTETS - (x->is_signed ? tsig_room(&x->signer) : 0);
	uint16_t count = 0;
	int rc;

	begin(x, b);
	while ((rc = take(x)) == 1) {
		/* a record that is large all by itself may have the whole room */
		if (!fits(b, &x->held, count == 0 || last < XFR_MESSAGE ? last : XFR_MESSAGE))
			break;
		put_record(x, b, &x->held);
		x->has_held = 0;
		count++;
	}
	if (rc == -1 || (rc == 1 && count == 0))
		return -1;
	return count == 0 ? 0 : end(x, b, count, now_sec);
}

enum request_result
xfr_soa_reply(struct request *r)
{
	const struct rrset *set = node_rrset(r->zone->apex, TYPE_SOA);
	struct record record;
	size_t pos = 0;

	if (set == NULL || !rrset_next(set, &pos, &record))
		return reply_error(r, RCODE_SERVFAIL);
	reply_begin(r, RCODE_NOERROR, FLAG_AA);
	buf_put_u16(&r->reply, QUESTION_POINTER);
	buf_put_u16(&r->reply, TYPE_SOA);
	buf_put_u16(&r->reply, CLASS_IN);
	buf_put_u32(&r->reply, set->ttl);
	buf_put_u16(&r->reply, record.len);
	buf_put(&r->reply, record.data, record.len);
	buf_patch_u16(&r->reply, 6, 1);
	return reply_end(r);
}
