/* RFC 2136 at the server, message in, message out: prerequisites, the four forms, who may, in which
 * order things are found wrong, and that a refused update leaves no trace. */
#include "tests/unit/dnsd_test.h"

#include "dnsupdate/wire/key_seal.h"

/* ---- messages of any content ---- */

static void
begin(struct test_server *t, const char *zone, uint16_t type, uint16_t class)
{
	struct name n = name_of(zone);
	struct buf b = buf_writer(t->request, sizeof t->request);

	buf_put_u16(&b, ++t->id);
	buf_put_u16(&b, OPCODE_UPDATE << 11);
	buf_put_u16(&b, 1);
	buf_put_u16(&b, 0);
	buf_put_u32(&b, 0);
	name_put(&b, &n);
	buf_put_u16(&b, type);
	buf_put_u16(&b, class);
	t->request_len = b.pos;
}

static void
put(struct test_server *t, enum dns_section section, const char *owner, uint16_t type,
    uint16_t class, uint32_t ttl, const char *hex)
{
	struct buf b = buf_writer(t->request, sizeof t->request);
	struct name n = name_of(owner);
	uint8_t data[1024];
	size_t len = from_hex(hex, data, sizeof data), at = 6 + 2 * (size_t)section;

	b.pos = t->request_len;
	name_put(&b, &n);
	buf_put_u16(&b, type);
	buf_put_u16(&b, class);
	buf_put_u32(&b, ttl);
	buf_put_u16(&b, (uint16_t)len);
	buf_put(&b, data, len);
	assert_false(b.failed);
	t->request_len = b.pos;
	if (++t->request[at + 1] == 0)
		t->request[at]++;
}

#define A1 "c0000201"
#define A2 "c0000202"

/* One record in one section, by the account's key. */
static unsigned
one(struct test_server *t, enum dns_section section, const char *owner, uint16_t type,
    uint16_t class, uint32_t ttl, const char *hex)
{
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, section, owner, type, class, ttl, hex);
	return test_signed(t, "k.z.example");
}

static unsigned
need(struct test_server *t, const char *owner, uint16_t type, uint16_t class, const char *hex)
{
	return one(t, SECTION_PREREQUISITE, owner, type, class, 0, hex);
}

static unsigned
change(struct test_server *t, const char *owner, uint16_t type, uint16_t class, uint32_t ttl,
    const char *hex)
{
	return one(t, SECTION_UPDATE, owner, type, class, ttl, hex);
}

static void
add_a(struct test_server *t, const char *owner, const char *hex)
{
	assert_int_equal(change(t, owner, TYPE_A, CLASS_IN, 60, hex), RCODE_NOERROR);
}

/* ---- prerequisites ---- */

static void
five_prerequisites(void **state)
{
	struct test_server *t = *state;

	add_a(t, "b.a.z.example", A1);
	/* the name is in use, or not; an empty non-terminal is not */
	assert_int_equal(need(t, "b.a.z.example", TYPE_ANY, CLASS_ANY, ""), RCODE_NOERROR);
	assert_int_equal(need(t, "x.z.example", TYPE_ANY, CLASS_ANY, ""), RCODE_NXDOMAIN);
	assert_int_equal(need(t, "a.z.example", TYPE_ANY, CLASS_ANY, ""), RCODE_NXDOMAIN);
	assert_int_equal(need(t, "x.z.example", TYPE_ANY, CLASS_NONE, ""), RCODE_NOERROR);
	assert_int_equal(need(t, "a.z.example", TYPE_ANY, CLASS_NONE, ""), RCODE_NOERROR);
	assert_int_equal(need(t, "b.a.z.example", TYPE_ANY, CLASS_NONE, ""), RCODE_YXDOMAIN);
	/* the set exists, or not */
	assert_int_equal(need(t, "b.a.z.example", TYPE_A, CLASS_ANY, ""), RCODE_NOERROR);
	assert_int_equal(need(t, "b.a.z.example", TYPE_TXT, CLASS_ANY, ""), RCODE_NXRRSET);
	assert_int_equal(need(t, "b.a.z.example", TYPE_TXT, CLASS_NONE, ""), RCODE_NOERROR);
	assert_int_equal(need(t, "b.a.z.example", TYPE_A, CLASS_NONE, ""), RCODE_YXRRSET);
	/* the set is this */
	assert_int_equal(need(t, "b.a.z.example", TYPE_A, CLASS_IN, A1), RCODE_NOERROR);
	assert_int_equal(need(t, "b.a.z.example", TYPE_A, CLASS_IN, A2), RCODE_NXRRSET);
	assert_int_equal(need(t, "x.z.example", TYPE_A, CLASS_IN, A2), RCODE_NXRRSET);
	assert_int_equal(t->z->serial, 101);
}

