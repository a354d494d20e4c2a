/* Every state has its word and its sentence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/explain.h"

#include <stdio.h>
#include <string.h>

#define NOW_MS 10000000u
#define NOW_SEC 1795000000u

static struct endpoint
endpoint(const char *text)
{
	struct endpoint ep = {0};

	if (text != NULL)
		assert_int_equal(endpoint_parse(text, 0, &ep), 0);
	return ep;
}

static const struct {
	uint8_t state, nat, method;
	const char *gateway, *external, *reason;
	uint64_t renew_ms;
	enum health health;
	const char *text;
	int advice;
} mappings[] = {
    {NAT_UP, NAT_KIND_NATPMP, NAT_METHOD_NATPMP, "192.168.1.1", "203.0.113.9:4500", "",
	NOW_MS + 1380000, HEALTH_GOOD, "NAT-PMP gives 203.0.113.9:4500, renewal in 23m", 0},
    {NAT_UP, NAT_KIND_UPNP, NAT_METHOD_UPNP, "192.168.1.1", "203.0.113.9:4501", "", 0, HEALTH_GOOD,
	"UPnP gives 203.0.113.9:4501", 0},
    {NAT_UP, NAT_KIND_DOUBLE, NAT_METHOD_NATPMP, "192.168.1.1", "100.72.4.4:4500", "",
	NOW_MS + 5000, HEALTH_BAD,
	"NAT-PMP gives 100.72.4.4:4500, renewal in 5s; not a public address: another NAT stands"
	" before the router",
	1},
    {NAT_ASKING, NAT_KIND_UNKNOWN, 0, "192.168.1.1", NULL, "", 0, HEALTH_WAITING,
	"asking 192.168.1.1", 0},
    {NAT_ASKING, NAT_KIND_UNKNOWN, 0, NULL, NULL, "no default route yet", 0, HEALTH_WAITING,
	"asking the router: no default route yet", 0},
    {NAT_REFUSED, NAT_KIND_UNMAPPED, NAT_METHOD_NATPMP, "192.168.1.1", NULL, "not authorized", 0,
	HEALTH_BAD, "192.168.1.1 refuses a mapping: not authorized", 1},
    {NAT_SILENT, NAT_KIND_UNMAPPED, 0, "192.168.1.1", NULL, "", 0, HEALTH_BAD,
	"192.168.1.1 gives no mapping: it does not answer", 1},
    {NAT_SILENT, NAT_KIND_UNMAPPED, 0, "192.168.1.1", NULL, "no method is allowed", 0, HEALTH_BAD,
	"no mapping: no method is allowed", 1},
    /* The configuration forbids to ask, or names a fixed forward. */
    {NAT_SILENT, NAT_KIND_UNMAPPED, 0, NULL, NULL, "", 0, HEALTH_BAD, "no mapping is asked for", 1},
    {NAT_SILENT, NAT_KIND_UNKNOWN, 0, NULL, NULL, "", 0, HEALTH_GOOD, "no mapping is asked for", 0},
    {NAT_SILENT, NAT_KIND_NONE, 0, NULL, NULL, "", 0, HEALTH_GOOD,
	"not needed: this machine has a public address", 0},
    {0, NAT_KIND_UNKNOWN, 0, NULL, NULL, "", 0, HEALTH_WAITING, "asking the router", 0},
};

/* What a verdict makes of them. */
static void
mapping_verdicts(void **state)
{
	struct msg_ctl_mapping m = {.nat = NAT_KIND_PCP, .hdr.id = 1};
	char out[EXPLAIN_MAX];

	m.state.state = NAT_UP;
	m.state.method = NAT_METHOD_PCP;
	m.state.external = endpoint("203.0.113.9:4500");
	m.inbound = INBOUND_YES;
	assert_int_equal(explain_mapping(&m, NOW_MS, out), HEALTH_GOOD);
	m.inbound = INBOUND_NO;
	assert_int_equal(explain_mapping(&m, NOW_MS, out), HEALTH_BAD);
	assert_string_equal(out, "PCP gives 203.0.113.9:4500; but nothing comes in: a firewall");
	memset(&m, 0, sizeof m);
	m.state.state = NAT_SILENT;
	m.place = endpoint("203.0.113.9:999");
	assert_int_equal(explain_mapping(&m, NOW_MS, out), HEALTH_GOOD);
	assert_string_equal(out, "203.0.113.9:999 is forwarded by hand");
	m.inbound = INBOUND_NO;
	assert_int_equal(explain_mapping(&m, NOW_MS, out), HEALTH_BAD);
	/* an address of our own that is somebody else's, for all the name server sees */
	m.nat = NAT_KIND_UNMAPPED;
	assert_int_equal(explain_mapping(&m, NOW_MS, out), HEALTH_BAD);
	assert_string_equal(out, "no mapping is asked for");
}

