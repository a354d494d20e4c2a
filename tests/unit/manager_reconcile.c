/* What follows from configuration, network and reports. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "manager/reconcile.h"

static const struct endpoint none;
static struct config config;
static struct network home; /* a host behind a NAT */
static const uint8_t ula[16] = {0xfd, 1, 2, 3, 4, 5, [15] = 1};

static struct endpoint
ep(const char *text)
{
	struct endpoint e = {0};

	assert_int_equal(endpoint_parse(text, 0, &e), 0);
	return e;
}

static int
set_up(void **state)
{
	config_defaults(&config);
	memset(&home, 0, sizeof home);
	home.local4 = ep("192.168.1.10");
	home.paths = 1;
	home.path[0] = (struct network_path) {
	    .gateway = ep("192.168.1.1"), .local = home.local4, .ifindex = 2};
	return 0;
}

static struct msg_natpmp_state
mapped(const char *external, unsigned method)
{
	struct msg_natpmp_state s = {
	    .state = NAT_UP, .method = (uint8_t)method, .external = ep(external)};

	return s;
}

/* ---- mapping ---- */

static struct msg_natpmp_want want[NETWORK_PATHS_MAX];
static const char *why;

static void
mapping_is_wanted_behind_a_nat(void **state)
{
	assert_int_equal(reconcile_mappings(&config, &home, want, &why), 1);
	assert_null(why);
	assert_int_equal(want[0].local.port, 4500);
	assert_int_equal(want[0].proto, IPPROTO_UDP);
	assert_int_equal(want[0].ifindex, 2);
	assert_int_equal(want[0].lifetime_sec, 3600);
	assert_int_equal(want[0].methods, NAT_METHOD_ALL);
	assert_true(endpoint_same_addr(&want[0].gateway, &home.path[0].gateway));
}

static void
no_mapping_without_need(void **state)
{
	struct network n = home;

	n.local4 = n.path[0].local = ep("11.22.33.9"); /* a public address of its own */
	assert_int_equal(reconcile_mappings(&config, &n, want, &why), 0);
	assert_string_equal(why, "not needed: this machine has a public IPv4 address");
	n = home;
	n.paths = 0;
	assert_int_equal(reconcile_mappings(&config, &n, want, &why), 0);
	assert_string_equal(why, "not asked for: there is no IPv4 router");
	config.external = ep("11.22.33.9:4500");
	assert_int_equal(reconcile_mappings(&config, &home, want, &why), 0);
	assert_non_null(why);
	config_defaults(&config);
	config.methods = 0;
	assert_int_equal(reconcile_mappings(&config, &home, want, &why), 0);
	assert_non_null(why);
}

/* Two IPv4 routers and an IPv6 one: a mapping at each, and a hole in the firewall. */
static void
a_mapping_for_each_path(void **state)
{
	struct network n = home;

	n.paths = 3;
	n.path[1] = (struct network_path) {
	    .gateway = ep("10.9.0.1"), .local = ep("10.9.0.7"), .ifindex = 3, .metric = 100};
	n.path[2] = (struct network_path) {
	    .gateway = ep("fe80::1"), .local = ep("2a00:1::1"), .ifindex = 2};
	assert_int_equal(reconcile_mappings(&config, &n, want, &why), 3);
	assert_true(endpoint_same_addr(&want[1].local, &n.path[1].local));
	assert_int_equal(want[2].gateway.family, 6);
	/* For UPnP the IPv4 router on the same link is asked where it listens. */
	assert_true(endpoint_same_addr(&want[2].beside, &n.path[0].gateway));
	assert_true(endpoint_same_addr(&want[2].from, &n.path[0].local));
	assert_int_equal(want[0].beside.family, 0);
	config.methods = NAT_METHOD_NATPMP; /* knows IPv4 only */
	assert_int_equal(reconcile_mappings(&config, &n, want, &why), 2);
	config_defaults(&config);
	config.external = ep("11.22.33.9:4500"); /* a forward by hand: of IPv4 */
	assert_int_equal(reconcile_mappings(&config, &n, want, &why), 1);
	assert_int_equal(want[0].gateway.family, 6);
	config_defaults(&config);
	memset(&n.local4, 0, sizeof n.local4); /* IPv6 only */
	n.path[0] = n.path[2];
	n.paths = 1;
	assert_int_equal(reconcile_mappings(&config, &n, want, &why), 1);
	assert_string_equal(why, "not asked for: there is no IPv4 network");
}

/* ---- publishing ---- */

