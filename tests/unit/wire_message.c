/* Messages: the vectors, the rules of the reader one by one, records of each type, queries. */
#include "wire_test.h"

#include "dnsupdate/wire/message.h"

#include <stdlib.h>

static struct message m;

static int
parse_hex(const char *hex)
{
	static uint8_t data[1024];

	return message_parse(&m, data, from_hex(hex, data, sizeof(data)));
}

static void
reads_the_update(void **state)
{
	struct name owner, host = name_of("h.z.example");
	uint8_t addr[16];
	size_t len;

	assert_int_equal(parse_hex(VECTOR_UPDATE), 0);
	assert_int_equal(m.id, 0x1234);
	assert_int_equal(m.opcode, OPCODE_UPDATE);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.question.type, TYPE_SOA);
	rr_owner(&m, &m.rr[0], &owner);
	assert_true(name_equal(&owner, &host));
	assert_int_equal(m.rr[0].section, SECTION_UPDATE);
	assert_int_equal(m.rr[0].ttl, 120);
	assert_int_equal(rr_aaaa(&m, &m.rr[0], addr), 0);
	assert_int_equal(addr[0], 0xfd);
	assert_int_equal(addr[15], 1);
	assert_true(m.has_edns);
	assert_int_equal(m.edns_udp_size, 1232);
	assert_memory_equal(message_option(&m, 2, &len), "\0\0\x15\x18", 4);
	assert_int_equal(len, 4);
	assert_null(message_option(&m, 1, &len));
}

static void
reads_llq(void **state)
{
	size_t len;

	assert_int_equal(parse_hex(VECTOR_LLQ), 0);
	assert_int_equal(m.edns_udp_size, 512); /* 0 on the wire */
	assert_non_null(message_option(&m, 1, &len));
	assert_int_equal(len, 18);
}

#define HEAD "00018000" /* id, response */
#define Q "01610000010001" /* a A IN */
#define ONE HEAD "0000000100000000" /* answer */
#define EXTRA HEAD "0000000000000001"
#define CHANGE "000128000000000000010000" /* an UPDATE */
#define DEMAND "000128000000000100000000"

static const struct {
	const char *what;
	const char *hex;
	int ok;
} rules[] = {
    {"empty", "", 0},
    {"header cut", "0001800000000000000000", 0},
    {"header only", HEAD "0000000000000000", 1},
    {"octet left over", HEAD "000000000000000000", 0},
    {"a question", HEAD "0001000000000000" Q, 1},
    {"two questions", HEAD "0002000000000000" Q Q, 0},
    {"question cut", HEAD "000100000000000001610000010", 0},
    {"record missing", HEAD "0001000100000000" Q, 0},
    {"A", ONE "000001000100000000000401020304", 1},
    {"A of 3", ONE "0000010001000000000003010203", 0},
    {"A of 5", ONE "00000100010000000000050102030405", 0},
    {"A of 0", ONE "0000010001000000000000", 0},
    {"data cut", ONE "0000010001000000000004010203", 0},
    {"AAAA of 4", ONE "00001c000100000000000401020304", 0},
    {"SRV", ONE "0000210001000000000009000000001194016100", 1},
    {"SRV name short", ONE "0000210001000000000008000000001194016100", 0},
    {"SRV name long", ONE "000021000100000000000a000000001194016100ff", 0},
    {"SRV cut", ONE "00002100010000000000050000000011", 0},
    {"PTR compressed", HEAD "0001000100000000" Q "00000c0001000000000002c00c", 1},
    {"PTR forward", HEAD "0001000100000000" Q "00000c0001000000000002c01f", 0},
    {"TXT", ONE "000010000100000000000401610162", 1},
    {"TXT of an empty string", ONE "000010000100000000000100", 1},
    {"TXT of nothing", ONE "0000100001000000000000", 0},
    {"TXT string too long", ONE "00001000010000000000020261", 0},
    {"TXT into the next",
	HEAD "000000020000000000001000010000000000020261000001000100000000000401020304", 0},
    {"SOA", ONE "000006000100000000001600000000000100000002000000030000000400000005", 1},
    {"SOA short", ONE "0000060001000000000015000000000001000000020000000300000004000000", 0},
    {"unknown type", ONE "00ff0000010000000000020102", 1},
    {"OPT", EXTRA "00002904d0000000000000", 1},
    {"OPT with options", EXTRA "00002904d0000000000009000a00010100020000", 1},
    {"OPT option cut", EXTRA "00002904d0000000000005000a000201", 0},
    {"OPT half an option", EXTRA "00002904d0000000000003000a00", 0},
    {"two OPT", HEAD "000000000000000200002904d000000000000000002904d0000000000000", 0},
    {"OPT in answer", ONE "00002904d0000000000000", 0},
    {"OPT with a name", EXTRA "016100002904d0000000000000", 0},
    {"UPDATE: delete set", CHANGE "00000100ff000000000000", 1},
    {"UPDATE: delete record", CHANGE "00000100fe00000000000401020304", 1},
    {"UPDATE: none", DEMAND "00000100fe000000000000", 1},
    {"UPDATE: empty data to add", CHANGE "0000010001000000000000", 0},
    {"QUERY: class ANY, no data", ONE "00000100ff000000000000", 0},
};