static void
mapping_sentences(void **state)
{
	for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++) {
		struct msg_ctl_mapping m = {.nat = mappings[i].nat};
		char out[EXPLAIN_MAX];

		m.state.state = mappings[i].state;
		m.state.method = mappings[i].method;
		m.state.renew_ms = mappings[i].renew_ms;
		m.state.gateway = endpoint(mappings[i].gateway);
		m.state.external = endpoint(mappings[i].external);
		snprintf(m.state.reason, MSG_TEXT_MAX, "%s", mappings[i].reason);
		assert_int_equal(explain_mapping(&m, NOW_MS, out), mappings[i].health);
		assert_string_equal(out, mappings[i].text);
		assert_int_equal(explain_mapping_advice(&m)[0] != '\0', mappings[i].advice);
	}
}

static const struct {
	uint8_t status, source, published, withdrawn;
	const char *server;
	uint64_t heard_ms, until_sec;
	const char *reason;
	enum health health;
	const char *text;
} servers[] = {
    {DNS_OK, DNS_SOURCE_POLL, 1, 0, "192.0.2.53:53", NOW_MS - 4000, NOW_SEC + 4260, "", HEALTH_GOOD,
	"192.0.2.53:53 answers, heard 4s ago, polled; published, good for 1h 11m"},
    {DNS_OK, DNS_SOURCE_PUSH, 0, 0, "[2001:db8::53]:53", NOW_MS, 0, "", HEALTH_WAITING,
	"[2001:db8::53]:53 answers over TLS, heard 0s ago, pushed; not published yet"},
    {DNS_OK, DNS_SOURCE_PUSH, 1, 0, "192.0.2.53:853", NOW_MS, NOW_SEC + 4260, "", HEALTH_GOOD,
	"192.0.2.53:853 answers over TLS, heard 0s ago, pushed; published, leased for 1h 11m"},
    {DNS_OK, DNS_SOURCE_NONE, 0, 1, "192.0.2.53:53", 0, 0, "", HEALTH_WAITING,
	"192.0.2.53:53 answers, not watched yet; withdrawn"},
    {DNS_OK, DNS_SOURCE_LLQ, 1, 0, "192.0.2.53:53", 0, 0, "", HEALTH_GOOD,
	"192.0.2.53:53 answers, long-lived query; published"},
    {DNS_STARTING, 0, 0, 0, NULL, 0, 0, "", HEALTH_WAITING, "looking for the name server"},
    {DNS_UNREACHABLE, DNS_SOURCE_POLL, 1, 0, "192.0.2.53:53", NOW_MS - 600000, NOW_SEC + 60,
	"no answer in 5 s", HEALTH_BAD,
	"192.0.2.53:53 does not answer, heard 10m ago: no answer in 5 s"},
    {DNS_REFUSED, 0, 0, 0, "192.0.2.53:53", 0, 0, "bad signature", HEALTH_BAD,
	"192.0.2.53:53 does not take our records: bad signature"},
};

static void
dns_sentences(void **state)
{
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
		struct msg_dns_state d = {.status = servers[i].status,
		    .source = servers[i].source,
		    .published = servers[i].published,
		    .withdrawn = servers[i].withdrawn,
		    .heard_ms = servers[i].heard_ms,
		    .published_until_sec = servers[i].until_sec};
		char out[EXPLAIN_MAX];

		/* A lease, and what hides the talk, are worth a word. */
		d.leased = servers[i].source == DNS_SOURCE_PUSH;
		d.channel = d.leased ? DNS_CHANNEL_TLS : DNS_CHANNEL_UDP;
		d.server = endpoint(servers[i].server);
		snprintf(d.reason, MSG_TEXT_MAX, "%s", servers[i].reason);
		assert_int_equal(explain_dns(&d, NOW_MS, NOW_SEC, out), servers[i].health);
		assert_string_equal(out, servers[i].text);
	}
}

