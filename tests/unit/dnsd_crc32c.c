#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "dnsupdate/server/disk/crc32c.h"

/* RFC 3720 appendix B.4 (iSCSI uses the same checksum, sent with the low octet first). */
static void
vectors(void **state)
{
	uint8_t data[32];

	memset(data, 0, sizeof(data));
	assert_int_equal(crc32c(0, data, 32), 0x8a9136aau);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(crc32c(0, data, 32), 0x62a8ab43u);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = i;
	assert_int_equal(crc32c(0, data, 32), 0x46dd794eu);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
}

/* By table and by processor, in one go and in pieces, of any length and alignment. */
static void
all_ways_agree(void **state)
{
	uint8_t data[200];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37 + 11);
	for (size_t from = 0; from < 9; from++) {
		for (size_t len = 0; from + len <= sizeof(data); len++) {
			uint32_t all = crc32c(7, data + from, len);

			assert_int_equal(all, crc32c_table(7, data + from, len));
			assert_int_equal(all,
			    crc32c(crc32c(7, data + from, len / 3), data + from + len / 3,
				len - len / 3));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vectors),
	    cmocka_unit_test(all_ways_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
