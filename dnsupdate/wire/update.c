#include "dnsupdate/wire/update.h"

#define FLAGS_UPDATE (OPCODE_UPDATE << 11)
#define AT_PREREQUISITES 6 /* counts in the header */
#define AT_CHANGES 8

void
update_begin(struct update *u, void *room, size_t size, uint16_t id, const struct name *zone)
{
	*u = (struct update) {.b = buf_writer(room, size), .zone = *zone};
	buf_put_u16(&u->b, id);
	buf_put_u16(&u->b, FLAGS_UPDATE);
	buf_put_u16(&u->b, 1);
	for (int s = 0; s < SECTION_MAX; s++)
		buf_put_u16(&u->b, 0);
	name_put_compressed(&u->b, &u->names, zone);
	buf_put_u16(&u->b, TYPE_SOA);
	buf_put_u16(&u->b, CLASS_IN);
}

static void
put_rr(struct update *u, const struct name *owner, uint16_t type, uint16_t class, uint32_t ttl,
    const struct rdata *rd)
{
	if (!name_in(owner, &u->zone)) {
		u->b.failed = 1;
		return;
	}
	name_put_compressed(&u->b, &u->names, owner);
	buf_put_u16(&u->b, type);
	buf_put_u16(&u->b, class);
	buf_put_u32(&u->b, ttl);
	buf_put_u16(&u->b, rd != NULL ? rd->len : 0);
	if (rd != NULL)
		buf_put(&u->b, rd->data, rd->len);
}

static void
put_prerequisite(struct update *u, const struct name *owner, uint16_t type, uint16_t class,
    const struct rdata *rd)
{
	if (u->changes > 0)
		u->b.failed = 1;
	put_rr(u, owner, type, class, 0, rd);
	u->prerequisites++;
}

void
update_need_name(struct update *u, const struct name *owner)
{
	put_prerequisite(u, owner, TYPE_ANY, CLASS_ANY, NULL);
}

void
update_need_no_name(struct update *u, const struct name *owner)
{
	put_prerequisite(u, owner, TYPE_ANY, CLASS_NONE, NULL);
}

void
update_need_rrset(struct update *u, const struct name *owner, uint16_t type)
{
	put_prerequisite(u, owner, type, CLASS_ANY, NULL);
}

void
update_need_no_rrset(struct update *u, const struct name *owner, uint16_t type)
{
	put_prerequisite(u, owner, type, CLASS_NONE, NULL);
}

void
update_need_exactly(
    struct update *u, const struct name *owner, const struct rdata *set, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_prerequisite(u, owner, set[i].type, CLASS_IN, &set[i]);
}

void
update_add(struct update *u, const struct name *owner, uint32_t ttl, const struct rdata *rd)
{
	put_rr(u, owner, rd->type, CLASS_IN, ttl, rd);
	u->changes++;
}

void
update_delete(struct update *u, const struct name *owner, const struct rdata *rd)
{
	put_rr(u, owner, rd->type, CLASS_NONE, 0, rd);
	u->changes++;
}

void
update_delete_rrset(struct update *u, const struct name *owner, uint16_t type)
{
	put_rr(u, owner, type, CLASS_ANY, 0, NULL);
	u->changes++;
}

void
update_delete_name(struct update *u, const struct name *owner)
{
	put_rr(u, owner, TYPE_ANY, CLASS_ANY, 0, NULL);
	u->changes++;
}

size_t
update_finish(struct update *u, const void *options, size_t options_len)
{
	if (u->prerequisites > MESSAGE_RECORDS_MAX || u->changes > MESSAGE_RECORDS_MAX)
		u->b.failed = 1;
	buf_patch_u16(&u->b, AT_PREREQUISITES, u->prerequisites);
	buf_patch_u16(&u->b, AT_CHANGES, u->changes);
	if (options != NULL)
		message_put_edns(&u->b, options, options_len);
	return u->b.failed ? 0 : u->b.pos;
}