/* One mapping, wanted since then. */
static const struct reconcile_nat *
one(const struct msg_natpmp_state *s, uint64_t since_ms)
{
	static struct reconcile_nat nat;

	memset(&nat, 0, sizeof nat);
	nat.maps = s != NULL;
	nat.map[0] = s;
	nat.since_ms = since_ms;
	for (unsigned i = 0; i < NETWORK_PATHS_MAX; i++)
		nat.seen[i].answer = SEEN_NO_SUCH;
	return &nat;
}

static void
expect(const struct msg_dns_publish *p, enum nat_kind nat, const char *const *contacts)
{
	char text[ENDPOINT_TEXT_MAX];
	unsigned n = 0;

	assert_int_equal(p->nat, nat);
	for (; contacts[n] != NULL; n++) {
		assert_true(n < p->contacts);
		assert_string_equal(endpoint_text(&p->contact[n], text), contacts[n]);
	}
	assert_int_equal(p->contacts, n);
	for (n = 1; n < p->contacts; n++)
		assert_true(p->contact[n - 1].priority <= p->contact[n].priority);
}

#define EXPECT(p, nat, ...) expect(p, nat, (const char *const[]) {__VA_ARGS__, NULL})

static void
publish_a_mapping(void **state)
{
	struct msg_natpmp_state s = mapped("11.22.33.2:50123", NAT_METHOD_NATPMP);
	struct msg_dns_publish p;

	assert_int_equal(reconcile_publish(&config, &home, one(&s, 0), ula, 10, &p), 0);
	EXPECT(&p, NAT_KIND_NATPMP, "11.22.33.2:50123", "192.168.1.10:4500");
	assert_memory_equal(p.ula, ula, 16);
	assert_int_equal(p.lease_sec, 5400);
	s.method = NAT_METHOD_UPNP;
	assert_int_equal(reconcile_publish(&config, &home, one(&s, 0), ula, 10, &p), 0);
	assert_int_equal(p.nat, NAT_KIND_UPNP);
}

static void
publish_waits_for_the_router_but_not_for_ever(void **state)
{
	struct msg_natpmp_state s = {.state = NAT_ASKING};
	struct msg_dns_publish p;

	assert_int_equal(
	    reconcile_publish(&config, &home, one(&s, 1000), ula, 1000, &p), MAPPING_PATIENCE_MS);
	assert_int_equal(reconcile_publish(&config, &home, one(&s, 1000), ula,
			     1000 + MAPPING_PATIENCE_MS - 1, &p),
	    1);
	assert_int_equal(
	    reconcile_publish(&config, &home, one(&s, 1000), ula, 1000 + MAPPING_PATIENCE_MS, &p),
	    0);
	EXPECT(&p, NAT_KIND_UNMAPPED, "192.168.1.10:4500");
	s.state = NAT_SILENT; /* the router has been heard out */
	assert_int_equal(reconcile_publish(&config, &home, one(&s, 1000), ula, 1001, &p), 0);
}

static void
publish_names_a_double_nat(void **state)
{
	struct msg_natpmp_state s = mapped("100.64.7.7:4500", NAT_METHOD_NATPMP);
	struct msg_dns_publish p;

	assert_int_equal(reconcile_publish(&config, &home, one(&s, 0), ula, 10, &p), 0);
	EXPECT(&p, NAT_KIND_DOUBLE, "192.168.1.10:4500");
}

/* The router claims a public address, the name server sees another one. */
static void
publish_believes_what_is_seen(void **state)
{
	struct msg_natpmp_state s = mapped("11.22.33.2:4500", NAT_METHOD_PCP);
	struct reconcile_nat nat = *one(&s, 0);
	struct msg_dns_publish p;

	nat.seen[0].answer = SEEN_ADDRESS;
	nat.seen[0].address = ep("11.22.33.2");
	nat.inbound = INBOUND_YES;
	assert_int_equal(reconcile_publish(&config, &home, &nat, ula, 10, &p), 0);
	EXPECT(&p, NAT_KIND_PCP, "11.22.33.2:4500", "192.168.1.10:4500");
	assert_int_equal(p.inbound, INBOUND_YES);
	nat.seen[0].address = ep("11.22.44.1");
	assert_int_equal(reconcile_publish(&config, &home, &nat, ula, 10, &p), 0);
	EXPECT(&p, NAT_KIND_DOUBLE, "192.168.1.10:4500");
}

/* What the router claims is not published before the name server agrees, if it can tell; nor an
 * address of our own that it sees another one for. */
