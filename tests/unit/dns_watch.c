/* watch.c against a zone of up to hundreds of machines; virtual time, real messages. */
#include "dns_watch_bed.h"

static void
test_first(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	const struct msg_dns_peer *peer;
	static struct message m;
	struct watch_ask ask[WATCH_OPEN_MAX];

	(void)state;
	add(&z, "nas", 7);
	/* SOA of the domain: the zone is above it, found in the authority section */
	assert_int_equal(watch_next(w, z.now, &ask[0]), 1);
	assert_int_equal(watch_next(w, z.now, &ask[1]), 0);
	assert_null(watch_status(w).zone);
	answer_message(&z, &ask[0].q, &m);
	watch_answer(w, ask[0].ticket, OUTCOME_OK, &m, z.now);
	assert_non_null(watch_status(w).zone);
	assert_int_equal(name_labels(watch_status(w).zone), 2);
	assert_int_equal(watch_status(w).serial, z.serial);
	/* then list, then about nas, not about ourselves: what its epoch is, and only then the
	 * others: contacts must not be older than the epoch they are taken for; then its target */
	assert_int_equal(watch_next(w, z.now, &ask[0]), 1);
	assert_int_equal(ask[0].q.type, TYPE_PTR);
	answer_message(&z, &ask[0].q, &m);
	watch_answer(w, ask[0].ticket, OUTCOME_OK, &m, z.now);
	assert_false(watch_status(w).synced);
	read_epoch(w, &z);
	for (int i = 0; i < 2; i++)
		assert_int_equal(watch_next(w, z.now, &ask[i]), 1);
	assert_int_equal(watch_next(w, z.now, &ask[2]), 0);
	assert_null(watch_news(w));
	for (int i = 0; i < 2; i++) {
		answer_message(&z, &ask[i].q, &m);
		watch_answer(w, ask[i].ticket, OUTCOME_OK, &m, z.now);
	}
	while (watch_next(w, z.now, &ask[0])) {
		answer_message(&z, &ask[0].q, &m);
		watch_answer(w, ask[0].ticket, OUTCOME_OK, &m, z.now);
	}
	peer = watch_news(w);
	assert_non_null(peer);
	assert_string_equal(peer->name, "nas." DOMAIN);
	assert_int_equal(peer->present, 1);
	assert_int_equal(peer->contacts, 1);
	assert_int_equal(peer->contact[0].addr[3], 7);
	assert_int_equal(peer->contact[0].port, 4500);
	assert_int_equal(peer->ula[15], 9);
	assert_false(watch_status(w).synced);
	watch_told(w);
	assert_null(watch_news(w));
	assert_true(watch_status(w).synced);
	assert_int_equal(watch_status(w).peers, 1);
	watch_free(w);
}

/* A second at first, then 5 s for the rest of the minute, then rarer, up to 60 s. */
static void
test_pace(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	unsigned n, slow;

	(void)state;
	add(&z, "nas", 7);
	run(w, &z, 11 * SECOND);
	assert_in_range(z.soa, 16, 17);
	run(w, &z, MINUTE);
	assert_in_range(z.soa, 25, 29);
	for (unsigned i = 1; i < z.soa; i++) /* the interval is never more than was said */
		assert_true(z.soa_ms[i] - z.soa_ms[i - 1] <= PACE_FLUX_MS);
	run(w, &z, HOUR);
	n = z.soa;
	run(w, &z, 2 * HOUR);
	assert_in_range(z.soa - n, 64, 69);
	assert_int_equal(z.list, 1);
	assert_int_equal(z.record, 5);
	/* hurry: at once, each 0.25 s for two seconds, then each second, for so long */
	watch_hurry(w, 10, z.now);
	assert_true(watch_wake(w, z.now) == z.now);
	n = z.soa;
	run(w, &z, z.now + 10 * SECOND);
	assert_in_range(z.soa - n, 16, 17);
	slow = z.soa;
	/* hurrying without end does not make it faster */
	for (int i = 0; i < 100; i++) {
		watch_hurry(w, 1, z.now);
		run(w, &z, z.now + 100);
	}
	assert_in_range(z.soa - n, 25, 28);
	for (unsigned i = slow; i < z.soa; i++)
		assert_true(z.soa_ms[i] - z.soa_ms[i - 1] >= 999);
	run(w, &z, z.now + 5 * MINUTE);
	/* jitter both ways */
	watch_free(w);
	w = watch_new(&(struct name) {0}, SELF, full_jitter);
	watch_free(w);
}

