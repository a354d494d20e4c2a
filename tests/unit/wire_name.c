/* Names: text and wire, escapes, limits, comparison, compression and the pointers of liars. */
#include "wire_test.h"

static const struct {
	const char *text;
	const char *hex; /* NULL = refused */
	const char *again; /* NULL = as text */
} texts[] = {
    {"nas.alice.example", "036e617305616c696365076578616d706c6500", NULL},
    {"NAS.Alice.example.", "036e617305616c696365076578616d706c6500", "nas.alice.example"},
    {".", "00", NULL},
    {"", "00", "."},
    {"_autotunnel._udp", "0b5f6175746f74756e6e656c045f75647000", NULL},
    {"a\\.b.c", "03612e62016300", NULL},
    {"a\\046b.c", "03612e62016300", "a\\.b.c"},
    {"a\\000b", "0361006200", NULL},
    {"a b", "0361206200", "a\\032b"},
    {"\\255", "01ff00", NULL},
    {"\\\\", "015c00", NULL},
    {"a..b", NULL, NULL},
    {".a", NULL, NULL},
    {"..", NULL, NULL},
    {"a\\", NULL, NULL},
    {"a\\25", NULL, NULL},
    {"a\\256", NULL, NULL},
};

static void
reads_and_writes_text(void **state)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *again = texts[i].again != NULL ? texts[i].again : texts[i].text;
		struct name n = {.len = 7};
		char out[NAME_TEXT_MAX];
		uint8_t wire[64];
		size_t len;

		if (texts[i].hex == NULL) {
			if (name_parse(&n, texts[i].text) != -1 || n.len != 7)
				fail_msg("accepted \"%s\"", texts[i].text);
			continue;
		}
		n = name_of(texts[i].text);
		len = from_hex(texts[i].hex, wire, sizeof(wire));
		assert_int_equal(n.len, len);
		assert_memory_equal(n.wire, wire, len);
		assert_string_equal(name_text(&n, out), again);
	}
}

/* A name of labels octets each of 'a' in `count` labels, and `last` more in a last one. */
static void
long_text(char *out, unsigned count, unsigned octets, unsigned last)
{
	size_t o = 0;

	for (unsigned i = 0; i < count; i++) {
		memset(out + o, 'a', octets);
		o += octets;
		out[o++] = '.';
	}
	memset(out + o, 'a', last);
	out[o + last] = '\0';
}

static void
knows_the_limits(void **state)
{
	char text[400], out[NAME_TEXT_MAX];
	struct name n, base = name_of("b");

	long_text(text, 0, 0, 63);
	assert_int_equal(name_parse(&n, text), 0);
	long_text(text, 0, 0, 64);
	assert_int_equal(name_parse(&n, text), -1);
	long_text(text, 3, 63, 61); /* 3 * 64 + 62 + 1 = 255 */
	assert_int_equal(name_parse(&n, text), 0);
	assert_int_equal(n.len, NAME_WIRE_MAX);
	assert_string_equal(name_text(&n, out), text);
	assert_int_equal(name_prepend(&n, "c", &n), -1);
	long_text(text, 3, 63, 62);
	assert_int_equal(name_parse(&n, text), -1);
	long_text(text, 3, 63, 59);
	assert_int_equal(name_prepend(&n, text, &base), 0);
	long_text(text, 3, 63, 60);
	assert_int_equal(name_prepend(&n, text, &base), -1);
}

static void
longest_text_has_room(void **state)
{
	struct name n = {0};
	char out[NAME_TEXT_MAX];

	for (unsigned i = 0; i < 4; i++) {
		unsigned len = i < 3 ? 63 : 61;

		n.wire[n.len] = (uint8_t)len;
		memset(n.wire + n.len + 1, 0xff, len);
		n.len = (uint8_t)(n.len + 1 + len);
	}
	n.len++;
	assert_int_equal(n.len, 255);
	assert_int_equal(strlen(name_text(&n, out)), 4 * 250 + 3);
}

static const struct {
	const char *name;
	int host;
} hosts[] = {
    {"nas.alice.example", 1},
    {"_autotunnel._udp.nas", 1},
    {"n-s", 1},
    {"-nas", 0},
    {"nas-", 0},
    {"a\\.b", 0},
    {"a b", 0},
    {"\\255", 0},
    {".", 0},
};

static void
tells_hosts(void **state)
{
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct name n = name_of(hosts[i].name);
		char out[MSG_NAME_MAX] = "untouched";

		assert_int_equal(name_host(&n, out) == 0, hosts[i].host);
		assert_string_equal(out, hosts[i].host ? hosts[i].name : "untouched");
	}
}

static void
compares(void **state)
{
	struct name a = name_of("nas.Alice.example"), b = name_of("ALICE.example");
	struct name root = name_of("."), c = name_of("malice.example"), out;

	assert_true(name_in(&a, &b));
	assert_true(name_in(&b, &b));
	assert_true(name_in(&a, &root));
	assert_false(name_in(&b, &a));
	assert_false(name_in(&c, &b)); /* not in the middle of a label */
	assert_int_equal(name_labels(&a), 3);
	assert_int_equal(name_labels(&root), 0);
	assert_int_equal(name_strip(&out, &a, 1), 0);
	assert_true(name_equal(&out, &b));
	assert_int_equal(name_strip(&out, &a, 3), 0);
	assert_true(name_equal(&out, &root));
	assert_int_equal(name_strip(&out, &a, 4), -1);
	assert_int_equal(name_prepend(&b, "NAS", &b), 0);
	assert_true(name_equal(&a, &b));
}

