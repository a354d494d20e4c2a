/* What the manager believes of a worker's report, and what becomes of it in the names' file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "manager/manager.h"

static struct manager m;
static char dir[] = "/tmp/manager_hear.XXXXXX";

static int
make_dir(void **state)
{
	static const uint8_t ula[16] = {0xfd, 1, 2, 3, 4, 5, [15] = 1};

	if (mkdtemp(dir) == NULL)
		return -1;
	config_defaults(&m.config);
	snprintf(m.config.state_dir, sizeof m.config.state_dir, "%s", dir);
	snprintf(m.config.run_dir, sizeof m.config.run_dir, "%s", dir);
	TAILQ_INIT(&m.peers);
	m.identity = calloc(1, sizeof *m.identity);
	memcpy(m.identity->ula, ula, sizeof ula);
	strcpy(m.identity->domain, "alice.example");
	strcpy(m.identity->name, "nas.alice.example");
	return 0;
}

static int
remove_dir(void **state)
{
	static const char *const files[] = {"epoch", "hosts", "routers", "peers"};
	char path[64];
	struct peer *p;

	while ((p = TAILQ_FIRST(&m.peers)) != NULL)
		peer_free(&m, p);
	free(m.identity);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static struct endpoint
ep(const char *text)
{
	struct endpoint e = {0};

	assert_int_equal(endpoint_parse(text, 0, &e), 0);
	return e;
}

/* The worker's answer about the last network may still be under way when it hears of this one. */
static void
mapping_of_another_router(void **state)
{
	struct map *map = &m.maps.map[0];
	union msg msg;

	*map = (struct map) {.id = 1, .wanted = 1};
	map->want.gateway = ep("192.168.7.1");
	map->want.local = ep("192.168.7.10:4500");
	msg_begin(&msg, MSG_NATPMP_STATE, 1);
	msg.natpmp_state.state = NAT_UP;
	msg.natpmp_state.method = NAT_METHOD_NATPMP;
	msg.natpmp_state.gateway = ep("192.168.1.1");
	msg.natpmp_state.external = ep("11.22.33.4:4500");
	hear(&m, &msg);
	assert_int_equal(map->state.external.family, 0);
	msg.natpmp_state.gateway = map->want.gateway;
	hear(&m, &msg);
	assert_int_equal(map->state.external.family, 4);
	assert_int_equal(maps_external(&m).family, 4);
}

/* A number that leaves no next one must not reach the disk. */
static void
absurd_epoch(void **state)
{
	union msg msg;

	msg_begin(&msg, MSG_DNS_STATE, 0);
	msg.dns_state.status = DNS_OK;
	msg.dns_state.epoch = 41;
	hear(&m, &msg);
	assert_int_equal(identity_epoch_load(dir), 41);
	msg.dns_state.epoch = UINT64_MAX;
	hear(&m, &msg);
	assert_int_equal(m.epoch, 41);
	assert_int_equal(identity_epoch_load(dir), 41);
}

static void
learn(const char *name, uint8_t octet)
{
	struct msg_dns_peer records = {.hdr = {.type = MSG_DNS_PEER}, .present = 1};

	snprintf(records.name, sizeof records.name, "%s", name);
	memcpy(records.ula, m.identity->ula, 6);
	records.ula[15] = octet;
	peers_learn(&m, &records);
	peers_reconcile(&m);
}

/* The ipsec worker says what the roster says of all peers. */
static void
judge(int known, uint8_t octet)
{
	struct peer *p;
	union msg msg;

	TAILQ_FOREACH (p, &m.peers, entry) {
		msg_begin(&msg, MSG_IPSEC_STATE, p->id);
		msg.ipsec_state.state = TUNNEL_IDLE;
		msg.ipsec_state.known = (uint8_t)known;
		if (octet != 0)
			memcpy(msg.ipsec_state.ula, m.identity->ula, 6);
		msg.ipsec_state.ula[15] = octet;
		hear(&m, &msg);
	}
	peers_reconcile(&m);
}

