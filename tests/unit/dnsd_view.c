/* Views and news: what is seen of a name, how it was before, and the way from one to the other. */
#include "dnsd_bed.h"

#include "dnsupdate/server/live/view.h"

static struct bed bed;

static int
begin(void **state)
{
	bed_init(&bed);
	return 0;
}

static int
end(void **state)
{
	bed_free(&bed);
	return 0;
}

static struct view *
now(const char *owner, uint16_t type)
{
	struct name n = name_of(owner);

	return view_now(bed.zone, &n, type);
}

static void
expect_same(const struct view *a, const struct view *b)
{
	size_t at_a = 0, at_b = 0;
	struct seen x, y;

	assert_int_equal(view_count(a), view_count(b));
	while (view_next(a, &at_a, &x)) {
		assert_true(view_next(b, &at_b, &y));
		assert_int_equal(x.type, y.type);
		assert_int_equal(x.ttl, y.ttl);
		assert_int_equal(x.len, y.len);
		assert_memory_equal(x.data, y.data, x.len);
	}
}

static void
shows_what_is_asked_for(void **state)
{
	static const struct {
		const char *owner;
		uint16_t type;
		size_t count;
	} cases[] = {
	    {"h.z.example", TYPE_AAAA, 2},
	    {"h.z.example", TYPE_TXT, 1},
	    {"h.z.example", TYPE_ANY, 3},
	    {"h.z.example", TYPE_SRV, 0},
	    {"c.z.example", TYPE_AAAA, 1}, /* the CNAME, and not where it leads */
	    {"c.z.example", TYPE_CNAME, 1},
	    {"x.w.z.example", TYPE_A, 0}, /* a wildcard is not expanded */
	    {"*.w.z.example", TYPE_A, 1},
	    {"none.z.example", TYPE_ANY, 0},
	};

	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::2");
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	bed_change(&bed, "+h.z.example. 90 IN TXT \"a\"");
	bed_change(&bed, "+c.z.example. 60 IN CNAME h.z.example.");
	bed_change(&bed, "+*.w.z.example. 60 IN A 192.0.2.1");
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct view *v = now(cases[i].owner, cases[i].type);

		assert_int_equal(view_count(v), cases[i].count);
		view_unref(v);
	}
}

/* The news of a batch for one name, and what was known before it. */
static struct news *
batch(const char *owner, uint16_t type, struct view **before)
{
	const struct change *of_name[256], *c;
	struct name n = name_of(owner), o;
	size_t count = 0;
	struct view *after;
	struct news *news;

	for (size_t pos = 0; (c = change_next(&bed.changes, &pos)) != NULL;) {
		change_owner(&bed.changes, c, &o);
		if (name_equal(&n, &o))
			of_name[count++] = c;
	}
	*before = view_before(bed.zone, &n, type, &bed.changes, of_name, count);
	after = now(owner, type);
	news = news_between(*before, after);
	view_unref(after);
	change_clear(&bed.changes);
	return news;
}

static void
replaced_is_removed_then_added(void **state)
{
	struct view *before;
	struct news *news;
	struct seen s;
	size_t pos = 0;

	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	change_clear(&bed.changes);
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::2");
	bed_change(&bed, "-h.z.example. 60 IN AAAA fd00::1");
	news = batch("h.z.example", TYPE_AAAA, &before);
	assert_int_equal(view_count(before), 1);
	assert_int_equal(news_count(news), 2);
	assert_true(news_next(news, &pos, &s));
	assert_true(s.is_removed);
	assert_false(s.is_gone); /* there is another one of the type */
	assert_int_equal(s.data[15], 1);
	assert_true(news_next(news, &pos, &s));
	assert_false(s.is_removed);
	assert_int_equal(s.data[15], 2);
	assert_false(news_next(news, &pos, &s));
	view_unref(before);
	news_unref(news);
}

