/* Updates: the vector octet by octet, each form of RFC 2136, and what is refused. */
#include "wire_test.h"

#include "dnsupdate/wire/update.h"

static uint8_t room[2048];
static struct update u;
static struct message m;

static void
begin(void)
{
	struct name zone = name_of("z.example");

	update_begin(&u, room, sizeof(room), 0x1234, &zone);
}

static void
makes_the_vector(void **state)
{
	static const uint8_t addr[16] = {0xfd, 0, 0, 1, [15] = 1};
	static const uint8_t lease[8] = {0, 2, 0, 4, 0, 0, 0x15, 0x18};
	struct name host = name_of("H.z.example");
	uint8_t want[256];
	size_t len = from_hex(VECTOR_UPDATE, want, sizeof(want));
	struct rdata rd;

	begin();
	rdata_aaaa(&rd, addr);
	update_add(&u, &host, 120, &rd);
	assert_int_equal(update_finish(&u, lease, sizeof(lease)), len);
	assert_memory_equal(room, want, len);
}

struct form {
	uint16_t type, class;
	uint32_t ttl;
	uint16_t rdata_len;
	uint8_t section;
};

static void
expect(const struct form *forms, size_t count)
{
	size_t len = update_finish(&u, NULL, 0);

	assert_int_not_equal(len, 0);
	assert_int_equal(message_parse(&m, room, len), 0);
	assert_int_equal(m.opcode, OPCODE_UPDATE);
	assert_int_equal(m.question.type, TYPE_SOA);
	assert_int_equal(m.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(m.rr[i].type, forms[i].type);
		assert_int_equal(m.rr[i].class, forms[i].class);
		assert_int_equal(m.rr[i].ttl, forms[i].ttl);
		assert_int_equal(m.rr[i].rdata_len, forms[i].rdata_len);
		assert_int_equal(m.rr[i].section, forms[i].section);
	}
}

/* The two tables of RFC 2136, sections 2.4 and 2.5. */
static void
makes_every_form(void **state)
{
	static const struct form forms[] = {
	    {TYPE_ANY, CLASS_ANY, 0, 0, SECTION_PREREQUISITE},
	    {TYPE_ANY, CLASS_NONE, 0, 0, SECTION_PREREQUISITE},
	    {TYPE_SRV, CLASS_ANY, 0, 0, SECTION_PREREQUISITE},
	    {TYPE_SRV, CLASS_NONE, 0, 0, SECTION_PREREQUISITE},
	    {TYPE_A, CLASS_IN, 0, 4, SECTION_PREREQUISITE},
	    {TYPE_A, CLASS_IN, 0, 4, SECTION_PREREQUISITE},
	    {TYPE_A, CLASS_IN, 60, 4, SECTION_UPDATE},
	    {TYPE_A, CLASS_NONE, 0, 4, SECTION_UPDATE},
	    {TYPE_SRV, CLASS_ANY, 0, 0, SECTION_UPDATE},
	    {TYPE_ANY, CLASS_ANY, 0, 0, SECTION_UPDATE},
	};
	struct name h = name_of("h.z.example");
	struct rdata two[2];

	rdata_a(&two[0], (const uint8_t[4]) {192, 0, 2, 1});
	rdata_a(&two[1], (const uint8_t[4]) {192, 0, 2, 2});
	begin();
	update_need_name(&u, &h);
	update_need_no_name(&u, &h);
	update_need_rrset(&u, &h, TYPE_SRV);
	update_need_no_rrset(&u, &h, TYPE_SRV);
	update_need_exactly(&u, &h, two, 2);
	update_add(&u, &h, 60, &two[0]);
	update_delete(&u, &h, &two[0]);
	update_delete_rrset(&u, &h, TYPE_SRV);
	update_delete_name(&u, &h);
	expect(forms, COUNT(forms));
}

static void
empty_is_legal(void **state)
{
	begin();
	expect(NULL, 0);
}

static void
refuses_foreign_names(void **state)
{
	struct name other = name_of("h.y.example"), middle = name_of("hz.example");

	begin();
	update_delete_name(&u, &other);
	assert_int_equal(update_finish(&u, NULL, 0), 0);
	begin();
	update_need_name(&u, &middle);
	assert_int_equal(update_finish(&u, NULL, 0), 0);
}

static void
refuses_late_prerequisites(void **state)
{
	struct name h = name_of("h.z.example");

	begin();
	update_delete_name(&u, &h);
	update_need_name(&u, &h);
	assert_int_equal(update_finish(&u, NULL, 0), 0);
}

static void
reports_lack_of_room(void **state)
{
	struct name zone = name_of("z.example"), h = name_of("h.z.example");

	for (size_t size = 0; size < 41; size++) { /* 27 for the zone, 14 for the record */
		update_begin(&u, room, size, 1, &zone);
		update_delete_name(&u, &h);
		assert_int_equal(update_finish(&u, NULL, 0), 0);
	}
	update_begin(&u, room, 41, 1, &zone);
	update_delete_name(&u, &h);
	assert_int_equal(update_finish(&u, NULL, 0), 41);
}

static void
makes_text_data(void **state)
{
	char longest[257];
	const char *strings[] = {"a", "", longest};
	struct rdata rd;
	size_t pos = 0, len;

	memset(longest, 'x', sizeof(longest));
	longest[255] = '\0';
	assert_int_equal(rdata_txt(&rd, strings, 3), 0);
	assert_int_equal(rd.len, 2 + 1 + 256);
	assert_memory_equal(rdata_txt_next(&rd, &pos, &len), "a", 1);
	assert_int_equal(len, 1);
	assert_non_null(rdata_txt_next(&rd, &pos, &len));
	assert_int_equal(len, 0);
	assert_non_null(rdata_txt_next(&rd, &pos, &len));
	assert_int_equal(len, 255);
	assert_null(rdata_txt_next(&rd, &pos, &len));
	longest[255] = 'x';
	longest[256] = '\0';
	assert_int_equal(rdata_txt(&rd, strings, 3), -1);
	assert_int_equal(rdata_txt(&rd, NULL, 0), 0);
	assert_int_equal(rd.len, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_the_vector),
	    cmocka_unit_test(makes_every_form),
	    cmocka_unit_test(empty_is_legal),
	    cmocka_unit_test(refuses_foreign_names),
	    cmocka_unit_test(refuses_late_prerequisites),
	    cmocka_unit_test(reports_lack_of_room),
	    cmocka_unit_test(makes_text_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