static void
publish_waits_for_agreement(void **state)
{
	struct msg_natpmp_state s = mapped("11.22.33.2:4500", NAT_METHOD_PCP);
	struct reconcile_nat nat = *one(&s, 1000);
	struct network n = home;
	struct msg_dns_publish p;

	nat.seen[0].answer = SEEN_NOTHING;
	assert_int_equal(
	    reconcile_publish(&config, &home, &nat, ula, 1000, &p), MAPPING_PATIENCE_MS);
	assert_int_equal(
	    reconcile_publish(&config, &home, &nat, ula, 1000 + MAPPING_PATIENCE_MS, &p), 0);
	EXPECT(&p, NAT_KIND_PCP, "192.168.1.10:4500");
	nat.seen[0].answer = SEEN_ADDRESS;
	nat.seen[0].address = ep("11.22.33.2");
	assert_int_equal(reconcile_publish(&config, &home, &nat, ula, 1000, &p), 0);
	EXPECT(&p, NAT_KIND_PCP, "11.22.33.2:4500", "192.168.1.10:4500");
	nat = *one(&s, 1000);
	nat.seen[0].answer = SEEN_NO_WAY;
	assert_int_equal(reconcile_publish(&config, &home, &nat, ula, 1000, &p), 0);
	EXPECT(&p, NAT_KIND_PCP, "11.22.33.2:4500", "192.168.1.10:4500");

	nat = *one(NULL, 0);
	n.local4 = n.path[0].local = ep("11.22.33.9");
	nat.seen[0].answer = SEEN_NOTHING;
	assert_int_equal(reconcile_publish(&config, &n, &nat, ula, 0, &p), 0);
	EXPECT(&p, NAT_KIND_NONE, "11.22.33.9:4500");
	nat.seen[0].answer = SEEN_ADDRESS;
	nat.seen[0].address = ep("11.22.33.2");
	assert_int_equal(reconcile_publish(&config, &n, &nat, ula, 0, &p), 0);
	EXPECT(&p, NAT_KIND_UNMAPPED, NULL);
}

/* Each path's mapping, the better path's with the better priority. */
static void
publish_all_paths(void **state)
{
	struct msg_natpmp_state s = mapped("11.22.33.2:4500", NAT_METHOD_PCP);
	struct msg_natpmp_state t = mapped("11.22.33.3:4501", NAT_METHOD_UPNP);
	struct reconcile_nat nat = *one(&s, 0);
	struct network n = home;
	struct msg_dns_publish p;

	n.paths = 2;
	n.path[1] = (struct network_path) {.gateway = ep("10.9.0.1"), .local = ep("10.9.0.7")};
	nat.maps = 2;
	nat.map[1] = &t;
	nat.seen[0].address = ep("11.22.33.2");
	assert_int_equal(reconcile_publish(&config, &n, &nat, ula, 10, &p), 0);
	EXPECT(&p, NAT_KIND_PCP, "11.22.33.2:4500", "11.22.33.3:4501", "192.168.1.10:4500",
	    "10.9.0.7:4500");
	assert_true(p.contact[0].priority < p.contact[1].priority);
	s.external = ep("100.64.0.9:4500"); /* the better path is of no use */
	assert_int_equal(reconcile_publish(&config, &n, &nat, ula, 10, &p), 0);
	EXPECT(&p, NAT_KIND_UPNP, "11.22.33.3:4501", "192.168.1.10:4500", "10.9.0.7:4500");
}

static void
publish_other_hosts(void **state)
{
	struct network n = home;
	struct msg_dns_publish p;

	n.local4 = n.path[0].local = ep("11.22.33.9");
	n.local6[n.local6_count++] = ep("2a00:1::1");
	assert_int_equal(reconcile_publish(&config, &n, one(NULL, 0), ula, 0, &p), 0);
	EXPECT(&p, NAT_KIND_NONE, "[2a00:1::1]:4500", "11.22.33.9:4500");
	memset(&n.local4, 0, sizeof n.local4);
	n.paths = 0;
	assert_int_equal(reconcile_publish(&config, &n, one(NULL, 0), ula, 0, &p), 0);
	EXPECT(&p, NAT_KIND_NONE, "[2a00:1::1]:4500");
	memset(&n, 0, sizeof n);
	assert_int_equal(reconcile_publish(&config, &n, one(NULL, 0), ula, 0, &p), 0);
	assert_int_equal(p.contacts, 0);
	config.external = ep("11.22.33.77:999");
	assert_int_equal(reconcile_publish(&config, &home, one(NULL, 0), ula, 0, &p), 0);
	EXPECT(&p, NAT_KIND_UNKNOWN, "11.22.33.77:999", "192.168.1.10:4500");
}

