#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/data/lease.h"

static const struct change_state absent = {0};

static struct change_state
present(uint32_t ttl, uint32_t lease)
{
	return (struct change_state) {ttl, lease, 1};
}

static void
note(struct change_list *l, const char *owner, const char *data, struct change_state before,
    struct change_state after)
{
	struct name n = name_of(owner);

	change_note(l, &n, 1, data, (uint16_t)strlen(data), before, after);
}

static void
what_ends_as_it_began_is_no_change(void **state)
{
	struct change_list l = {0};
	size_t pos = 0;

	note(&l, "a.z.example", "1111", present(60, 0), absent);
	note(&l, "a.z.example", "2222", absent, present(60, 0));
	assert_int_equal(change_visible(&l), 2);
	note(&l, "a.z.example", "1111", absent, present(60, 0));
	note(&l, "a.z.example", "2222", present(60, 0), absent);
	assert_int_equal(change_visible(&l), 0);
	assert_null(change_next(&l, &pos));
	change_list_free(&l);
}

static void
another_ttl_is_out_and_in(void **state)
{
	struct change_list l = {0};
	const struct change *c;
	size_t pos = 0;

	note(&l, "a.z.example", "1111", present(60, 0), absent);
	note(&l, "a.z.example", "1111", absent, present(90, 0));
	c = change_next(&l, &pos);
	assert_non_null(c);
	assert_true(change_removed(c) && change_added(c));
	assert_int_equal(c->before.ttl, 60);
	assert_int_equal(c->after.ttl, 90);
	assert_null(change_next(&l, &pos));
	change_list_free(&l);
}

static void
another_lease_is_not_to_be_seen(void **state)
{
	struct change_list l = {0};
	const struct change *c;
	size_t pos = 0;

	note(&l, "a.z.example", "1111", present(60, 1), present(60, 2));
	c = change_next(&l, &pos);
	assert_non_null(c);
	assert_false(change_removed(c) || change_added(c));
	assert_int_equal(change_visible(&l), 0);
	assert_int_equal(change_leases(&l), 1);
	change_list_free(&l);
}

static void
names_and_data_are_kept(void **state)
{
	struct change_list l = {0};
	const struct change *c;
	struct name owner, want = name_of("b.z.example");
	char data[16], name[32];
	size_t pos = 0, n = 0;

	for (int i = 0; i < 500; i++) {
		snprintf(data, sizeof data, "%d", i);
		snprintf(name, sizeof name, "%c.z.example", 'a' + i % 3);
		note(&l, name, data, absent, present(60, 0));
	}
	while ((c = change_next(&l, &pos)) != NULL) {
		snprintf(data, sizeof data, "%zu", n);
		change_owner(&l, c, &owner);
		assert_int_equal(c->rdata_len, strlen(data));
		assert_memory_equal(change_rdata(&l, c), data, strlen(data));
		assert_true(name_equal(&owner, &want) == (n % 3 == 1));
		n++;
	}
	assert_int_equal(n, 500);
	change_clear(&l);
	assert_int_equal(change_visible(&l), 0);
	change_list_free(&l);
}

/* A batch carried out, taken back, carried out again: the zone follows. */
static void
undo_and_redo(void **state)
{
	struct test_server *t = *state;
	struct change_list l = {0};
	struct name a = name_of("a.z.example"), ns = name_of("ns.z.example");
	struct rdata one = rd_a("192.0.2.1"), two = rd_a("192.0.2.2"), old = rd_a("192.0.2.53");
	uint32_t lease = lease_new(t->z->leases, NOW + 60, 60);

	commit_put(t->z, &l, &a, TYPE_A, 60, one.data, 4, lease);
	commit_put(t->z, &l, &a, TYPE_A, 90, two.data, 4, lease); /* takes the other's TTL along */
	commit_take_rrset(t->z, &l, &ns, TYPE_A);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 2);
	assert_int_equal(node_rrset(zone_node(t->z, &a), TYPE_A)->ttl, 90);
	change_undo(&l, t->z);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 0);
	assert_int_equal(test_count(t, "ns.z.example", TYPE_A), 1);
	assert_true(rrset_has(node_rrset(zone_node(t->z, &ns), TYPE_A), old.data, old.len, NULL));
	assert_int_equal(lease_get(t->z->leases, lease)->nodes, 0);
	change_redo(&l, t->z);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 2);
	assert_int_equal(test_count(t, "ns.z.example", TYPE_A), 0);
	assert_int_equal(lease_get(t->z->leases, lease)->nodes, 1);
	change_list_free(&l);
}

/* ---- commit ---- */

struct witness {
	unsigned calls;
	uint32_t old_serial, new_serial;
	size_t changes;
};

static void
changed(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
    const struct change_list *changes)
{
	struct witness *w = ctx;

	w->calls++;
	w->old_serial = old_serial;
	w->new_serial = new_serial;
	w->changes = change_visible(changes);
	assert_int_equal(z->serial, new_serial);
}