static const struct {
	uint8_t tunnel, present, stale, nat, known; /* known: its ULA */
	const char *remote, *contact, *reason;
	const char *word, *path, *remark;
	enum health health;
} peers[] = {
    {TUNNEL_UP, 1, 0, NAT_KIND_NATPMP, 1, "198.51.100.7:4500", "198.51.100.7:4500", "", "up",
	"direct 198.51.100.7:4500", "", HEALTH_GOOD},
    /* What is up stays "up", whatever DNS says. */
    {TUNNEL_UP, 1, 1, NAT_KIND_NATPMP, 1, "198.51.100.7:4500", NULL, "", "up",
	"direct 198.51.100.7:4500", "its records ran out 1m ago", HEALTH_GOOD},
    {TUNNEL_UP, 0, 0, 0, 1, "198.51.100.7:4500", NULL, "", "up", "direct 198.51.100.7:4500",
	"no longer in the account's zone", HEALTH_GOOD},
    {TUNNEL_CONNECTING, 1, 0, 0, 1, NULL, "198.51.100.7:4500", "", "calling", "198.51.100.7:4500",
	"", HEALTH_WAITING},
    {TUNNEL_IDLE, 1, 0, NAT_KIND_NATPMP, 1, NULL, "[2001:db8:7::5]:4500", "", "idle",
	"[2001:db8:7::5]:4500", "", HEALTH_WAITING},
    {TUNNEL_IDLE, 1, 0, NAT_KIND_NATPMP, 1, NULL, "198.51.100.7:4500", "no answer to IKE_SA_INIT",
	"down", "198.51.100.7:4500", "no answer to IKE_SA_INIT", HEALTH_BAD},
    {TUNNEL_IDLE, 1, 1, NAT_KIND_NATPMP, 1, NULL, "198.51.100.7:4500", "", "stale",
	"198.51.100.7:4500", "its records ran out 1m ago", HEALTH_BAD},
    {TUNNEL_IDLE, 1, 0, NAT_KIND_DOUBLE, 1, NULL, NULL, "", "idle", "-",
	"behind two NATs: it can call, but not be called", HEALTH_WAITING},
    {TUNNEL_IDLE, 1, 0, NAT_KIND_UNMAPPED, 1, NULL, NULL, "", "idle", "-",
	"its router forwards no port: it can call, but not be called", HEALTH_WAITING},
    {TUNNEL_IDLE, 1, 0, NAT_KIND_UNKNOWN, 1, NULL, NULL, "", "idle", "-",
	"it has published no address to call", HEALTH_WAITING},
    {TUNNEL_IDLE, 1, 0, NAT_KIND_NATPMP, 0, NULL, "198.51.100.7:4500", "", "down",
	"198.51.100.7:4500", "its address is not in the zone", HEALTH_BAD},
    /* Stopped: on the list, but without records; what the tunnel says is of the past. */
    {TUNNEL_IDLE, 1, 0, 0, 0, NULL, NULL, "no answer", "off", "-", "it has taken its records away",
	HEALTH_WAITING},
    {TUNNEL_IDLE, 1, 1, 0, 0, NULL, NULL, "no answer", "off", "-",
	"it took its records away 1m ago", HEALTH_WAITING},
    {TUNNEL_CONNECTING, 1, 0, 0, 0, NULL, NULL, "", "off", "-", "it has taken its records away",
	HEALTH_WAITING},
    {TUNNEL_IDLE, 0, 0, 0, 0, NULL, NULL, "no answer", "gone", "-",
	"no longer in the account's zone", HEALTH_BAD},
};

