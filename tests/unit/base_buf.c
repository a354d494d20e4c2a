#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"

static void
round_trip(void **state)
{
	uint8_t room[64], out[3];
	struct buf w = buf_writer(room, sizeof room), r;

	buf_put_u8(&w, 0x12);
	buf_put_u16(&w, 0x3456);
	buf_put_u32(&w, 0x789abcde);
	buf_put_u48(&w, 0x0123456789abULL);
	buf_put_u64(&w, 0x1122334455667788ULL);
	buf_put(&w, "xyz", 3);
	assert_false(w.failed);
	assert_int_equal(w.pos, 1 + 2 + 4 + 6 + 8 + 3);
	assert_memory_equal(room, "\x12\x34\x56\x78\x9a\xbc\xde\x01\x23", 9);

	r = buf_reader(room, w.pos);
	assert_int_equal(buf_get_u8(&r), 0x12);
	assert_int_equal(buf_get_u16(&r), 0x3456);
	assert_int_equal(buf_get_u32(&r), 0x789abcde);
	assert_true(buf_get_u48(&r) == 0x0123456789abULL);
	assert_true(buf_get_u64(&r) == 0x1122334455667788ULL);
	assert_int_equal(buf_done(&r), -1);
	buf_get(&r, out, 3);
	assert_memory_equal(out, "xyz", 3);
	assert_int_equal(buf_done(&r), 0);
}

/* After the first overrun nothing moves and all reads give zero. */
static void
failure_sticks(void **state)
{
	struct buf r = buf_reader("\x01\x02\x03", 3);
	uint8_t out[2] = {9, 9};

	assert_int_equal(buf_get_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(buf_get_u8(&r), 0);
	assert_null(buf_take(&r, 1));
	assert_int_equal(buf_left(&r), 0);
	buf_get(&r, out, 2);
	assert_int_equal(out[0], 0);
	assert_int_equal(buf_done(&r), -1);
}

static void
writer_is_bounded(void **state)
{
	uint8_t room[4] = {0xee, 0xee, 0xee, 0xee};
	struct buf w = buf_writer(room, 3);

	buf_put_u16(&w, 0x0102);
	buf_put_u16(&w, 0x0304);
	assert_true(w.failed);
	buf_put_u8(&w, 5);
	assert_int_equal(room[2], 0xee);
	assert_int_equal(room[3], 0xee);
}

static void
patching(void **state)
{
	uint8_t room[4] = {0};
	struct buf w = buf_writer(room, 4);

	buf_put_u16(&w, 0);
	buf_patch_u16(&w, 0, 0xabcd);
	assert_false(w.failed);
	assert_memory_equal(room, "\xab\xcd", 2);
	buf_patch_u16(&w, 1, 1); /* reaches past what is written */
	assert_true(w.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(failure_sticks),
	    cmocka_unit_test(writer_is_bounded),
	    cmocka_unit_test(patching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
