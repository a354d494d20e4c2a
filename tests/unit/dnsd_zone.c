#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/limits.h"

static struct zone *
zone(void)
{
	struct name apex = name_of("z.example");

	return zone_new(&apex);
}

static void
put(struct zone *z, const char *owner, uint16_t type, const char *data)
{
	struct name n = name_of(owner);

	assert_int_equal(zone_put(z, &n, type, 60, data, (uint16_t)strlen(data), 0), 0);
}

static int
take(struct zone *z, const char *owner, uint16_t type, const char *data)
{
	struct name n = name_of(owner);

	return zone_take(z, &n, type, data, (uint16_t)strlen(data));
}

static struct zone_place
find(const struct zone *z, const char *name)
{
	struct name n = name_of(name);
	struct zone_place at;

	zone_find(z, &n, &at);
	return at;
}

static void
check_name(const struct zone *z, const struct node *n, const char *text)
{
	char shown[NAME_TEXT_MAX];
	struct name name;

	node_name(z, n, &name);
	assert_string_equal(name_text(&name, shown), text);
}

static void
records_come_and_go(void **state)
{
	struct zone *z = zone();
	struct name n = name_of("b.a.z.example");
	const struct rrset *set;
	struct record r;
	size_t pos = 0;

	put(z, "b.a.z.example", 1, "1111");
	put(z, "b.a.z.example", 1, "2222");
	put(z, "b.a.z.example", 16, "text");
	assert_int_equal(z->records, 3);
	assert_int_equal(z->octets, 12);
	assert_int_equal(z->names, 3); /* the apex, a, b.a */
	set = node_rrset(zone_node(z, &n), 1);
	assert_int_equal(set->count, 2);
	assert_int_equal(rrset_next(set, &pos, &r), 1);
	assert_memory_equal(r.data, "1111", 4);
	assert_int_equal(rrset_next(set, &pos, &r), 1);
	assert_int_equal(rrset_next(set, &pos, &r), 0);

	put(z, "b.a.z.example", 1, "1111"); /* again: no second one */
	assert_int_equal(z->records, 3);
	assert_int_equal(take(z, "b.a.z.example", 1, "3333"), -1);
	assert_int_equal(take(z, "nobody.z.example", 1, "1111"), -1);
	assert_int_equal(take(z, "b.a.z.example", 1, "1111"), 0);
	assert_int_equal(take(z, "b.a.z.example", 1, "2222"), 0);
	assert_null(node_rrset(zone_node(z, &n), 1));
	assert_int_equal(take(z, "b.a.z.example", 16, "text"), 0);
	assert_null(zone_node(z, &n));
	assert_int_equal(z->names, 1); /* nothing led on from a either */
	assert_int_equal(z->records, 0);
	assert_int_equal(z->octets, 0);
	zone_free(z);
}

static void
names_between_exist(void **state)
{
	struct zone *z = zone();

	put(z, "c.b.a.z.example", 1, "1111");
	assert_non_null(find(z, "b.a.z.example").node);
	assert_null(find(z, "b.a.z.example").node->sets);
	assert_null(find(z, "x.a.z.example").node);
	check_name(z, find(z, "x.a.z.example").encloser, "a.z.example");
	check_name(z, find(z, "x.y.z.example").encloser, "z.example");
	put(z, "a.z.example", 1, "1111");
	assert_int_equal(take(z, "c.b.a.z.example", 1, "1111"), 0);
	assert_null(find(z, "b.a.z.example").node);
	assert_non_null(find(z, "a.z.example").node);
	zone_free(z);
}

/* RFC 4592 section 2.2.1 and 3.3.1: its own example. */
static void
wildcards_as_in_their_rfc(void **state)
{
	struct zone *z = zone();

	put(z, "*.z.example", 16, "wild");
	put(z, "host1.z.example", 1, "1111");
	put(z, "_ssh._tcp.host1.z.example", 33, "srv");
	put(z, "subdel.z.example", TYPE_NS, "ns");
	assert_true(find(z, "host3.z.example").is_wildcard);
	assert_true(find(z, "foo.bar.z.example").is_wildcard);
	assert_false(find(z, "host1.z.example").is_wildcard);
	assert_false(find(z, "*.z.example").is_wildcard); /* asked for by name */
	assert_non_null(find(z, "*.z.example").node);
	assert_null(find(z, "_telnet._tcp.host1.z.example").node);
	assert_null(find(z, "host.subdel.z.example").node);
	assert_non_null(find(z, "host.subdel.z.example").cut);
	assert_true(find(z, "ghost.*.z.example").node == NULL); /* its encloser is the star */
	zone_free(z);
}

