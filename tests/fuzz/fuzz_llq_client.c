/*
 * A hostile server of long-lived queries, or one who forges its datagrams.  Each datagram has an
 * octet before it, of what happens first and whether it is proven, and two of length.
 */
#include "dnsupdate/client/llq_client.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct llq_client c;
static uint64_t now;
static uint16_t last_id;

static uint32_t
no_jitter(uint32_t range)
{
	return range / 2;
}

static uint16_t
next_id(void)
{
	return ++last_id;
}

static void
need(int true_)
{
	if (!true_)
		abort();
}

static void
speak(void)
{
	uint8_t room[512];

	for (unsigned i = 0; i < 1000; i++) {
		struct buf b = buf_writer(room, sizeof room);
		static struct message m;

		if (!llq_client_next(&c, now, &b)) {
			need(llq_client_wake(&c) > now);
			return;
		}
		need(message_parse(&m, room, b.pos) == 0);
	}
	abort();
}

static void
want(uint16_t number, const char *text, uint16_t type)
{
	struct question q = {.type = type, .class = CLASS_IN};

	need(name_parse(&q.name, text) == 0);
	llq_client_set(&c, number, &q);
}

static void
happen(uint8_t what)
{
	now += what & 1 ? 2000 : 0;
	now += what & 2 ? 1440000 : 0;
	switch (what >> 4 & 7) {
	case 1:
		llq_client_doubt(&c, now);
		break;
	case 2:
		llq_client_pardon(&c);
		break;
	case 3:
		llq_client_forget(&c);
		break;
	case 4:
		llq_client_set(&c, 1, NULL);
		break;
	case 5:
		want(1, "b.a.example", TYPE_TXT);
		break;
	case 6:
		c.keep_ms = 25000;
		break;
	}
	speak();
}

static void
hear(const uint8_t *data, size_t len, int proven)
{
	static struct message m, acked;
	uint8_t room[512];
	struct buf ack = buf_writer(room, sizeof room);
	struct question q;
	enum llq_heard heard;

	if (message_parse(&m, data, len) != 0)
		return;
	heard = llq_client_take(&c, &m, proven, now, &q, &ack);
	need(ack.pos == 0 || message_parse(&acked, room, ack.pos) == 0);
	need(proven || heard == LLQ_HEARD_NOTHING || heard == LLQ_HEARD_CHANGE);
	need(heard == LLQ_HEARD_NOTHING || name_equal(&q.name, &m.question.name));
	need(c.live <= c.count && c.out <= c.count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = buf_reader(data, size);

	now = 3600000;
	last_id = 0;
	llq_client_init(&c, no_jitter, next_id);
	want(0, "a.example", TYPE_PTR);
	want(1, "b.a.example", TYPE_TXT);
	speak();
	while (buf_left(&in) >= 3) {
		uint8_t before = buf_get_u8(&in);
		size_t len = buf_get_u16(&in);

		if (len > buf_left(&in))
			len = buf_left(&in);
		happen(before);
		hear(buf_take(&in, len), len, before & 4);
	}
	happen(0);
	llq_client_stop(&c);
	speak();
	need(c.count == 0 && c.live == 0 && c.out == 0);
	return 0;
}