static void
the_last_of_a_type_is_gone(void **state)
{
	struct view *before;
	struct news *news;
	struct seen s;
	size_t pos = 0;

	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	bed_change(&bed, "+h.z.example. 60 IN TXT \"a\"");
	bed_change(&bed, "+h.z.example. 60 IN TXT \"b\"");
	bed_change(&bed, "+h.z.example. 60 IN TXT \"c\"");
	change_clear(&bed.changes);
	bed_change(&bed, "-h.z.example. 60 IN AAAA fd00::1");
	bed_change(&bed, "-h.z.example. 60 IN TXT \"a\"");
	bed_change(&bed, "-h.z.example. 60 IN TXT \"b\"");
	news = batch("h.z.example", TYPE_ANY, &before);
	assert_int_equal(news_count(news), 3);
	while (news_next(news, &pos, &s))
		assert_int_equal(s.is_gone, s.type == TYPE_AAAA);
	view_unref(before);
	news_unref(news);
}

static void
another_ttl_is_told_as_added(void **state)
{
	struct view *before;
	struct news *news;
	struct seen s;
	size_t pos = 0;

	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	change_clear(&bed.changes);
	bed_change(&bed, "+h.z.example. 61 IN AAAA fd00::1");
	news = batch("h.z.example", TYPE_AAAA, &before);
	assert_int_equal(news_count(news), 1);
	assert_true(news_next(news, &pos, &s));
	assert_false(s.is_removed);
	assert_int_equal(s.ttl, 61);
	view_unref(before);
	news_unref(news);
}

static void
nothing_is_no_news(void **state)
{
	struct view *before;

	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	change_clear(&bed.changes);
	bed_change(&bed, "-h.z.example. 60 IN AAAA fd00::1");
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	assert_null(batch("h.z.example", TYPE_AAAA, &before));
	view_unref(before);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Some of 24 records, in a batch. */
static void
stir(uint32_t *seed)
{
	for (unsigned n = next_random(seed) % 12; n > 0; n--) {
		unsigned which = next_random(seed) % 24;
		char line[120];

		if (which < 12)
			snprintf(line, sizeof line, "+h.z.example. %u IN AAAA fd00::%x",
			    60 + next_random(seed) % 2, which);
		else
			snprintf(line, sizeof line, "+h.z.example. 60 IN TXT \"%u\"", which);
		if (next_random(seed) % 3 == 0) {
			struct name owner;
			struct rdata rd;
			uint32_t ttl;

			assert_int_equal(rr_from_text(line + 1, 60, &owner, &ttl, &rd), 0);
			commit_take(bed.zone, &bed.changes, &owner, rd.type, rd.data, rd.len);
		} else {
			bed_change(&bed, line);
		}
	}
}

/* Whatever the batch: before plus its news is what stands there now; and whoever was told a part
 * knows something from which the rest leads there too. */
static void
news_lead_from_before_to_now(void **state)
{
	static const uint16_t types[] = {TYPE_AAAA, TYPE_TXT, TYPE_ANY};
	uint32_t seed = 1;

	for (int i = 0; i < 2000; i++) {
		uint16_t type = types[i % 3];
		struct view *was = now("h.z.example", type), *before, *is, *part, *whole;
		struct news *news, *rest;

		stir(&seed);
		news = batch("h.z.example", type, &before);
		is = now("h.z.example", type);
		expect_same(was, before);
		if (news != NULL) {
			whole = view_told(before, news, news_count(news));
			expect_same(whole, is);
			part = view_told(before, news, next_random(&seed) % news_count(news));
			rest = news_between(part, is);
			assert_non_null(rest);
			view_unref(whole);
			whole = view_told(part, rest, news_count(rest));
			expect_same(whole, is);
			view_unref(whole);
			view_unref(part);
			news_unref(rest);
		} else {
			expect_same(before, is);
		}
		news_unref(news);
		view_unref(was);
		view_unref(before);
		view_unref(is);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(shows_what_is_asked_for, begin, end),
	    cmocka_unit_test_setup_teardown(replaced_is_removed_then_added, begin, end),
	    cmocka_unit_test_setup_teardown(the_last_of_a_type_is_gone, begin, end),
	    cmocka_unit_test_setup_teardown(another_ttl_is_told_as_added, begin, end),
	    cmocka_unit_test_setup_teardown(nothing_is_no_news, begin, end),
	    cmocka_unit_test_setup_teardown(news_lead_from_before_to_now, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