static void
values_are_compared_as_sets(void **state)
{
	struct test_server *t = *state;
	static const char *const lists[][3] = {
	    {A1, A2, NULL}, {A2, A1, NULL}, {A1, A2, A1}, {A1, NULL}, {A1, "c0000203", NULL}};
	static const unsigned rcodes[] = {
	    RCODE_NOERROR, RCODE_NOERROR, RCODE_NOERROR, RCODE_NXRRSET, RCODE_NXRRSET};

	add_a(t, "a.z.example", A1);
	add_a(t, "a.z.example", A2);
	for (size_t i = 0; i < COUNT(lists); i++) {
		begin(t, "z.example", TYPE_SOA, CLASS_IN);
		for (int j = 0; j < 3 && lists[i][j] != NULL; j++)
			put(t, SECTION_PREREQUISITE, "a.z.example", TYPE_A, CLASS_IN, 0,
			    lists[i][j]);
		assert_int_equal(test_signed(t, "k.z.example"), rcodes[i]);
	}
}

/* Two sets at once, and as many prerequisites as a message takes: no effort beyond their number. */
static void
many_values(void **state)
{
	enum { MANY = 1000 };
	struct test_server *t = *state;
	char hex[9];

	for (int round = 0; round < 3; round++) {
		begin(t, "z.example", TYPE_SOA, CLASS_IN);
		for (unsigned i = 0; i < MANY; i++) {
			snprintf(hex, sizeof hex, "%08x", i);
			put(t, round == 0 ? SECTION_UPDATE : SECTION_PREREQUISITE,
			    i % 2 ? "a.z.example" : "b.z.example", TYPE_A, CLASS_IN, 0, hex);
		}
		if (round == 2) /* one of one set is missing, one of the other is there twice */
			t->request[t->request_len - 1] = (uint8_t)(MANY - 3);
		assert_int_equal(
		    test_signed(t, "k.z.example"), round == 2 ? RCODE_NXRRSET : RCODE_NOERROR);
	}
}

static void
malformed_prerequisites(void **state)
{
	struct test_server *t = *state;

	add_a(t, "a.z.example", A1);
	assert_int_equal(
	    one(t, SECTION_PREREQUISITE, "a.z.example", TYPE_A, CLASS_ANY, 1, ""), RCODE_FORMERR);
	assert_int_equal(
	    one(t, SECTION_PREREQUISITE, "a.z.example", TYPE_A, CLASS_NONE, 1, ""), RCODE_FORMERR);
	assert_int_equal(
	    one(t, SECTION_PREREQUISITE, "a.z.example", TYPE_A, CLASS_IN, 1, A1), RCODE_FORMERR);
	assert_int_equal(need(t, "a.z.example", TYPE_A, CLASS_ANY, A1), RCODE_FORMERR);
	assert_int_equal(need(t, "a.z.example", TYPE_A, CLASS_NONE, A1), RCODE_FORMERR);
	assert_int_equal(need(t, "a.z.example", TYPE_ANY, CLASS_IN, A1), RCODE_FORMERR);
	assert_int_equal(need(t, "a.z.example", TYPE_A, 3, A1), RCODE_FORMERR); /* CH */
	assert_int_equal(need(t, "a.other.example", TYPE_A, CLASS_ANY, ""), RCODE_NOTZONE);
	assert_int_equal(need(t, "az.example", TYPE_A, CLASS_ANY, ""), RCODE_NOTZONE);
}

/* ---- the four forms ---- */

static void
four_forms(void **state)
{
	struct test_server *t = *state;

	add_a(t, "a.z.example", A1);
	add_a(t, "a.z.example", A2);
	assert_int_equal(change(t, "a.z.example", TYPE_TXT, CLASS_IN, 60, "0161"), RCODE_NOERROR);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 2);
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_NONE, 0, A1), RCODE_NOERROR);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 1);
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_ANY, 0, ""), RCODE_NOERROR);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 0);
	assert_int_equal(test_count(t, "a.z.example", TYPE_TXT), 1);
	add_a(t, "a.z.example", A1);
	assert_int_equal(change(t, "a.z.example", TYPE_ANY, CLASS_ANY, 0, ""), RCODE_NOERROR);
	assert_int_equal(test_ask(t, "a.z.example", TYPE_A), RCODE_NXDOMAIN);
	assert_int_equal(t->z->serial, 107);
}

