#include "cli/echo.h"

#include "base/buf.h"

#include <netinet/icmp6.h>

void
echo_request(const struct echo *e, uint8_t out[ECHO_LEN])
{
	struct buf b = buf_writer(out, ECHO_LEN);

	buf_put_u8(&b, ICMP6_ECHO_REQUEST);
	buf_put_u8(&b, 0);
	buf_put_u16(&b, 0);
	buf_put_u16(&b, e->id);
	buf_put_u16(&b, e->seq);
	buf_put_u64(&b, e->cookie);
	while (buf_left(&b) > 0)
		buf_put_u8(&b, (uint8_t)b.pos);
}

int
echo_reply(const uint8_t *data, size_t len, struct echo *out)
{
	struct buf b = buf_reader(data, len);
	struct echo e;

	if (len != ECHO_LEN || buf_get_u8(&b) != ICMP6_ECHO_REPLY || buf_get_u8(&b) != 0)
		return -1;
	buf_get_u16(&b); /* the kernel has checked it */
	e.id = buf_get_u16(&b);
	e.seq = buf_get_u16(&b);
	e.cookie = buf_get_u64(&b);
	while (buf_left(&b) > 0) {
		uint8_t expected = (uint8_t)b.pos;

		if (buf_get_u8(&b) != expected)
			return -1;
	}
	*out = e;
	return 0;
}
