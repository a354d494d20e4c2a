/* Push: the vectors both ways, every meaning of a TTL, what is fatal, messages filled to the brim.
 */
#include "wire_test.h"

#include "dnsupdate/wire/push.h"

#include <stdio.h>

static uint8_t data[20000];
static struct dso_message m;
static struct dso_tlv tlv;

static void
load(const char *hex)
{
	assert_int_equal(dso_parse(&m, data, from_hex(hex, data, sizeof(data))), 0);
	assert_int_equal(dso_find(&m, 0, (uint16_t)(data[12] << 8 | data[13]), &tlv), 1);
}

static struct rdata
aaaa(uint8_t last)
{
	uint8_t addr[16] = {0xfd, 0, 0, 1, [15] = last};
	struct rdata rd = {0};

	rdata_aaaa(&rd, addr);
	return rd;
}

static void
same_octets(const struct buf *b)
{
	assert_false(b->failed);
	assert_int_equal(b->pos, m.len);
	assert_memory_equal(b->data, m.data, m.len);
}

static void
subscribe(void **state)
{
	struct question q = {0}, upper = {0};
	struct name h = name_of("h.z.example");
	uint8_t room[256];
	struct buf b = buf_writer(room, sizeof(room));

	load(VECTOR_SUBSCRIBE);
	assert_int_equal(m.kind, DSO_REQUEST);
	assert_int_equal(push_get_subscribe(&m, &tlv, &q), 0);
	assert_true(name_equal(&q.name, &h));
	assert_int_equal(q.type, TYPE_AAAA);
	assert_int_equal(q.class, CLASS_IN);
	push_subscribe_build(&b, 2, &q, 0);
	same_octets(&b);
	data[17] = 'H'; /* case does not matter */
	assert_int_equal(push_get_subscribe(&m, &tlv, &upper), 0);
	assert_memory_equal(&q, &upper, sizeof(q));
	b = buf_writer(room, sizeof(room));
	push_subscribe_build(&b, 2, &q, 128);
	assert_int_equal(b.pos, 128);
	assert_int_equal(dso_parse(&m, room, b.pos), 0);
	assert_int_equal(dso_find(&m, 1, DSO_PADDING, &tlv), 1);
}

static void
unsubscribe(void **state)
{
	uint8_t room[64];
	struct buf b = buf_writer(room, sizeof(room));
	uint16_t id = 0;

	load(VECTOR_UNSUBSCRIBE);
	assert_int_equal(m.kind, DSO_UNIDIRECTIONAL);
	assert_int_equal(push_get_unsubscribe(&tlv, &id), 0);
	assert_int_equal(id, 2);
	push_unsubscribe_build(&b, 2, 0);
	same_octets(&b);
	tlv.len = 1;
	assert_int_equal(push_get_unsubscribe(&tlv, &id), -1);
}

static void
push(void **state)
{
	struct rdata one = aaaa(1), two = aaaa(2);
	struct name h = name_of("h.z.example");
	struct push_change c;
	struct push_writer w;
	uint8_t room[256];
	size_t pos = 0;

	load(VECTOR_PUSH);
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 1);
	assert_int_equal(c.what, PUSH_ADD);
	assert_int_equal(c.ttl, 120);
	assert_true(name_equal(&c.name, &h));
	assert_true(rdata_equal(&c.rdata, &one));
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 1);
	assert_int_equal(c.what, PUSH_REMOVE);
	assert_true(name_equal(&c.name, &h));
	assert_true(rdata_equal(&c.rdata, &two));
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 0);
	push_begin(&w, room, sizeof(room));
	assert_int_equal(push_end(&w), 0); /* an empty one must not be sent */
	push_begin(&w, room, sizeof(room));
	assert_int_equal(push_add(&w, &h, 120, &one), 0);
	assert_int_equal(push_add(&w, &h, PUSH_TTL_REMOVE, &two), 0);
	assert_int_equal(push_end(&w), m.len);
	same_octets(&w.b);
}