static const struct {
	struct msg_ctl_roster r;
	enum health health;
	const char *text;
} rosters[] = {
    {{.view = ROSTER_VIEW_UNKNOWN}, HEALTH_WAITING, "not known yet"},
    {{.view = ROSTER_VIEW_ABSENT}, HEALTH_WAITING,
	"none: nobody can be thrown out before \"autotunnel join\" has made one"},
    {{.view = ROSTER_VIEW_CURRENT,
	 .state =
	     {.serial = 3, .machines = 1, .signed_sec = NOW_SEC - 60, .self = ROSTER_SELF_LISTED}},
	HEALTH_GOOD, "serial 3 of 1m ago, 1 machine"},
    {{.view = ROSTER_VIEW_CURRENT,
	 .state = {.serial = 3,
	     .machines = 2,
	     .revoked = 1,
	     .open = 1,
	     .signed_sec = NOW_SEC + 60,
	     .self = ROSTER_SELF_UNLISTED}},
	HEALTH_GOOD, "serial 3 of 0s ago, 2 machines, 1 revoked, and any that joined before it"},
    {{.view = ROSTER_VIEW_HIDDEN,
	 .view_sec = NOW_SEC - 120,
	 .state = {.serial = 3, .machines = 2, .signed_sec = NOW_SEC - 60}},
	HEALTH_BAD, "serial 3 of 1m ago, 2 machines; the name server has hidden it for 2m"},
    {{.view = ROSTER_VIEW_REFUSED,
	 .state = {.serial = 3, .machines = 2, .signed_sec = NOW_SEC - 60, .reason = "it is old"}},
	HEALTH_BAD, "serial 3 of 1m ago, 2 machines; the name server's is refused: it is old"},
    {{.view = ROSTER_VIEW_CURRENT,
	 .state = {.serial = 3,
	     .machines = 2,
	     .revoked = 1,
	     .signed_sec = NOW_SEC - 60,
	     .self = ROSTER_SELF_REVOKED}},
	HEALTH_BAD, "THIS MACHINE WAS REVOKED; serial 3 of 1m ago, 2 machines, 1 revoked"},
    {{.view = ROSTER_VIEW_CURRENT,
	 .state = {.serial = 3,
	     .machines = 2,
	     .signed_sec = NOW_SEC - 60,
	     .self = ROSTER_SELF_UNLISTED}},
	HEALTH_BAD, "THIS MACHINE IS NOT ON IT, join again; serial 3 of 1m ago, 2 machines"},
};

static void
roster_sentences(void **state)
{
	for (size_t i = 0; i < sizeof rosters / sizeof rosters[0]; i++) {
		char text[EXPLAIN_MAX];

		assert_int_equal(explain_roster(&rosters[i].r, NOW_SEC, text), rosters[i].health);
		assert_string_equal(text, rosters[i].text);
	}
}

static void
peer_words(void **state)
{
	for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
		struct msg_ctl_peer p = {.stale = peers[i].stale};
		struct peer_view v;

		p.dns.present = peers[i].present;
		p.dns.nat = peers[i].nat;
		p.dns.ula[0] = peers[i].known ? 0xfd : 0;
		p.dns.expires_sec = NOW_SEC - 60;
		p.dns.contacts = peers[i].contact != NULL;
		p.dns.contact[0] = endpoint(peers[i].contact);
		p.tunnel.state = peers[i].tunnel;
		p.tunnel.remote = endpoint(peers[i].remote);
		snprintf(p.tunnel.reason, MSG_TEXT_MAX, "%s", peers[i].reason);
		explain_peer(&p, NOW_SEC, &v);
		assert_string_equal(v.word, peers[i].word);
		assert_string_equal(v.path, peers[i].path);
		assert_string_equal(v.remark, peers[i].remark);
		assert_int_equal(v.health, peers[i].health);
	}
}

static void
worker_sentences(void **state)
{
	struct msg_ctl_self self = {.enrolled = 1, .worker = {{.pid = 1}, {.pid = 2}, {.pid = 3}}};
	char out[EXPLAIN_MAX];

	assert_int_equal(explain_workers(&self, out), 0);
	assert_string_equal(out, "");
	self.worker[1].restarts = 1;
	assert_int_equal(explain_workers(&self, out), 1);
	assert_string_equal(out, "dnsupdate was restarted 1 time");
	self.worker[0].pid = 0;
	self.worker[2].restarts = 3;
	explain_workers(&self, out);
	assert_string_equal(out,
	    "natpmp does not run; dnsupdate was restarted 1 time; ipsec was restarted 3 times");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mapping_verdicts),
	    cmocka_unit_test(mapping_sentences),
	    cmocka_unit_test(dns_sentences),
	    cmocka_unit_test(roster_sentences),
	    cmocka_unit_test(peer_words),
	    cmocka_unit_test(worker_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