static void
below_a_cut_nothing_is_ours(void **state)
{
	struct zone *z = zone();

	put(z, "z.example", TYPE_NS, "ns"); /* the apex's own is no cut */
	put(z, "d.z.example", TYPE_NS, "ns");
	put(z, "ns.d.z.example", 1, "1111"); /* glue */
	assert_null(find(z, "z.example").cut);
	assert_true(find(z, "d.z.example").cut == find(z, "d.z.example").node);
	assert_null(find(z, "ns.d.z.example").node);
	check_name(z, find(z, "ns.d.z.example").cut, "d.z.example");
	zone_free(z);
}

static void
all_names_are_walked_once(void **state)
{
	struct zone *z = zone();
	struct node *n = NULL;
	unsigned seen = 0;
	char owner[64];

	for (int i = 0; i < 1000; i++) {
		snprintf(owner, sizeof owner, "s%d.h%d.z.example", i % 3, i / 3);
		put(z, owner, 1, "1111");
	}
	while ((n = zone_next(z, n)) != NULL)
		seen++;
	assert_int_equal(seen, z->names);
	assert_int_equal(seen, 1 + 334 + 1000);
	zone_free(z);
}

/* Against a plain list, with growth, many names of few labels and all orders of coming and going.
 */
static void
a_plain_list_agrees(void **state)
{
	enum { NAMES = 3000, STEPS = 40000 };
	static uint8_t there[NAMES];
	struct zone *z = zone();
	unsigned seed = 1, count = 0;
	char owner[64];

	for (int step = 0; step < STEPS; step++) {
		unsigned i;
		struct name n;

		seed = seed * 1103515245 + 12345;
		i = (seed >> 8) % NAMES;
		snprintf(owner, sizeof owner, "x%u.y%u.z.example", i % 7, i / 7);
		if (there[i]) {
			assert_int_equal(take(z, owner, 1, "1111"), 0);
			count--;
		} else {
			put(z, owner, 1, "1111");
			count++;
		}
		there[i] = !there[i];
		n = name_of(owner);
		assert_true((zone_node(z, &n) != NULL) == there[i]);
		assert_int_equal(z->records, count);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		struct name n;

		snprintf(owner, sizeof owner, "x%u.y%u.z.example", i % 7, i / 7);
		n = name_of(owner);
		assert_true((zone_node(z, &n) != NULL) == there[i]);
	}
	zone_free(z);
}

static void
a_set_has_a_limit(void **state)
{
	struct zone *z = zone();
	struct name n = name_of("a.z.example");
	char data[16];

	for (int i = 0; i < LIMIT_RRSET_RECORDS; i++) {
		snprintf(data, sizeof data, "%08d", i);
		assert_int_equal(zone_put(z, &n, 1, 60, data, 8, 0), 0);
	}
	assert_int_equal(zone_put(z, &n, 1, 60, "one more", 8, 0), -1);
	assert_int_equal(z->records, LIMIT_RRSET_RECORDS);
	zone_free(z);
}

static void
a_lease_knows_its_names(void **state)
{
	struct zone *z = zone();
	struct name a = name_of("a.z.example"), b = name_of("b.z.example");
	uint32_t one = lease_new(z->leases, 1000, 60), two = lease_new(z->leases, 2000, 60);

	zone_put(z, &a, 1, 60, "1111", 4, one);
	zone_put(z, &a, 1, 60, "2222", 4, one);
	zone_put(z, &b, 1, 60, "1111", 4, one);
	assert_int_equal(lease_get(z->leases, one)->nodes, 2);
	zone_put(z, &a, 1, 60, "1111", 4, two); /* moves */
	assert_int_equal(lease_get(z->leases, one)->nodes, 2);
	zone_take(z, &a, 1, "2222", 4);
	assert_int_equal(lease_get(z->leases, one)->nodes, 1);
	zone_put(z, &a, 1, 60, "1111", 4, 0); /* to stay */
	assert_int_equal(lease_get(z->leases, two)->nodes, 0);
	lease_collect(z->leases, one);
	lease_collect(z->leases, two);
	assert_non_null(lease_get(z->leases, one));
	assert_null(lease_get(z->leases, two));
	zone_free(z);
}

static void
serials_go_round(void **state)
{
	assert_true(serial_newer(2, 1));
	assert_true(serial_newer(0, 0xffffffff));
	assert_true(serial_newer(0x80000000, 1));
	assert_false(serial_newer(0x80000001, 1)); /* half way round: not newer */
	assert_false(serial_newer(1, 1));
	assert_int_equal(serial_next(0xffffffff), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_come_and_go),
	    cmocka_unit_test(names_between_exist),
	    cmocka_unit_test(wildcards_as_in_their_rfc),
	    cmocka_unit_test(below_a_cut_nothing_is_ours),
	    cmocka_unit_test(all_names_are_walked_once),
	    cmocka_unit_test(a_plain_list_agrees),
	    cmocka_unit_test(a_set_has_a_limit),
	    cmocka_unit_test(a_lease_knows_its_names),
	    cmocka_unit_test(serials_go_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