#define HEAD "000030000000000000000000"
#define H "0168017a076578616d706c6500" /* h.z.example, 13 octets */

/* One change behind a name; -1 is fatal. */
static const struct {
	const char *what;
	const char *hex;
	int result;
	enum push_what change;
} changes[] = {
    {"TTL 0",
	"0010000100000000"
	"00020161",
	1, PUSH_ADD},
    {"largest TTL",
	"001000017fffffff"
	"00020161",
	1, PUSH_ADD},
    {"TTL 80000000",
	"0010000180000000"
	"00020161",
	1, PUSH_IGNORE},
    {"TTL fffffffd",
	"00100001fffffffd"
	"00020161",
	1, PUSH_IGNORE},
    {"remove",
	"00100001ffffffff"
	"00020161",
	1, PUSH_REMOVE},
    {"remove, no data",
	"000a0001ffffffff"
	"0000",
	1, PUSH_REMOVE},
    {"remove set",
	"001c0001fffffffe"
	"0000",
	1, PUSH_REMOVE_SET},
    {"remove all types",
	"00ff0001fffffffe"
	"0000",
	1, PUSH_REMOVE_CLASS},
    {"remove everything",
	"000000fffffffffe"
	"0000",
	1, PUSH_REMOVE_NAME},
    {"remove everything, a type",
	"001c00fffffffffe"
	"0000",
	1, PUSH_REMOVE_NAME},
    {"remove set, data",
	"001c0001fffffffe"
	"000100",
	-1, 0},
    {"add type ANY",
	"00ff000100000001"
	"0000",
	-1, 0},
    {"add class ANY",
	"001000ff00000001"
	"00020161",
	-1, 0},
    {"remove type ANY",
	"00ff0001ffffffff"
	"0000",
	-1, 0},
    {"remove class ANY",
	"001000ffffffffff"
	"00020161",
	-1, 0},
    {"AAAA of 4",
	"001c000100000001"
	"000401020304",
	-1, 0},
    {"AAAA of 0",
	"001c000100000001"
	"0000",
	-1, 0},
    {"data cut",
	"001c000100000001"
	"001001020304",
	-1, 0},
    {"no length", "001c000100000001", -1, 0},
    {"SRV compressed",
	"0021000100000001"
	"0008000000000000c010",
	1, PUSH_ADD},
    {"SRV forward",
	"0021000100000001"
	"0008000000000000c0ff",
	-1, 0},
    {"MX compressed",
	"000f000100000001"
	"00040001c010",
	1, PUSH_ADD},
    {"NSEC compressed",
	"002f000100000001"
	"0005c010000140",
	1, PUSH_ADD},
};

static void
every_ttl(void **state)
{
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct push_change c;
		char hex[512];
		size_t pos = 0;

		snprintf(hex, sizeof(hex), HEAD "0041%04x" H "%s",
		    (unsigned)(13 + strlen(changes[i].hex) / 2), changes[i].hex);
		load(hex);
		if (push_next(&m, &tlv, &pos, &c) != changes[i].result ||
		    (changes[i].result == 1 && c.what != changes[i].change) ||
		    (changes[i].result == 1 && push_next(&m, &tlv, &pos, &c) != 0))
			fail_msg("%s", changes[i].what);
	}
}

static void
expands_names_in_data(void **state)
{
	struct push_change c;
	struct name h = name_of("h.z.example");
	size_t pos = 0;

	load(HEAD "0041001f" H "0021000100000001"
		  "0008"
		  "000000001194c010");
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 1);
	assert_int_equal(c.rdata.len, 6 + h.len);
	assert_memory_equal(c.rdata.data + 6, h.wire, h.len);
}