/* Octets, where the name starts, what it says (NULL = malformed), where the cursor is then. */
static const struct {
	const char *hex;
	size_t at;
	const char *text;
	size_t end;
} wires[] = {
    {"036e617300", 0, "nas", 5},
    {"034e415300", 0, "nas", 5},
    {"036e6173000162c000", 5, "b.nas", 9},
    {"0161000162c0000163c003", 7, "c.b.a", 11},
    {"00c000", 1, ".", 3},
    {"036e6173", 0, NULL, 0}, /* no root */
    {"036e61", 0, NULL, 0}, /* cut label */
    {"", 0, NULL, 0},
    {"c0", 0, NULL, 0}, /* half a pointer */
    {"c000", 0, NULL, 0}, /* to itself */
    {"0161c000", 0, NULL, 0}, /* to its own start */
    {"0161c002", 0, NULL, 0}, /* to itself, behind a label */
    {"c00200", 0, NULL, 0}, /* forward */
    {"c002c000", 2, NULL, 0}, /* two in a ring */
    {"00c0ff", 1, NULL, 0}, /* outside */
    {"004000", 1, NULL, 0}, /* reserved bits with an offset that would do */
    {"008000", 1, NULL, 0},
    {"4161", 0, NULL, 0}, /* 01: extended label */
    {"816100", 0, NULL, 0}, /* 10 */
    {"00417f00", 1, NULL, 0},
    {"0161016200c0020163c005", 7, "c.b", 11},
};

static void
reads_wire(void **state)
{
	for (size_t i = 0; i < COUNT(wires); i++) {
		uint8_t data[64];
		struct buf b = buf_reader(data, from_hex(wires[i].hex, data, sizeof(data)));
		char text[NAME_TEXT_MAX];
		struct name n;

		b.pos = wires[i].at;
		name_get(&b, &n);
		if (b.failed != (wires[i].text == NULL))
			fail_msg("row %zu: failed %d", i, b.failed);
		assert_string_equal(name_text(&n, text), b.failed ? "." : wires[i].text);
		if (!b.failed)
			assert_int_equal(b.pos, wires[i].end);
	}
}

/* Four labels of 63 by way of pointers: 257 octets. */
static void
reads_no_name_too_long(void **state)
{
	uint8_t data[300] = {0};
	struct buf b = buf_reader(data, sizeof(data));
	struct name n;

	for (unsigned i = 0; i < 4; i++)
		data[i * 64] = 63;
	name_get(&b, &n);
	assert_true(b.failed);
	data[3 * 64] = 62; /* 256 */
	b = buf_reader(data, sizeof(data));
	name_get(&b, &n);
	assert_true(b.failed);
	data[3 * 64] = 61;
	b = buf_reader(data, sizeof(data));
	name_get(&b, &n);
	assert_false(b.failed);
	assert_int_equal(n.len, 255);
}

static void
compresses(void **state)
{
	uint8_t room[128] = {0}, want[128];
	struct buf b = buf_writer(room, sizeof(room));
	struct name_table table = {0};
	struct name zone = name_of("z.example"), host = name_of("h.z.example");
	struct name target = name_of("at.h.z.example"), other = name_of("x.test");
	size_t len = from_hex("017a076578616d706c6500" /* zone at 0 */
			      "0168c000" /* h at 11 */
			      "026174c00b"
			      "c00b"
			      "c000"
			      "0178047465737400",
	    want, sizeof(want));

	name_put_compressed(&b, &table, &zone);
	name_put_compressed(&b, &table, &host);
	name_put_compressed(&b, &table, &target);
	name_put_compressed(&b, &table, &host);
	name_put_compressed(&b, &table, &zone);
	name_put_compressed(&b, &table, &other);
	assert_false(b.failed);
	assert_int_equal(b.pos, len);
	assert_memory_equal(room, want, len);
}

static void
compresses_repeated_labels(void **state)
{
	uint8_t room[300] = {0};
	struct buf b = buf_writer(room, sizeof(room));
	struct name_table table = {0};
	struct name n = name_of("a.a.a.a"), back;

	name_put_compressed(&b, &table, &n);
	assert_int_equal(b.pos, 9);
	for (unsigned i = 0; i < 2 * NAME_TABLE_MAX; i++)
		name_put_compressed(&b, &table, &n); /* the table does not grow by what is known */
	assert_int_equal(table.count, 4);
	b.pos = 9;
	name_get(&b, &back);
	assert_true(name_equal(&n, &back));
}

/* Pointers to pointers: legal backwards, but not without end. */
static void
chains_of_pointers(void **state)
{
	uint8_t room[2 + 2 * 300] = {0, 0};

	for (unsigned i = 1; i < 300; i++) {
		unsigned target = i == 1 ? 0 : 2 * (i - 1);

		room[2 * i] = (uint8_t)(0xc0 | target >> 8);
		room[2 * i + 1] = (uint8_t)target;
	}
	for (unsigned hops = 1; hops < 300; hops++) {
		struct buf b = buf_reader(room, sizeof(room));
		struct name n;

		b.pos = 2 * (size_t)hops;
		name_get(&b, &n);
		assert_int_equal(b.failed, hops > NAME_JUMPS_MAX);
		assert_int_equal(n.len, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chains_of_pointers),
	    cmocka_unit_test(reads_and_writes_text),
	    cmocka_unit_test(knows_the_limits),
	    cmocka_unit_test(longest_text_has_room),
	    cmocka_unit_test(tells_hosts),
	    cmocka_unit_test(compares),
	    cmocka_unit_test(reads_wire),
	    cmocka_unit_test(reads_no_name_too_long),
	    cmocka_unit_test(compresses),
	    cmocka_unit_test(compresses_repeated_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