static void
what_changes_nothing_has_no_serial(void **state)
{
	struct test_server *t = *state;

	add_a(t, "a.z.example", A1);
	assert_int_equal(t->z->serial, 101);
	add_a(t, "a.z.example", A1); /* there already */
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_NONE, 0, A2), RCODE_NOERROR);
	assert_int_equal(change(t, "x.z.example", TYPE_A, CLASS_ANY, 0, ""), RCODE_NOERROR);
	assert_int_equal(change(t, "x.z.example", TYPE_ANY, CLASS_ANY, 0, ""), RCODE_NOERROR);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOERROR); /* empty */
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_ANY, 0, "");
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOERROR); /* replaced by itself */
	assert_int_equal(t->z->serial, 101);
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_IN, 61, A1), RCODE_NOERROR);
	assert_int_equal(t->z->serial, 102); /* another TTL is a change */
}

static void
in_the_order_of_the_message(void **state)
{
	struct test_server *t = *state;

	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, A1);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_NONE, 0, A1);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOERROR);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 0);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_NONE, 0, A1);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOERROR);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 1);
}

static void
one_ttl_for_a_set(void **state)
{
	struct test_server *t = *state;
	struct name n = name_of("a.z.example");

	add_a(t, "a.z.example", A1);
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_IN, 90, A2), RCODE_NOERROR);
	assert_int_equal(node_rrset(zone_node(t->z, &n), TYPE_A)->ttl, 90);
	assert_int_equal(test_ask(t, "a.z.example", TYPE_A), RCODE_NOERROR);
	assert_int_equal(t->m.rr[0].ttl, 90);
	assert_int_equal(t->m.rr[1].ttl, 90);
}

static void
malformed_changes(void **state)
{
	static const uint16_t meta[] = {TYPE_OPT, 249, TYPE_TSIG, 251, 252, 253, 254, 128};
	struct test_server *t = *state;

	assert_int_equal(change(t, "a.z.example", TYPE_A, 3, 60, A1), RCODE_FORMERR);
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_ANY, 1, ""), RCODE_FORMERR);
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_ANY, 0, A1), RCODE_FORMERR);
	assert_int_equal(change(t, "a.z.example", TYPE_A, CLASS_NONE, 1, A1), RCODE_FORMERR);
	assert_int_equal(change(t, "a.z.example", TYPE_ANY, CLASS_NONE, 0, ""), RCODE_FORMERR);
	assert_int_equal(change(t, "a.z.example", TYPE_ANY, CLASS_IN, 60, A1), RCODE_FORMERR);
	assert_int_equal(change(t, "a.other.example", TYPE_A, CLASS_IN, 60, A1), RCODE_NOTZONE);
	for (size_t i = 0; i < COUNT(meta); i++) {
		if (meta[i] == TYPE_OPT || meta[i] == TYPE_TSIG)
			continue; /* the message as a whole is none: below */
		assert_int_equal(
		    change(t, "a.z.example", meta[i], CLASS_IN, 60, A1), RCODE_FORMERR);
		assert_int_equal(
		    change(t, "a.z.example", meta[i], CLASS_ANY, 0, ""), RCODE_FORMERR);
	}
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_OPT, CLASS_IN, 60, "");
	assert_int_equal(test_raw(t, t->request, t->request_len, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, "c00002"); /* three octets */
	assert_int_equal(test_raw(t, t->request, t->request_len, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
	assert_int_equal(t->z->serial, 100);
}

/* What comes before an error in the message is not done either. */
static void
all_or_nothing(void **state)
{
	struct test_server *t = *state;

	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, A1);
	put(t, SECTION_UPDATE, "a.other.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOTZONE);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_PREREQUISITE, "x.z.example", TYPE_A, CLASS_ANY, 0, "");
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NXRRSET);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 0);
	assert_int_equal(t->z->serial, 100);
}

/* ---- what a zone keeps ---- */

static void
the_apex_keeps_soa_and_ns(void **state)
{
	struct test_server *t = *state;

	assert_int_equal(change(t, "z.example", TYPE_SOA, CLASS_ANY, 0, ""), RCODE_NOERROR);
	assert_int_equal(change(t, "z.example", TYPE_NS, CLASS_ANY, 0, ""), RCODE_NOERROR);
	assert_int_equal(change(t, "z.example", TYPE_ANY, CLASS_ANY, 0, ""), RCODE_NOERROR);
	assert_int_equal(
	    change(t, "z.example", TYPE_NS, CLASS_NONE, 0, "026e73017a076578616d706c6500"),
	    RCODE_NOERROR); /* the last one */
	assert_int_equal(test_count(t, "z.example", TYPE_SOA), 1);
	assert_int_equal(test_count(t, "z.example", TYPE_NS), 1);
	assert_int_equal(t->z->serial, 100);
	assert_int_equal(
	    change(t, "z.example", TYPE_NS, CLASS_IN, 60, "036e7332017a076578616d706c6500"),
	    RCODE_NOERROR);
	assert_int_equal(
	    change(t, "z.example", TYPE_NS, CLASS_NONE, 0, "026e73017a076578616d706c6500"),
	    RCODE_NOERROR);
	assert_int_equal(test_count(t, "z.example", TYPE_NS), 1);
	assert_int_equal(t->z->serial, 102);
	/* elsewhere NS is like any other */
	assert_int_equal(
	    change(t, "d.z.example", TYPE_NS, CLASS_IN, 60, "026e73017a076578616d706c6500"),
	    RCODE_NOERROR);
	assert_int_equal(change(t, "d.z.example", TYPE_ANY, CLASS_ANY, 0, ""), RCODE_NOERROR);
	assert_int_equal(test_count(t, "d.z.example", TYPE_NS), 0);
}