static void
keeps_the_rules(void **state)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (parse_hex(rules[i].hex) != (rules[i].ok ? 0 : -1))
			fail_msg("%s", rules[i].what);
}

/* Every prefix of a good message is bad, and so is one with an octet more. */
static void
accepts_whole_messages_only(void **state)
{
	uint8_t data[256] = {0};
	size_t len = from_hex(VECTOR_UPDATE_SIGNED, data, sizeof(data) - 1);

	assert_int_equal(message_parse(&m, data, len), 0);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(message_parse(&m, data, n), -1);
	assert_int_equal(message_parse(&m, data, len + 1), -1);
}

static void
counts_are_limited(void **state)
{
	size_t len = MESSAGE_HEADER + 11u * (MESSAGE_RECORDS_MAX + 1);
	uint8_t *data = calloc(1, len); /* 11 zero octets are a record of type 0 */

	assert_non_null(data);
	data[6] = MESSAGE_RECORDS_MAX >> 8;
	assert_int_equal(message_parse(&m, data, len - 11), 0);
	assert_int_equal(m.count, MESSAGE_RECORDS_MAX);
	data[9] = 1;
	assert_int_equal(message_parse(&m, data, len), -1);
	free(data);
}

static void
size_is_limited(void **state)
{
	uint8_t *data = calloc(1, MESSAGE_MAX + 1);

	assert_non_null(data);
	data[7] = 1; /* one record of type 0 over all the rest */
	data[MESSAGE_HEADER + 9] = (MESSAGE_MAX - MESSAGE_HEADER - 11) >> 8;
	data[MESSAGE_HEADER + 10] = (MESSAGE_MAX - MESSAGE_HEADER - 11) & 0xff;
	assert_int_equal(message_parse(&m, data, MESSAGE_MAX), 0);
	data[MESSAGE_HEADER + 10]++;
	assert_int_equal(message_parse(&m, data, MESSAGE_MAX + 1), -1);
	free(data);
}

static void
knows_replies(void **state)
{
	struct question q = {.name = name_of("A"), .type = TYPE_A, .class = CLASS_IN};
	struct question other = {.name = name_of("b"), .type = TYPE_A, .class = CLASS_IN};

	assert_int_equal(parse_hex(HEAD "0001000000000000" Q), 0);
	assert_true(message_is_reply(&m, OPCODE_QUERY, 1, &q));
	assert_true(message_is_reply(&m, OPCODE_QUERY, 1, NULL));
	assert_false(message_is_reply(&m, OPCODE_QUERY, 2, &q));
	assert_false(message_is_reply(&m, OPCODE_UPDATE, 1, &q));
	assert_false(message_is_reply(&m, OPCODE_QUERY, 1, &other));
	q.type = TYPE_AAAA;
	assert_false(message_is_reply(&m, OPCODE_QUERY, 1, &q));
	q.type = TYPE_A;
	assert_int_equal(parse_hex("0001000000010000000000000161000001"
				   "0001"),
	    0);
	assert_false(message_is_reply(&m, OPCODE_QUERY, 1, &q)); /* not a response */
}

