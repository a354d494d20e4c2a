/* The visit of all names in slices: what it promises while the zone grows and shrinks under it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnsupdate/server/data/zone.h"

#define HOSTS 20000

static unsigned visits[HOSTS];

static void
host_name(const struct zone *z, unsigned i, struct name *out)
{
	char label[64];

	/* some below others, so that there are empty names in between */
	snprintf(label, sizeof(label), i % 3 == 0 ? "a.b%u.h%u" : "h%u", i, i);
	name_prepend(out, label, &z->name);
}

static void
put(struct zone *z, unsigned i)
{
	uint8_t data[4];
	struct name n;

	memcpy(data, &i, 4);
	host_name(z, i, &n);
	assert_int_equal(zone_put(z, &n, TYPE_A, 60, data, 4, 0), 0);
}

static void
take(struct zone *z, unsigned i)
{
	uint8_t data[4];
	struct name n;

	memcpy(data, &i, 4);
	host_name(z, i, &n);
	zone_take(z, &n, TYPE_A, data, 4);
}

static void
visit(void *ctx, const struct node *n)
{
	for (const struct rrset *set = n->sets; set != NULL; set = set->next) {
		struct record r;
		unsigned i;

		for (size_t pos = 0; rrset_next(set, &pos, &r);) {
			memcpy(&i, r.data, 4);
			visits[i]++;
		}
	}
}

/* from..to are there all the time; others come and go. */
static void
sweep_with_changes(unsigned from, unsigned to, unsigned seed)
{
	struct name name;
	struct zone *z;
	struct zone_sweep w;
	unsigned steps = 0;

	name_parse(&name, "example.org");
	z = zone_new(&name);
	memset(visits, 0, sizeof(visits));
	for (unsigned i = 0; i < to; i++)
		put(z, i);
	zone_sweep_begin(z, &w);
	while (zone_sweep_next(z, &w, visit, NULL)) {
		unsigned i = (unsigned)rand_r(&seed) % HOSTS;

		if (i >= to)
			put(z, i);
		else if (i < from)
			take(z, i);
		if (++steps % 100 != 0)
			continue;
		i = from + (unsigned)rand_r(&seed) % (to - from);
		host_name(z, i, &name);
		assert_int_equal(visits[i], zone_sweep_passed(z, &w, &name) != 0);
	}
	for (unsigned i = 0; i < HOSTS; i++) {
		if (i >= from && i < to)
			assert_int_equal(visits[i], 1);
		else
			assert_true(visits[i] <= 1);
	}
	zone_free(z);
}

static void
every_name_once(void **state)
{
	sweep_with_changes(0, HOSTS, 1);
	sweep_with_changes(100, 5000, 2); /* the table grows to four times its size */
	sweep_with_changes(10, 777, 3);
	sweep_with_changes(0, 1, 4);
}

/* Of a name that is not there it can be told too: it has a place like any other. */
static void
absent_names(void **state)
{
	struct name name, apex;
	struct zone_sweep w;
	struct zone *z;

	name_parse(&apex, "example.org");
	z = zone_new(&apex);
	put(z, 1);
	name_parse(&name, "no.such.name.example.org");
	zone_sweep_begin(z, &w);
	assert_int_equal(zone_sweep_passed(z, &w, &apex), 0);
	assert_int_equal(zone_sweep_passed(z, &w, &name), 0);
	zone_sweep_next(z, &w, visit, NULL);
	assert_int_equal(zone_sweep_passed(z, &w, &apex), 1);
	assert_int_equal(zone_sweep_passed(z, &w, &name), 0);
	while (zone_sweep_next(z, &w, visit, NULL))
		;
	assert_int_equal(zone_sweep_passed(z, &w, &name), 1);
	zone_free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_name_once),
	    cmocka_unit_test(absent_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