static void
serials_only_go_up(void **state)
{
	static const uint32_t ignored[] = {100, 99, 1, 100 + 0x80000000u, 100 + 0x80000001u};
	struct test_server *t = *state;
	struct rdata rd;

	for (size_t i = 0; i < COUNT(ignored); i++) {
		rd = rd_soa(ignored[i]);
		assert_int_equal(test_add(t, "k.z.example", "z.example", 3600, &rd), RCODE_NOERROR);
		assert_int_equal(t->z->serial, 100);
	}
	rd = rd_soa(500);
	assert_int_equal(test_add(t, "k.z.example", "a.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(t->z->serial, 100); /* not at the apex */
	assert_int_equal(test_count(t, "a.z.example", TYPE_SOA), 0);
	assert_int_equal(test_add(t, "k.z.example", "z.example", 3600, &rd), RCODE_NOERROR);
	assert_int_equal(t->z->serial, 500); /* as asked, not one more */
	assert_int_equal(test_count(t, "z.example", TYPE_SOA), 1);
}

static void
a_cname_stands_alone(void **state)
{
	struct test_server *t = *state;
	struct rdata x = rd_name(TYPE_CNAME, "x.z.example"), y = rd_name(TYPE_CNAME, "y.z.example");
	struct name c;

	add_a(t, "a.z.example", A1);
	assert_int_equal(test_add(t, "k.z.example", "a.z.example", 60, &x), RCODE_NOERROR);
	assert_int_equal(test_count(t, "a.z.example", TYPE_CNAME), 0);
	assert_int_equal(test_add(t, "k.z.example", "z.example", 60, &x), RCODE_NOERROR);
	assert_int_equal(test_count(t, "z.example", TYPE_CNAME), 0);
	assert_int_equal(test_add(t, "k.z.example", "c.z.example", 60, &x), RCODE_NOERROR);
	add_a(t, "c.z.example", A1);
	assert_int_equal(test_count(t, "c.z.example", TYPE_A), 0);
	assert_int_equal(test_add(t, "k.z.example", "c.z.example", 60, &y), RCODE_NOERROR);
	assert_int_equal(test_count(t, "c.z.example", TYPE_CNAME), 1); /* y in x's place */
	c = name_of("c.z.example");
	assert_true(rrset_has(node_rrset(zone_node(t->z, &c), TYPE_CNAME), y.data, y.len, NULL));
}

static void
unknown_types_are_data(void **state)
{
	struct test_server *t = *state;

	assert_int_equal(change(t, "a.z.example", 65280, CLASS_IN, 60, "0102ff"), RCODE_NOERROR);
	assert_int_equal(test_ask(t, "a.z.example", 65280), RCODE_NOERROR);
	assert_int_equal(test_section(t, SECTION_ANSWER), 1);
	assert_int_equal(t->m.rr[0].rdata_len, 3);
	assert_int_equal(change(t, "a.z.example", 65280, CLASS_NONE, 0, "0102ff"), RCODE_NOERROR);
	assert_int_equal(test_ask(t, "a.z.example", 65280), RCODE_NXDOMAIN);
}

/* ---- zone, class, key ---- */

static void
the_zone_section(void **state)
{
	struct test_server *t = *state;

	begin(t, "z.example", TYPE_A, CLASS_IN);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_FORMERR);
	begin(t, "z.example", TYPE_SOA, 3);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOTAUTH);
	begin(t, "other.example", TYPE_SOA, CLASS_IN);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOTAUTH);
	begin(t, "a.z.example", TYPE_SOA, CLASS_IN); /* no zone, a name in one */
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOTAUTH);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	t->request[5] = 0; /* no question: what follows is then too much */
	assert_int_equal(test_raw(t, t->request, t->request_len, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	t->request[5] = 2;
	assert_int_equal(test_raw(t, t->request, t->request_len, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
}

static void
nobody_without_a_key(void **state)
{
	struct test_server *t = *state;

	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	/* refused before the prerequisite is looked at: no way to find out about names */
	put(t, SECTION_PREREQUISITE, "x.z.example", TYPE_ANY, CLASS_ANY, 0, "");
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_raw(t, t->request, t->request_len, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.rcode, RCODE_REFUSED);
	assert_int_equal(test_signed(t, "t.z.example"), RCODE_REFUSED);
	assert_int_equal(t->z->serial, 100);
}

static unsigned
by_device(struct test_server *t, enum dns_section section, const char *owner, uint16_t type,
    uint16_t class, const char *hex)
{
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, section, owner, type, class, 0, hex);
	return test_signed(t, "h.z.example");
}

static void
a_device_keeps_to_its_name(void **state)
{
	struct test_server *t = *state;

	assert_int_equal(by_device(t, SECTION_UPDATE, "h.z.example", TYPE_A, CLASS_IN, A1), 0);
	assert_int_equal(by_device(t, SECTION_UPDATE, "x.y.h.z.example", TYPE_A, CLASS_IN, A1), 0);
	assert_int_equal(by_device(t, SECTION_UPDATE, "h.z.example", TYPE_ANY, CLASS_ANY, ""), 0);
	assert_int_equal(
	    by_device(t, SECTION_UPDATE, "g.z.example", TYPE_A, CLASS_IN, A1), RCODE_REFUSED);
	assert_int_equal(
	    by_device(t, SECTION_UPDATE, "z.example", TYPE_A, CLASS_IN, A1), RCODE_REFUSED);
	assert_int_equal(
	    by_device(t, SECTION_UPDATE, "hh.z.example", TYPE_A, CLASS_IN, A1), RCODE_REFUSED);
	assert_int_equal(
	    by_device(t, SECTION_UPDATE, "*.z.example", TYPE_A, CLASS_IN, A1), RCODE_REFUSED);
	assert_int_equal(
	    by_device(t, SECTION_UPDATE, "g.z.example", TYPE_ANY, CLASS_ANY, ""), RCODE_REFUSED);
	assert_int_equal(by_device(t, SECTION_UPDATE, "h.z.example", TYPE_NS, CLASS_IN,
			     "026e73017a076578616d706c6500"),
	    RCODE_REFUSED);
	/* asking about a sibling is refused, whether it is there or not */
	assert_int_equal(by_device(t, SECTION_PREREQUISITE, "ns.z.example", TYPE_A, CLASS_ANY, ""),
	    RCODE_REFUSED);
	assert_int_equal(by_device(t, SECTION_PREREQUISITE, "no.z.example", TYPE_A, CLASS_ANY, ""),
	    RCODE_REFUSED);
	/* one foreign name spoils all */
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "at.h.z.example", TYPE_A, CLASS_IN, 60, A1);
	put(t, SECTION_UPDATE, "g.z.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_signed(t, "h.z.example"), RCODE_REFUSED);
	assert_int_equal(test_count(t, "at.h.z.example", TYPE_A), 0);
}

/* Two updates with the same prerequisite in one batch: the second sees what the first did. */
static void
updates_of_a_batch_see_each_other(void **state)
{
	struct test_server *t = *state;
	struct name n = name_of("a.z.example");
	uint8_t first[512];
	size_t len;
	struct rdata rd = rd_a("192.0.2.1");

	test_update(t);
	update_need_no_name(&t->u, &n);
	update_add(&t->u, &n, 60, &rd);
	assert_true(update_finish(&t->u, NULL, 0) > 0);
	test_signer(t, "k.z.example");
	tsig_forget(&t->tsig);
	assert_int_equal(tsig_sign(&t->tsig, &t->signer, &t->u.b, NOW), 0);
	len = t->u.b.pos;
	memcpy(first, t->request, len);
	t->r.from = (struct requester) {.transport = TRANSPORT_TCP};
	t->r.data = first;
	t->r.len = len;
	t->r.now_sec = NOW;
	t->r.reply = buf_writer(t->room, sizeof t->room);
	assert_int_equal(request_handle(&t->s, &t->r), REQUEST_PENDING);
	assert_int_equal(t->replies, 0); /* and no answer before the commit */
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 0);

	test_update(t);
	update_need_no_name(&t->u, &n);
	update_add(&t->u, &n, 60, &rd);
	t->request_len = update_finish(&t->u, NULL, 0);
	t->replies = 1; /* two come now; test_raw wants one and parses the last */
	tsig_forget(&t->tsig);
	assert_int_equal(tsig_sign(&t->tsig, &t->signer, &t->u.b, NOW), 0);
	t->r.data = t->request;
	t->r.len = t->u.b.pos;
	t->r.reply = buf_writer(t->room, sizeof t->room);
	assert_int_equal(request_handle(&t->s, &t->r), REQUEST_PENDING);
	server_commit(&t->s, NOW);
	assert_int_equal(t->replies, 3);
	assert_int_equal(message_parse(&t->m, t->reply, t->reply_len), 0);
	assert_int_equal(t->m.rcode, RCODE_YXDOMAIN);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 1);
	assert_int_equal(t->z->serial, 101);
}