static void
test_change(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	unsigned n;

	(void)state;
	run(w, &z, HOUR);
	assert_int_equal(z.told, 1);
	nas->contact = 8;
	nas->epoch++;
	z.serial++;
	n = z.soa;
	run(w, &z, z.now + 66 * SECOND);
	assert_int_equal(z.told, 2);
	assert_int_equal(z.list, 2);
	/* in flux for a minute: 5 s */
	run(w, &z, z.now + 60 * SECOND);
	assert_in_range(z.soa - n, 13, 17);
	run(w, &z, z.now + HOUR);
	/* a refresh is told, but is no flux */
	nas->expires += 3600;
	nas->epoch++;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 3);
	n = z.soa;
	run(w, &z, z.now + 2 * MINUTE);
	assert_in_range(z.soa - n, 1, 3);
	/* all of its records gone, but listed: present, nowhere to call */
	nas->records = 0;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 4);
	assert_int_equal(z.gone, 0);
	assert_int_equal(watch_status(w).peers, 1);
	/* struck off */
	nas->listed = 0;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 5);
	assert_int_equal(z.gone, 1);
	assert_int_equal(watch_status(w).peers, 0);
	/* and back */
	nas->listed = nas->records = 1;
	z.serial++;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, 6);
	assert_int_equal(watch_status(w).peers, 1);
	watch_free(w);
}

/* A machine that points to where the server must refuse the question is no reason to read all of
 * them again for ever, nor to leave the manager waiting for the end of it. */
static void
test_points_away(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);

	(void)state;
	add(&z, "bad", 5)->away = 1;
	add(&z, "nas", 7);
	run(w, &z, 5 * MINUTE);
	assert_int_equal(z.told, 2);
	assert_int_equal(z.list, 1);
	assert_true(watch_status(w).synced);
	watch_free(w);
}

/* 200 machines: bounded questions at a time; a refresh of one costs a TXT question each. */
static void
test_large(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	char label[16];
	unsigned n;

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(label, sizeof label, "h%d", i);
		add(&z, label, 3);
	}
	run(w, &z, 2 * MINUTE);
	assert_int_equal(watch_status(w).peers, 200);
	assert_true(watch_status(w).synced);
	assert_true(z.flight < WATCH_OPEN_MAX);
	assert_int_equal(z.record, 200 * 5);
	z.host[50].epoch++;
	z.host[50].contact = 4;
	z.host[60].expires = 2000; /* and its epoch as before */
	z.serial++;
	n = z.told;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.record, 200 * 5 + 200 + 4);
	assert_int_equal(z.told, n + 2);
	/* now and then everything */
	run(w, &z, z.now + 15 * MINUTE);
	z.host[70].contact = 5;
	z.serial++;
	n = z.told;
	run(w, &z, z.now + 70 * SECOND);
	assert_int_equal(z.told, n + 1);
	watch_free(w);
}

/* More than fit: the first are kept, the rest left out, nothing breaks. */
static void
test_too_many(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	char label[16];

	(void)state;
	for (int i = 0; i < MSG_PEERS_MAX + 24; i++) {
		snprintf(label, sizeof label, "h%d", i);
		add(&z, label, 3);
	}
	run(w, &z, 2 * MINUTE);
	assert_int_equal(watch_status(w).peers, MSG_PEERS_MAX);
	for (int i = 1; i <= MSG_PEERS_MAX + 24; i++)
		z.host[i].listed = 0;
	z.serial++;
	run(w, &z, z.now + 2 * MINUTE);
	assert_int_equal(watch_status(w).peers, 0);
	assert_int_equal(z.gone, MSG_PEERS_MAX);
	watch_free(w);
}

/* The names to follow: the list's, each machine's with its targets, and no more of one gone. */
static void
test_names(void **state)
{
	static struct zone z;
	struct name domain = name_of(DOMAIN), at = below("at", "nas." DOMAIN);
	struct watch *w = watch_new(&domain, SELF, half_jitter);
	struct watch_names n;
	unsigned number;

	(void)state;
	assert_int_equal(watch_follow(w, &n), 1);
	assert_int_equal(n.number, 0);
	assert_true(name_in(&n.service, &domain));
	assert_int_equal(watch_follow(w, &n), 0);
	watch_free(w);
	w = start(&z);
	add(&z, "nas", 7);
	run(w, &z, 500);
	while (watch_next(w, z.now, &(struct watch_ask) {0}))
		;
	watch_restart(w, &domain, SELF);
	z.followed = 0;
	run(w, &z, MINUTE);
	assert_int_equal(z.followed, 2); /* the list, nas */
	z.host[1].contact = 0;
	z.host[1].epoch++;
	hint(w, &z, "_autotunnel._udp", "nas." DOMAIN);
	assert_int_equal(watch_follow(w, &n), 0);
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.followed, 3);
	watch_free(w);
	w = start(&z);
	add(&z, "nas", 7);
	z.mute = 1;
	run(w, &z, MINUTE);
	assert_int_equal(watch_follow(w, &n), 1);
	assert_int_equal(watch_follow(w, &n), 1);
	number = n.number;
	assert_int_equal(n.present, 1);
	assert_int_equal(n.targets, 1);
	assert_true(name_equal(&n.target[0], &at));
	z.host[1].listed = 0;
	hint(w, &z, "_autotunnel._udp", DOMAIN);
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.gone, 1);
	assert_int_equal(watch_follow(w, &n), 1);
	assert_int_equal(n.number, number);
	assert_int_equal(n.present, 0);
	assert_int_equal(watch_follow(w, &n), 0);
	watch_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_pace),
	    cmocka_unit_test(test_change),
	    cmocka_unit_test(test_points_away),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