static void
expect_names(const char *want)
{
	char path[64], text[4096];
	ssize_t n;

	peers_write_hosts(&m);
	snprintf(path, sizeof path, "%s/hosts", dir);
	n = file_read(path, text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(strchr(text, '\n') + 1, want);
}

/* Whatever names the DNS worker says, the file holds machines below the account's domain, and those
 * only that the roster lets in, with the address that it gives them. */
static void
names_in_the_file(void **state)
{
	learn("laptop.alice.example", 2);
	learn("alice.example", 3);
	learn("www.bank.example", 4);
	expect_names("fd01:203:405::1 nas.alice.example nas\n");
	judge(0, 0);
	expect_names("fd01:203:405::1 nas.alice.example nas\n");
	judge(1, 9);
	expect_names("fd01:203:405::1 nas.alice.example nas\n"
		     "fd01:203:405::9 laptop.alice.example laptop\n");
	judge(1, 0);
	expect_names("fd01:203:405::1 nas.alice.example nas\n"
		     "fd01:203:405::2 laptop.alice.example laptop\n");
}

/* Switched off by a reload: what is there must not grow old. */
static void
no_names_wanted(void **state)
{
	char path[64];

	snprintf(path, sizeof path, "%s/hosts", dir);
	peers_write_hosts(&m);
	assert_int_equal(access(path, F_OK), 0);
	m.config.hosts_file = 0;
	peers_write_hosts(&m);
	assert_int_equal(access(path, F_OK), -1);
	m.config.hosts_file = 1;
	peers_write_hosts(&m);
	assert_int_equal(access(path, F_OK), 0);
}

static struct peer *
only_peer(void)
{
	struct peer *p = TAILQ_FIRST(&m.peers);

	assert_non_null(p);
	assert_null(TAILQ_NEXT(p, entry));
	return p;
}

static void
forget_all(void)
{
	struct peer *p;

	while ((p = TAILQ_FIRST(&m.peers)) != NULL)
		peer_free(&m, p);
}

static void
hear_up(struct peer *p, const char *where)
{
	union msg msg;

	msg_begin(&msg, MSG_IPSEC_STATE, p->id);
	msg.ipsec_state.state = TUNNEL_UP;
	msg.ipsec_state.known = 1;
	msg.ipsec_state.remote = ep(where);
	hear(&m, &msg);
	peers_reconcile(&m);
}

/* The next ipsec worker calls where the tunnel led, though that was never published; until it is
 * up. */
static void
where_the_tunnel_led(void **state)
{
	struct msg_dns_peer records = {.hdr = {.type = MSG_DNS_PEER}, .present = 1, .contacts = 1};
	const struct endpoint published = ep("192.0.2.1:4500"), led = ep("192.0.2.1:20421");
	struct peer *p;

	forget_all();
	strcpy(records.name, "tv.alice.example");
	memcpy(records.ula, m.identity->ula, 6);
	records.ula[15] = 9;
	records.contact[0] = published;
	peers_learn(&m, &records);
	peers_reconcile(&m);
	p = only_peer();
	hear_up(p, "192.0.2.1:20421");
	assert_int_equal(p->wanted.contacts, 1);
	peers_untold(&m);
	peers_reconcile(&m);
	assert_int_equal(p->wanted.contacts, 2);
	assert_int_equal(p->wanted.always, 1);
	assert_true(endpoint_equal(&p->wanted.contact[0], &published));
	assert_true(endpoint_equal(&p->wanted.contact[1], &led));
	hear_up(p, "192.0.2.1:4500");
	assert_int_equal(p->wanted.contacts, 1);
	assert_int_equal(p->wanted.always, 0);
	peers_untold(&m); /* it led to the published place */
	peers_reconcile(&m);
	assert_int_equal(p->wanted.contacts, 1);
}

/* A machine that has withdrawn its records may call, at the address that the roster gives it. */
static void
withdrawn_and_known(void **state)
{
	struct peer *p;

	forget_all();
	learn("tv.alice.example", 9);
	p = only_peer();
	judge(1, 9);
	memset(p->records.ula, 0, sizeof p->records.ula);
	peers_reconcile(&m);
	assert_int_equal(p->usable, 1);
	assert_int_equal(p->wanted.ula[15], 9);
	judge(0, 0); /* revoked: the roster has no address for it */
	assert_int_equal(p->usable, 0);
}

/* What was known of the machines before, and only of this account's others. */
static void
recalled(void **state)
{
	forget_all();
	learn("tv.alice.example", 9);
	m.recall_dirty = 1;
	peers_remember(&m);
	assert_int_equal(m.recall_dirty, 0);
	forget_all();
	peers_recall(&m);
	assert_string_equal(only_peer()->records.name, "tv.alice.example");
	assert_int_equal(only_peer()->records.ula[15], 9);
	peers_synced(&m); /* the name server has not said it */
	assert_null(TAILQ_FIRST(&m.peers));
	assert_int_equal(m.recall_dirty, 1);
	learn("nas.alice.example", 1); /* ourselves */
	peers_remember(&m);
	forget_all();
	peers_recall(&m);
	assert_null(TAILQ_FIRST(&m.peers));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mapping_of_another_router),
	    cmocka_unit_test(absurd_epoch),
	    cmocka_unit_test(names_in_the_file),
	    cmocka_unit_test(no_names_wanted),
	    cmocka_unit_test(where_the_tunnel_led),
	    cmocka_unit_test(withdrawn_and_known),
	    cmocka_unit_test(recalled),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
