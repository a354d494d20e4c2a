#include "dnsupdate/wire/lease.h"

#define SHORT 4
#define LONG 8

int
lease_option_get(const struct message *m, struct lease_option *out)
{
	struct lease_option o = {0};
	size_t pos = 0, len, unused;
	const uint8_t *data = message_option_next(m, &pos, OPTION_UPDATE_LEASE, &len);
	struct buf b;

	if (data == NULL)
		return 0;
	if ((len != SHORT && len != LONG) ||
	    message_option_next(m, &pos, OPTION_UPDATE_LEASE, &unused) != NULL)
		return -1;
	b = buf_reader(data, len);
	o.lease = buf_get_u32(&b);
	o.has_key_lease = len == LONG;
	o.key_lease = o.has_key_lease ? buf_get_u32(&b) : o.lease;
	*out = o;
	return 1;
}

void
lease_option_put(struct buf *b, const struct lease_option *o)
{
	buf_put_u16(b, OPTION_UPDATE_LEASE);
	buf_put_u16(b, o->has_key_lease ? LONG : SHORT);
	buf_put_u32(b, o->lease);
	if (o->has_key_lease)
		buf_put_u32(b, o->key_lease);
}