/* A name may not run out of its TLV into the next, though the octets are there. */
static void
stays_inside(void **state)
{
	struct question q;
	size_t pos = 0;
	struct push_change c;

	load(HEAD "00400003"
		  "016801"
		  "00030011"
		  "7a076578616d706c6500001c0001000000");
	assert_int_equal(push_get_subscribe(&m, &tlv, &q), -1);
	load(HEAD "00410000");
	assert_int_equal(push_next(&m, &tlv, &pos, &c), -1); /* empty: fatal */
	load(HEAD "00400012" H "001c000100");
	assert_int_equal(push_get_subscribe(&m, &tlv, &q), -1); /* an octet more */
	load(VECTOR_KEEPALIVE);
	assert_int_equal(push_get_subscribe(&m, &tlv, &q), -1);
	assert_int_equal(push_next(&m, &tlv, &pos, &c), -1);
}

static void
reconfirm(void **state)
{
	struct name h = name_of("h.z.example");
	struct rdata one = aaaa(1), rd;
	struct question q;
	struct buf b = buf_writer(data, sizeof(data));

	push_reconfirm_build(&b, &h, &one, 0);
	assert_int_equal(dso_parse(&m, data, b.pos), 0);
	assert_int_equal(m.kind, DSO_UNIDIRECTIONAL);
	assert_int_equal(dso_find(&m, 0, DSO_RECONFIRM, &tlv), 1);
	assert_int_equal(push_get_reconfirm(&m, &tlv, &q, &rd), 0);
	assert_true(name_equal(&q.name, &h));
	assert_true(rdata_equal(&rd, &one));
	tlv.len--;
	assert_int_equal(push_get_reconfirm(&m, &tlv, &q, &rd), -1);
}

static void
removes_sets(void **state)
{
	struct name h = name_of("h.z.example");
	struct push_change c;
	struct push_writer w;
	size_t pos = 0;

	push_begin(&w, data, sizeof(data));
	assert_int_equal(push_remove_set(&w, &h, TYPE_SRV), 0);
	assert_int_equal(push_remove_set(&w, &h, TYPE_ANY), 0);
	assert_int_equal(dso_parse(&m, data, push_end(&w)), 0);
	assert_int_equal(dso_find(&m, 0, DSO_PUSH, &tlv), 1);
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 1);
	assert_int_equal(c.what, PUSH_REMOVE_SET);
	assert_int_equal(c.type, TYPE_SRV);
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 1);
	assert_int_equal(c.what, PUSH_REMOVE_CLASS);
	assert_int_equal(push_next(&m, &tlv, &pos, &c), 0);
}

/* Until it is full; then every change is there, and the message is not too large for any client. */
static void
fills_a_message(void **state)
{
	struct name h = name_of("_autotunnel._udp.h.z.example"), at = name_of("at.h.z.example");
	struct push_change c;
	struct push_writer w;
	unsigned added = 0, read = 0;
	size_t pos = 0, len;

	push_begin(&w, data, sizeof(data));
	for (;; added++) {
		struct srv srv = {0, 0, (uint16_t)added, at};
		struct rdata rd;

		rdata_srv(&rd, &srv);
		if (push_add(&w, &h, 60, &rd) == -1)
			break;
	}
	len = push_end(&w);
	assert_true(len <= PUSH_MESSAGE_MAX && len > PUSH_MESSAGE_MAX - 22);
	assert_true(added > 700); /* 20 octets each once the names are known */
	assert_int_equal(dso_parse(&m, data, len), 0);
	assert_int_equal(dso_find(&m, 0, DSO_PUSH, &tlv), 1);
	for (; push_next(&m, &tlv, &pos, &c) == 1; read++) {
		assert_true(name_equal(&c.name, &h));
		assert_int_equal(c.rdata.data[4] << 8 | c.rdata.data[5], read);
		assert_memory_equal(c.rdata.data + 6, at.wire, at.len);
	}
	assert_int_equal(read, added);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(subscribe),
	    cmocka_unit_test(unsubscribe),
	    cmocka_unit_test(push),
	    cmocka_unit_test(every_ttl),
	    cmocka_unit_test(expands_names_in_data),
	    cmocka_unit_test(stays_inside),
	    cmocka_unit_test(reconfirm),
	    cmocka_unit_test(removes_sets),
	    cmocka_unit_test(fills_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