static void
reads_the_zone(void **state)
{
	struct name zone, want = name_of("a"), ns = name_of("n.a"), other = name_of("b");
	struct name below = name_of("x.a"), parent = name_of("b.a"), sub = name_of("x.b.a");
	struct soa soa;

	/* question a SOA; answer a SOA n.a r.a 7 ... */
	assert_int_equal(parse_hex(HEAD "0001000100000000"
					"01610000060001"
					"c00c00060001000000000"
					"01c"
					"016ec00c"
					"0172c00c"
					"0000000700000002000000030000000400000005"),
	    0);
	assert_int_equal(message_zone(&m, &want, &zone, &soa), 0);
	assert_true(name_equal(&zone, &want));
	assert_true(name_equal(&soa.mname, &ns));
	assert_int_equal(soa.serial, 7);
	/* another's, and a top-level domain's */
	assert_int_equal(message_zone(&m, &other, &zone, &soa), -1);
	assert_int_equal(message_zone(&m, &below, &zone, &soa), -1);
	/* question x.b.a SOA; authority b.a SOA */
	assert_int_equal(parse_hex(HEAD "0001000000010000"
					"017801620161000006"
					"0001"
					"c00e00060001000000000"
					"01c"
					"016ec00e"
					"0172c00e"
					"0000000800000002000000030000000400000005"),
	    0);
	assert_int_equal(message_zone(&m, &sub, &zone, &soa), 0);
	assert_true(name_equal(&zone, &parent));
	assert_int_equal(soa.serial, 8);
	assert_int_equal(message_zone(&m, &below, &zone, &soa), -1);
	assert_int_equal(parse_hex(HEAD "0001000000000000" Q), 0);
	assert_int_equal(message_zone(&m, &want, &zone, &soa), -1);
}

static void
reads_upper_rcode(void **state)
{
	assert_int_equal(parse_hex(HEAD "0000000000000001"
					"00002904d0010000000000"),
	    0);
	assert_int_equal(m.rcode, RCODE_BADVERS);
	assert_string_equal(rcode_text(m.rcode), "BADVERS");
	assert_string_equal(rcode_text(RCODE_NXRRSET), "NXRRSET");
}

static void
expands_data(void **state)
{
	uint8_t want[64];
	struct rdata rd;
	uint8_t addr[4];
	struct srv srv;

	assert_int_equal(parse_hex(HEAD "0001000100000000" Q "c00c0021000100000000000a"
					"0001000211940162c00c"),
	    0);
	assert_int_equal(rr_srv(&m, &m.rr[0], &srv), 0);
	assert_int_equal(srv.priority, 1);
	assert_int_equal(srv.weight, 2);
	assert_int_equal(srv.port, 4500);
	assert_int_equal(rr_rdata(&m, &m.rr[0], &rd), 0);
	assert_int_equal(rd.len, from_hex("0001000211940162016100", want, sizeof(want)));
	assert_memory_equal(rd.data, want, rd.len);
	assert_int_equal(rr_a(&m, &m.rr[0], addr), -1);
}

static void
finds_records(void **state)
{
	struct name a = name_of("a"), b = name_of("b");
	size_t pos = 0;

	/* a A 1.2.3.4, a A (class CH), b A */
	assert_int_equal(parse_hex(HEAD "0001000300000000" Q "c00c00010001000000000004"
					"01020304"
					"c00c00010003000000000004"
					"01020305"
					"016200"
					"00010001000000000004"
					"01020306"),
	    0);
	assert_ptr_equal(message_next(&m, &pos, SECTION_ANSWER, &a, TYPE_A), &m.rr[0]);
	assert_null(message_next(&m, &pos, SECTION_ANSWER, &a, TYPE_A));
	pos = 0;
	assert_ptr_equal(message_next(&m, &pos, SECTION_ANSWER, &b, TYPE_ANY), &m.rr[2]);
	pos = 0;
	assert_null(message_next(&m, &pos, SECTION_AUTHORITY, &a, TYPE_A));
	pos = 1;
	assert_ptr_equal(message_next(&m, &pos, SECTION_ANSWER, NULL, TYPE_A), &m.rr[2]);
}

static void
builds_queries(void **state)
{
	struct question q = {.name = name_of("a"), .type = TYPE_A, .class = CLASS_IN};
	uint8_t room[64], want[64];
	struct buf b = buf_writer(room, sizeof(room));
	size_t len = from_hex("abcd01000001000000000001" Q "00002904d0000000000000", want, 64);

	assert_int_equal(query_build(&b, 0xabcd, &q, 1), 0);
	assert_int_equal(b.pos, len);
	assert_memory_equal(room, want, len);
	assert_int_equal(message_parse(&m, room, b.pos), 0);
	b = buf_writer(room, len - 1);
	assert_int_equal(query_build(&b, 0xabcd, &q, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_update),
	    cmocka_unit_test(reads_llq),
	    cmocka_unit_test(keeps_the_rules),
	    cmocka_unit_test(accepts_whole_messages_only),
	    cmocka_unit_test(counts_are_limited),
	    cmocka_unit_test(size_is_limited),
	    cmocka_unit_test(knows_replies),
	    cmocka_unit_test(reads_the_zone),
	    cmocka_unit_test(reads_upper_rcode),
	    cmocka_unit_test(expands_data),
	    cmocka_unit_test(finds_records),
	    cmocka_unit_test(builds_queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
