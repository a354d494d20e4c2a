/*
 * A mapping's life as a hostile router and a nervous manager would have it: each input octet pair
 * is an event.  Whatever happens, what is reported is a valid message, the mapping never spins, and
 * after a drop it is gone within its time.
 */
#include "natpmp/mapping.h"

#include "base/buf.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mapping map;
static uint64_t now;
static struct buf in;

static uint32_t
no_jitter(uint32_t range)
{
	return range / 2;
}

static void
check_report(void)
{
	const char *why;
	union msg m;

	msg_begin(&m, MSG_NATPMP_STATE, 1);
	mapping_report(&map, &m.natpmp_state);
	m.natpmp_state.hdr = (struct msg_hdr) {.type = MSG_NATPMP_STATE, .id = 1};
	if (msg_check(&m, sizeof m.natpmp_state, ROLE_NATPMP, ROLE_MANAGER, 0, &why) != 0)
		abort();
}

/* 1 = gone */
static int
settle(void)
{
	struct mapping_step s;

	for (int i = 0; i < 16; i++) {
		s = mapping_next(&map, now);
		check_report();
		if (s.action == MAPPING_IGD_UNMAP && s.external.port == 0)
			abort();
		if (s.action == MAPPING_GONE)
			return 1;
		if (s.action == MAPPING_WAIT) {
			if (mapping_wait(&map, now) == 0)
				abort();
			return 0;
		}
	}
	abort();
}

static struct msg_natpmp_want
a_want(void)
{
	struct msg_natpmp_want w = {
	    .gateway = {.family = 4, .addr = {192, 168, 1, 1}},
	    .local = {.family = 4, .port = 4500, .addr = {192, 168, 1, 10}},
	};
	uint8_t how = buf_get_u8(&in);

	w.proto = IPPROTO_UDP;
	w.methods = how % 7 + 1;
	w.lifetime_sec = (how & 0x40) != 0 ? 60 : 3600;
	if ((how & 0x80) != 0)
		w.external = (struct endpoint) {.family = 4, .port = buf_get_u16(&in)};
	if ((how & 0x20) != 0)
		w.known = (uint8_t)(1u << how % 3);
	return w;
}

static void
pmp_event(enum pmp_op op)
{
	struct pmp_answer a = {.op = (uint8_t)op, .has_epoch = 1};

	a.result = buf_get_u8(&in) % 8;
	a.epoch = buf_get_u16(&in);
	if (a.result == PMP_OK && op == PMP_ADDRESS)
		buf_get(&in, a.address, sizeof a.address);
	if (a.result == PMP_OK && op == PMP_MAP) {
		a.port = buf_get_u16(&in);
		a.lifetime_sec = buf_get_u32(&in);
	}
	mapping_pmp_answer(&map, &a, now);
}

/* As pcp_read would let it through. */
static void
pcp_event(enum pcp_op op)
{
	struct pcp_answer a = {.op = (uint8_t)op};

	a.result = buf_get_u8(&in) % 16;
	a.epoch = buf_get_u16(&in);
	a.lifetime_sec = buf_get_u32(&in);
	if (a.result == PCP_SUCCESS && op == PCP_MAP) {
		a.external.family = 4;
		a.external.port = buf_get_u16(&in);
		buf_get(&in, a.external.addr, 4);
	}
	mapping_pcp_answer(&map, &a, now);
}

static int
child_runs(void)
{
	return map.side[NAT_COLUMN_UPNP].stage != STAGE_REST && map.side[NAT_COLUMN_UPNP].sent > 0;
}

/* As igd.c would let it through. */
static void
igd_event(void)
{
	struct igd_answer a = {.result = buf_get_u8(&in) % (IGD_RESULT_MAX - 1) + 1};
	int unmaps = map.side[NAT_COLUMN_UPNP].stage == STAGE_DELETE;
	struct igd_request req = {
	    .what = unmaps ? IGD_UNMAP : IGD_MAP, .gateway = map.want.gateway};

	a.code = buf_get_u16(&in) % 1000;
	if (a.result == IGD_OK && !unmaps) {
		a.external.family = 4;
		a.external.port = buf_get_u16(&in);
		buf_get(&in, a.external.addr, 4);
		a.lifetime_sec = buf_get_u32(&in);
	}
	if (child_runs() && igd_answer_ok(&a, &req))
		mapping_igd_answer(&map, &a, now);
}

static void
wake(uint64_t most)
{
	uint64_t wait = mapping_wait(&map, now);

	now += wait < most ? wait : most;
}

static void
event(void)
{
	struct msg_natpmp_want w;

	switch (buf_get_u8(&in) % 14) {
	case 0:
		wake(UINT32_MAX);
		break;
	case 1:
		wake(buf_get_u16(&in));
		break;
	case 2:
		pmp_event(PMP_ADDRESS);
		break;
	case 3:
		pmp_event(PMP_MAP);
		break;
	case 4:
		mapping_unreachable(&map, NAT_COLUMN_NATPMP, now);
		break;
	case 5:
		igd_event();
		break;
	case 6:
		w = a_want();
		mapping_want(&map, &w, now);
		break;
	case 7:
		mapping_drop(&map, now);
		break;
	case 8:
		pcp_event(PCP_ANNOUNCE);
		break;
	case 9:
		pcp_event(PCP_MAP);
		break;
	case 10:
		mapping_pcp_older(&map, now);
		break;
	case 11:
		mapping_unreachable(&map, NAT_COLUMN_PCP, now);
		break;
	case 12:
		mapping_hint(&map, now);
		break;
	default:
		now += buf_get_u32(&in); /* asleep */
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg_natpmp_want w;

	in = buf_reader(data, size);
	now = 1000;
	w = a_want();
	mapping_init(&map, &w, no_jitter, now);
	while (!in.failed && buf_left(&in) > 0) {
		if (settle())
			return 0;
		event();
	}
	settle();
	mapping_drop(&map, now);
	for (uint64_t end = now + MAPPING_LEAVE_MS; !settle(); wake(end - now))
		if (now >= end)
			abort();
	return 0;
}