/* ---- peers ---- */

static struct msg_dns_peer
records(void)
{
	struct msg_dns_peer r = {.present = 1,
	    .contacts = 2,
	    .ula = {0xfd, 1, 2, 3, 4, 5, [15] = 2},
	    .name = "nas.alice.example"};

	r.contact[0] = ep("11.22.33.3:4500");
	r.contact[1] = ep("192.168.2.10:4500");
	return r;
}

static void
peer_far_and_near(void **state)
{
	struct msg_dns_peer r = records();
	struct msg_ipsec_peer p = {.hdr = {.id = 9}};
	struct endpoint external = ep("11.22.33.2:50123");

	r.epoch = 17;
	assert_int_equal(reconcile_peer(&config, &r, ula, &external, &p, &why), 0);
	assert_int_equal(p.hdr.id, 9);
	assert_int_equal(p.contacts, 1);
	assert_true(endpoint_equal(&p.contact[0], &r.contact[0]));
	assert_int_equal(p.always, 0);
	assert_int_equal(p.epoch, 17);
	assert_string_equal(p.name, r.name);

	external = ep("11.22.33.3:50123"); /* the same NAT: try its LAN address first */
	assert_int_equal(reconcile_peer(&config, &r, ula, &external, &p, &why), 0);
	assert_int_equal(p.contacts, 2);
	assert_true(endpoint_equal(&p.contact[0], &r.contact[1]));

	r.contacts = 1;
	r.contact[0] = r.contact[1]; /* only a private address: better than none */
	external = ep("11.22.33.2:50123");
	assert_int_equal(reconcile_peer(&config, &r, ula, &external, &p, &why), 0);
	assert_int_equal(p.contacts, 1);

	r.contacts = 2; /* what nobody should be called at, whoever says so */
	r.contact[0] = ep("127.0.0.1:4500");
	r.contact[1] = ep("224.0.0.1:4500");
	assert_int_equal(reconcile_peer(&config, &r, ula, &external, &p, &why), 0);
	assert_int_equal(p.contacts, 0);

	r.contacts = 0; /* it may still call us */
	config.connect = CONNECT_ALWAYS;
	assert_int_equal(reconcile_peer(&config, &r, ula, &external, &p, &why), 0);
	assert_int_equal(p.contacts, 0);
	assert_int_equal(p.always, 1);
}

static void
peer_refused(void **state)
{
	struct msg_ipsec_peer p = {0};
	struct msg_dns_peer r = records();

	memcpy(r.ula, ula, 16);
	assert_int_equal(reconcile_peer(&config, &r, ula, &none, &p, &why), -1);
	assert_string_equal(why, "it claims our own address");
	r.ula[5] ^= 1;
	assert_int_equal(reconcile_peer(&config, &r, ula, &none, &p, &why), -1);
	assert_string_equal(why, "its address is not of this account");
	memset(r.ula, 0, 16);
	assert_int_equal(reconcile_peer(&config, &r, ula, &none, &p, &why), -1);
	assert_string_equal(why, "no AAAA record");
}

static void
staleness(void **state)
{
	struct msg_dns_peer r = records();

	assert_false(reconcile_is_stale(&r, 1800000000));
	r.expires_sec = 1800000000;
	assert_false(reconcile_is_stale(&r, 1799999999));
	assert_true(reconcile_is_stale(&r, 1800000000));
}

int
main(void)
{
#define RECONCILE_TEST(f) cmocka_unit_test_setup(f, set_up)
	const struct CMUnitTest tests[] = {
	    RECONCILE_TEST(mapping_is_wanted_behind_a_nat),
	    RECONCILE_TEST(no_mapping_without_need),
	    RECONCILE_TEST(a_mapping_for_each_path),
	    RECONCILE_TEST(publish_a_mapping),
	    RECONCILE_TEST(publish_waits_for_the_router_but_not_for_ever),
	    RECONCILE_TEST(publish_names_a_double_nat),
	    RECONCILE_TEST(publish_believes_what_is_seen),
	    RECONCILE_TEST(publish_waits_for_agreement),
	    RECONCILE_TEST(publish_all_paths),
	    RECONCILE_TEST(publish_other_hosts),
	    RECONCILE_TEST(peer_far_and_near),
	    RECONCILE_TEST(peer_refused),
	    RECONCILE_TEST(staleness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