/* A set at its limit refuses the whole update. */
static void
too_much_is_refused_whole(void **state)
{
	struct test_server *t = *state;
	char hex[9];
	unsigned rcode = RCODE_NOERROR;

	for (unsigned i = 0; rcode == RCODE_NOERROR && i < 10000; i += 200) {
		begin(t, "z.example", TYPE_SOA, CLASS_IN);
		for (unsigned j = i; j < i + 200; j++) {
			snprintf(hex, sizeof hex, "%08x", j);
			put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, hex);
		}
		rcode = test_signed(t, "k.z.example");
	}
	assert_int_equal(rcode, RCODE_REFUSED);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A) % 200, 0);
	assert_true(test_count(t, "a.z.example", TYPE_A) >= 4000);
}

static void
a_full_zone(void **state)
{
	struct test_server *t = *state;

	t->z->max_records = t->z->records + 1;
	add_a(t, "a.z.example", A1);
	assert_int_equal(change(t, "b.z.example", TYPE_A, CLASS_IN, 60, A1), RCODE_REFUSED);
	assert_int_equal(test_count(t, "b.z.example", TYPE_A), 0);
	add_a(t, "a.z.example", A1); /* no more than before */
	begin(t, "z.example", TYPE_SOA, CLASS_IN); /* one for another */
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_ANY, 0, "");
	put(t, SECTION_UPDATE, "b.z.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOERROR);
	assert_int_equal(test_count(t, "b.z.example", TYPE_A), 1);
}