struct fake_journal {
	unsigned appends, syncs;
	int append_result, sync_result;
	uint32_t old_serial, new_serial;
};

static int
fake_append(void *ctx, const struct commit_record *r)
{
	struct fake_journal *j = ctx;

	j->appends++;
	j->old_serial = r->old_serial;
	j->new_serial = r->new_serial;
	return j->append_result;
}

static int
fake_finish(void *ctx, int must_sync)
{
	struct fake_journal *j = ctx;

	j->syncs += must_sync == 1;
	return must_sync == 1 ? j->sync_result : 0;
}

static void
one_serial_and_one_sync_a_batch(void **state)
{
	struct test_server *t = *state;
	struct witness w = {0};
	struct fake_journal j = {0};
	struct commit_hook hook = {.changed = changed, .ctx = &w};
	const struct commit_journal journal = {fake_append, fake_finish, &j};
	struct rdata rd = rd_a("192.0.2.1");
	char owner[32];

	commit_set_journal(t->s.commit, &journal);
	commit_add_hook(t->s.commit, &hook);
	for (int i = 0; i < 10; i++) {
		struct change_list l = {0};
		struct name n;

		snprintf(owner, sizeof owner, "a%d.z.example", i);
		n = name_of(owner);
		commit_put(t->z, &l, &n, TYPE_A, 60, rd.data, rd.len, 0);
		commit_change(t->s.commit, t->z, t->z->serial, &l, NULL);
		change_list_free(&l);
	}
	assert_int_equal(w.calls, 0);
	assert_int_equal(commit_run(t->s.commit, NOW), 0);
	assert_int_equal(w.calls, 1);
	assert_int_equal(w.old_serial, 100);
	assert_int_equal(w.new_serial, 101);
	assert_int_equal(w.changes, 12); /* the SOA record is out and in */
	assert_int_equal(j.appends, 1);
	assert_int_equal(j.syncs, 1);
	assert_int_equal(j.new_serial, 101);
	assert_false(commit_pending(t->s.commit));
	assert_int_equal(commit_run(t->s.commit, NOW), 0); /* nothing: nothing */
	assert_int_equal(j.appends, 1);
}

static void
a_failing_disk_undoes_the_batch(void **state)
{
	struct test_server *t = *state;
	struct witness w = {0};
	struct fake_journal j = {.sync_result = -1};
	struct commit_hook hook = {.changed = changed, .ctx = &w};
	const struct commit_journal journal = {fake_append, fake_finish, &j};
	struct rdata rd = rd_a("192.0.2.1");

	commit_set_journal(t->s.commit, &journal);
	commit_add_hook(t->s.commit, &hook);
	assert_int_equal(test_add(t, "k.z.example", "a.z.example", 60, &rd), RCODE_SERVFAIL);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 0);
	assert_int_equal(t->z->serial, 100);
	assert_int_equal(w.calls, 0);
	/* The very same message is good again when the disk is. */
	j.sync_result = 0;
	assert_int_equal(test_raw(t, t->request, t->request_len, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOERROR);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 1);
	assert_int_equal(t->z->serial, 101);
	assert_int_equal(w.calls, 1);
	j.append_result = -1;
	rd = rd_a("192.0.2.2");
	assert_int_equal(test_add(t, "k.z.example", "a.z.example", 60, &rd), RCODE_SERVFAIL);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 1);
	assert_int_equal(t->z->serial, 101);
}

static void
what_nobody_sees_is_not_waited_for(void **state)
{
	struct test_server *t = *state;
	struct witness w = {0};
	struct fake_journal j = {0};
	struct commit_hook hook = {.changed = changed, .ctx = &w};
	const struct commit_journal journal = {fake_append, fake_finish, &j};
	struct name n = name_of("h.z.example");
	struct rdata rd = rd_a("192.0.2.1");

	commit_set_journal(t->s.commit, &journal);
	commit_add_hook(t->s.commit, &hook);
	for (int i = 0; i < 3; i++) {
		test_update(t);
		update_add(&t->u, &n, 60, &rd);
		t->now_sec++;
		assert_int_equal(test_finish(t, "h.z.example", 3600), RCODE_NOERROR);
	}
	assert_int_equal(t->z->serial, 101); /* the first one */
	assert_int_equal(w.calls, 1);
	assert_int_equal(j.syncs, 1);
	assert_int_equal(j.appends, 3); /* the new leases, lazily */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_ends_as_it_began_is_no_change),
	    cmocka_unit_test(another_ttl_is_out_and_in),
	    cmocka_unit_test(another_lease_is_not_to_be_seen),
	    cmocka_unit_test(names_and_data_are_kept),
	    TEST(undo_and_redo),
	    TEST(one_serial_and_one_sync_a_batch),
	    TEST(a_failing_disk_undoes_the_batch),
	    TEST(what_nobody_sees_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
