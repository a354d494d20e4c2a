/* The TXT record: what we write, and what we make of what others write. */
#include "wire_test.h"

#include "dnsupdate/wire/status.h"

#include <stdio.h>

static const struct {
	struct host_status status;
	const char *txt; /* strings, separated by '|'; NULL = refused */
} written[] = {
    {{7, 1700000000, NAT_KIND_NATPMP, INBOUND_YES, "linux"},
	"v=1|e=7|x=1700000000|nat=natpmp|in=yes|os=linux"},
    {{0, 0, NAT_KIND_UNKNOWN, INBOUND_UNKNOWN, "x y"}, "v=1|e=0|x=0|nat=unknown|in=unknown|os=x y"},
    {{MSG_EPOCH_MAX - 1, 1, NAT_KIND_UNMAPPED, INBOUND_NO, "linux"},
	"v=1|e=281474976710655|x=1|nat=unmapped|in=no|os=linux"},
    {{1, 1, NAT_KIND_MAX, INBOUND_NO, "linux"}, NULL},
    {{1, 1, NAT_KIND_PCP, INBOUND_MAX, "linux"}, NULL},
    {{1, 1, NAT_KIND_PCP, INBOUND_NO, ""}, NULL},
    {{1, 1, NAT_KIND_PCP, INBOUND_NO, "a\nb"}, NULL},
};

static struct rdata
txt_of(const char *list)
{
	struct rdata rd = {.type = TYPE_TXT};

	for (;;) {
		size_t len = strcspn(list, "|");

		rd.data[rd.len++] = (uint8_t)len;
		memcpy(rd.data + rd.len, list, len);
		rd.len = (uint16_t)(rd.len + len);
		if (list[len] == '\0')
			return rd;
		list += len + 1;
	}
}

static void
writes(void **state)
{
	for (size_t i = 0; i < COUNT(written); i++) {
		struct rdata rd, want;
		int rc = status_to_txt(&written[i].status, &rd);

		assert_int_equal(rc == 0, written[i].txt != NULL);
		if (rc == -1)
			continue;
		want = txt_of(written[i].txt);
		assert_true(rdata_equal(&rd, &want));
	}
}

static void
reads_what_it_wrote(void **state)
{
	for (size_t i = 0; i < COUNT(written); i++) {
		const struct host_status *want = &written[i].status;
		struct host_status got;
		struct rdata rd;

		if (status_to_txt(want, &rd) == -1)
			continue;
		assert_int_equal(status_from_txt(&got, &rd), 0);
		assert_int_equal(got.epoch, want->epoch);
		assert_int_equal(got.expires_sec, want->expires_sec);
		assert_int_equal(got.nat, want->nat);
		assert_int_equal(got.inbound, want->inbound);
		assert_string_equal(got.os, want->os);
	}
}

static const struct {
	const char *txt;
	int rc;
	struct host_status want;
} read[] = {
    {"v=1", 0, {0}},
    {"v=1|e=7", 0, {.epoch = 7}},
    {"e=7|V=1", 0, {.epoch = 7}},
    {"v=1|E=7|e=8", 0, {.epoch = 7}},
    {"v=1|e=|e=8", 0, {0}},
    {"v=1|e=-1", 0, {0}},
    {"v=1|e=+1", 0, {0}},
    {"v=1|e= 1", 0, {0}},
    {"v=1|e=0x10", 0, {0}},
    {"v=1|e=281474976710655", 0, {.epoch = MSG_EPOCH_MAX - 1}},
    {"v=1|e=281474976710656", 0, {0}},
    {"v=1|e=18446744073709551615", 0, {0}},
    {"v=1|e=18446744073709551616", 0, {0}},
    {"v=1|e=99999999999999999999999999", 0, {0}},
    {"v=1|x=12", 0, {.expires_sec = 12}},
    {"v=1|nat=UPnP|in=NO", 0, {.nat = NAT_KIND_UPNP, .inbound = INBOUND_NO}},
    {"v=1|nat=magic|in=maybe", 0, {0}},
    {"v=1|nat=double|nat=none", 0, {.nat = NAT_KIND_DOUBLE}},
    {"v=1|nat", 0, {0}},
    {"v=1||=5|colour=red|os=linux=7", 0, {.os = "linux=7"}},
    {"v=1|os=\x1b[2J", 0, {0}},
    {"v=1|os=0123456789012345678901234567890123456789012345678901234567890123", 0, {0}},
    {"v=1|os=012345678901234567890123456789012345678901234567890123456789012", 0,
	{.os = "012345678901234567890123456789012345678901234567890123456789012"}},
    {"v=2|e=7", -1, {0}},
    {"e=7", -1, {0}},
    {"", -1, {0}},
    {"v=10", -1, {0}},
    {"v=2|v=1|e=7", -1, {0}},
};

static void
reads_what_others_wrote(void **state)
{
	for (size_t i = 0; i < COUNT(read); i++) {
		struct rdata rd = txt_of(read[i].txt);
		struct host_status got;

		memset(&got, 0xee, sizeof(got));
		if (status_from_txt(&got, &rd) != read[i].rc)
			fail_msg("row %zu: %s", i, read[i].txt);
		if (got.epoch != read[i].want.epoch || got.nat != read[i].want.nat ||
		    got.expires_sec != read[i].want.expires_sec ||
		    got.inbound != read[i].want.inbound)
			fail_msg("row %zu: %s", i, read[i].txt);
		assert_string_equal(got.os, read[i].want.os);
	}
}

static void
a_nul_hides_nothing(void **state)
{
	struct rdata rd = {TYPE_TXT, 4 + 6, "\003v=1\005e=7\0000"};
	struct host_status got;

	assert_int_equal(status_from_txt(&got, &rd), 0);
	assert_int_equal(got.epoch, 0);
	rd.type = TYPE_A;
	assert_int_equal(status_from_txt(&got, &rd), -1);
}

static void
words_go_both_ways(void **state)
{
	for (unsigned i = 0; i < NAT_KIND_MAX; i++)
		assert_int_equal(nat_kind_parse(nat_kind_text(i)), i);
	for (unsigned i = 0; i < INBOUND_MAX; i++)
		assert_int_equal(inbound_parse(inbound_text(i)), i);
	assert_null(nat_kind_text(NAT_KIND_MAX));
	assert_null(inbound_text(INBOUND_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes),
	    cmocka_unit_test(reads_what_it_wrote),
	    cmocka_unit_test(reads_what_others_wrote),
	    cmocka_unit_test(a_nul_hides_nothing),
	    cmocka_unit_test(words_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