/* What stands at a device's name and below counts, whoever wrote it; its siblings' does not. */
static void
a_greedy_device(void **state)
{
	struct test_server *t = *state;
	struct rdata rd = rd_a("192.0.2.1"), other = rd_a("192.0.2.2");

	t->z->max_device_records = 3;
	assert_int_equal(test_add(t, "k.z.example", "h2.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(test_add(t, "k.z.example", "a.b.h.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(test_add(t, "h.z.example", "h.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(test_add(t, "h.z.example", "c.h.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(test_add(t, "h.z.example", "d.h.z.example", 60, &rd), RCODE_REFUSED);
	assert_int_equal(test_count(t, "d.h.z.example", TYPE_A), 0);
	assert_int_equal(test_add(t, "h.z.example", "h.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(test_add(t, "h.z.example", "h.z.example", 60, &other), RCODE_REFUSED);
	/* the account's key may, and then the device may still refresh and take away */
	assert_int_equal(test_add(t, "k.z.example", "d.h.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(test_add(t, "h.z.example", "h.z.example", 60, &rd), RCODE_NOERROR);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "c.h.z.example", TYPE_A, CLASS_ANY, 0, "");
	assert_int_equal(test_signed(t, "h.z.example"), RCODE_NOERROR);
	assert_int_equal(test_count(t, "c.h.z.example", TYPE_A), 0);
}

/* A key is good for its own zone, whatever its name. */
static void
keys_of_another_zone(void **state)
{
	struct test_server *t = *state;
	struct name apex = name_of("y.example"), k = name_of("y.z.example");
	struct zone *other = zone_new(&apex);
	struct question q = {.name = name_of("z.example"), .type = TYPE_SOA, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);

	zones_add(&t->s.zones, other);
	keyring_add(t->s.keys, &k, KEY_ACCOUNT, TSIG_HMAC_SHA256, vector_secret(), 32, other);
	begin(t, "z.example", TYPE_SOA, CLASS_IN);
	put(t, SECTION_UPDATE, "a.z.example", TYPE_A, CLASS_IN, 60, A1);
	assert_int_equal(test_signed(t, "y.z.example"), RCODE_REFUSED);
	t->z->is_private = 1;
	query_build(&b, ++t->id, &q, 0);
	t->request_len = b.pos;
	assert_int_equal(test_signed(t, "y.z.example"), RCODE_REFUSED);
}

/* ---- device keys at run time ---- */

static unsigned
key_update(struct test_server *t, const char *signer, const char *host, uint8_t first, int adds)
{
	struct tsig_signer key = {.algorithm = TSIG_HMAC_SHA256, .secret_len = 32};
	struct name owner;
	struct rdata rd;
	uint8_t secret[32];

	memset(secret, first, sizeof secret);
	key.name = name_of(host);
	key.secret = secret;
	assert_int_equal(key_seal_owner(&owner, &key.name), 0);
	assert_int_equal(key_seal(&rd, &key, vector_secret(), 32), 0);
	test_update(t);
	if (adds)
		update_add(&t->u, &owner, 0, &rd);
	else
		update_delete_rrset(&t->u, &owner, TYPE_SEALED_KEY);
	return test_finish(t, signer, 0);
}

static int
count_saves(void *ctx)
{
	unsigned *saves = ctx;

	++*saves;
	return *saves == 4 ? -1 : 0; /* the fourth time it fails */
}

static void
the_account_makes_and_removes_device_keys(void **state)
{
	struct test_server *t = *state;
	struct name n = name_of("new.z.example"), seal = name_of("_tsig.new.z.example");
	struct rdata rd = rd_a("192.0.2.1");
	struct tsig_signer key;
	unsigned saves = 0;

	t->s.hooks.keys_changed = count_saves;
	t->s.hooks.keys_ctx = &saves;
	assert_null(keyring_find(t->s.keys, &n));
	assert_int_equal(key_update(t, "k.z.example", "new.z.example", 7, 1), RCODE_NOERROR);
	assert_int_equal(saves, 1);
	assert_non_null(keyring_find(t->s.keys, &n));
	key_signer(keyring_find(t->s.keys, &n), &key);
	assert_int_equal(key.secret_len, 32);
	assert_int_equal(key.secret[31], 7);
	assert_int_equal(keyring_find(t->s.keys, &n)->kind, KEY_DEVICE);
	/* no trace of it in the zone */
	assert_null(zone_node(t->z, &seal));
	assert_int_equal(t->z->serial, 100);
	assert_int_equal(test_ask(t, "_tsig.new.z.example", TYPE_SEALED_KEY), RCODE_NXDOMAIN);
	/* and it works */
	assert_int_equal(key_update(t, "k.z.example", "new.z.example", 0, 1), RCODE_NOERROR);
	keyring_add(t->s.keys, &n, KEY_DEVICE, TSIG_HMAC_SHA256, vector_secret(), 32, t->z);
	assert_int_equal(test_add(t, "new.z.example", "new.z.example", 60, &rd), RCODE_NOERROR);
	assert_int_equal(key_update(t, "k.z.example", "new.z.example", 0, 0), RCODE_NOERROR);
	assert_null(keyring_find(t->s.keys, &n));
	assert_int_equal(saves, 3);
	/* it cannot be kept: not done, as far as anybody knows */
	assert_int_equal(key_update(t, "k.z.example", "new.z.example", 7, 1), RCODE_SERVFAIL);
}

static void
nobody_else_makes_keys(void **state)
{
	struct test_server *t = *state;
	struct name n = name_of("new.h.z.example"), k = name_of("k.z.example");

	assert_int_equal(key_update(t, "h.z.example", "new.h.z.example", 7, 1), RCODE_REFUSED);
	assert_int_equal(key_update(t, "h.z.example", "h.z.example", 7, 0), RCODE_REFUSED);
	assert_int_equal(key_update(t, "t.z.example", "new.h.z.example", 7, 1), RCODE_REFUSED);
	assert_null(keyring_find(t->s.keys, &n));
	/* nor for other zones, the zone itself, or an account's key */
	assert_int_equal(key_update(t, "k.z.example", "z.example", 7, 1), RCODE_REFUSED);
	assert_int_equal(key_update(t, "k.z.example", "k.z.example", 7, 0), RCODE_NOERROR);
	assert_non_null(keyring_find(t->s.keys, &k));
	assert_int_equal(
	    change(t, "x.z.example", TYPE_SEALED_KEY, CLASS_IN, 0, "01"), RCODE_REFUSED);
	assert_int_equal(
	    change(t, "_tsig.x.z.example", TYPE_SEALED_KEY, CLASS_IN, 0, "01"), RCODE_FORMERR);
}

/* The account's key gives way to another: it is worth nothing from then on, and the next start must
 * not bring it back. */
static void
the_account_changes_its_key(void **state)
{
	struct test_server *t = *state;
	struct name k = name_of("k.z.example"), other = name_of("k2.z.example");
	struct tsig_signer s;

	keyring_find(t->s.keys, &k)->from_file = 1;
	keyring_add(t->s.keys, &other, KEY_ACCOUNT, TSIG_HMAC_SHA256, vector_secret(), 32, t->z);
	/* neither a device nor another account's key of the zone changes it */
	assert_int_equal(key_update(t, "h.z.example", "k.z.example", 5, 1), RCODE_REFUSED);
	assert_int_equal(key_update(t, "k2.z.example", "k.z.example", 5, 1), RCODE_NOERROR);
	assert_true(keyring_find(t->s.keys, &k)->from_file);
	assert_int_equal(key_update(t, "k.z.example", "k.z.example", 5, 1), RCODE_NOERROR);
	key_signer(keyring_find(t->s.keys, &k), &s);
	assert_int_equal(s.secret[0], 5);
	assert_int_equal(keyring_find(t->s.keys, &k)->kind, KEY_ACCOUNT);
	assert_true(keyring_find(t->s.keys, &k)->shadows);
}

/* What the configuration names and an update takes away does not work any more, nor after a start:
 * there is something to keep. */
static void
keys_of_the_configuration(void **state)
{
	struct test_server *t = *state;
	struct name h = name_of("h.z.example");
	struct rdata rd = rd_a("192.0.2.1");
	struct tsig_signer s, seal = {.algorithm = TSIG_HMAC_SHA256, .secret_len = 32};
	struct name owner = name_of("_tsig.h.z.example");
	unsigned saves = 0;

	t->s.hooks.keys_changed = count_saves;
	t->s.hooks.keys_ctx = &saves;
	keyring_find(t->s.keys, &h)->from_file = 1;
	/* its own key again is no change, and it stays the configuration's */
	seal.name = h;
	seal.secret = vector_secret();
	assert_int_equal(key_seal(&rd, &seal, vector_secret(), 32), 0);
	test_update(t);
	update_add(&t->u, &owner, 0, &rd);
	assert_int_equal(test_finish(t, "k.z.example", 0), RCODE_NOERROR);
	assert_int_equal(saves, 0);
	assert_true(keyring_find(t->s.keys, &h)->from_file);
	assert_int_equal(key_update(t, "k.z.example", "h.z.example", 0, 0), RCODE_NOERROR);
	assert_int_equal(saves, 1);
	assert_non_null(keyring_find(t->s.keys, &h));
	assert_false(keyring_find(t->s.keys, &h)->from_file);
	key_signer(keyring_find(t->s.keys, &h), &s);
	assert_memory_not_equal(s.secret, vector_secret(), 32);
	/* a new one takes its place, and goes as the first did */
	assert_int_equal(key_update(t, "k.z.example", "h.z.example", 9, 1), RCODE_NOERROR);
	key_signer(keyring_find(t->s.keys, &h), &s);
	assert_int_equal(s.secret[0], 9);
	assert_int_equal(key_update(t, "k.z.example", "h.z.example", 0, 0), RCODE_NOERROR);
	key_signer(keyring_find(t->s.keys, &h), &s);
	assert_false(s.secret[0] == 9 && s.secret[1] == 9 && s.secret[31] == 9);
}

/* Sealed for one host it is none for another, and a changed octet spoils it. */
static void
seals_hold(void **state)
{
	struct tsig_signer key = {.algorithm = TSIG_HMAC_SHA384, .secret_len = 48}, got;
	struct name other = name_of("g.z.example");
	uint8_t secret[48] = {1, 2, 3}, out[MSG_SECRET_MAX], account[32] = {9};
	struct rdata rd;

	key.name = name_of("h.z.example");
	key.secret = secret;
	assert_int_equal(key_seal(&rd, &key, account, sizeof account), 0);
	assert_int_equal(key_open(&got, out, &rd, &key.name, account, sizeof account), 0);
	assert_int_equal(got.algorithm, TSIG_HMAC_SHA384);
	assert_int_equal(got.secret_len, 48);
	assert_memory_equal(out, secret, 48);
	assert_int_equal(key_open(&got, out, &rd, &other, account, sizeof account), -1);
	assert_int_equal(key_open(&got, out, &rd, &key.name, account, 31), -1);
	for (uint16_t i = 0; i < rd.len; i++) {
		rd.data[i] ^= 0x40;
		assert_int_equal(key_open(&got, out, &rd, &key.name, account, sizeof account), -1);
		rd.data[i] ^= 0x40;
	}
	while (rd.len > 0) {
		rd.len--;
		assert_int_equal(key_open(&got, out, &rd, &key.name, account, sizeof account), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(five_prerequisites),
	    TEST(values_are_compared_as_sets),
	    TEST(many_values),
	    TEST(malformed_prerequisites),
	    TEST(four_forms),
	    TEST(what_changes_nothing_has_no_serial),
	    TEST(in_the_order_of_the_message),
	    TEST(one_ttl_for_a_set),
	    TEST(malformed_changes),
	    TEST(all_or_nothing),
	    TEST(the_apex_keeps_soa_and_ns),
	    TEST(serials_only_go_up),
	    TEST(a_cname_stands_alone),
	    TEST(unknown_types_are_data),
	    TEST(the_zone_section),
	    TEST(nobody_without_a_key),
	    TEST(a_device_keeps_to_its_name),
	    TEST(updates_of_a_batch_see_each_other),
	    TEST(too_much_is_refused_whole),
	    TEST(a_full_zone),
	    TEST(a_greedy_device),
	    TEST(keys_of_another_zone),
	    TEST(the_account_makes_and_removes_device_keys),
	    TEST(nobody_else_makes_keys),
	    TEST(keys_of_the_configuration),
	    TEST(the_account_changes_its_key),
	    TEST(seals_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
