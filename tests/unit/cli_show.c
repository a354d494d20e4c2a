/* What status, status PEER and map print, character by character, for people and as JSON. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 100000000u
#define NOW_SEC 1795000000u

static struct snapshot *s;

static struct endpoint
endpoint(const char *text, uint16_t priority)
{
	struct endpoint ep = {0};

	assert_int_equal(endpoint_parse(text, 0, &ep), 0);
	ep.priority = priority;
	return ep;
}

static struct msg_ctl_peer *
peer(const char *name, uint8_t last)
{
	struct msg_ctl_peer *p = &s->peer[s->peers++];

	snprintf(p->dns.name, MSG_NAME_MAX, "%s.alice.example.net", name);
	p->dns.present = 1;
	p->dns.nat = NAT_KIND_NATPMP;
	p->dns.ula[0] = 0xfd;
	p->dns.ula[15] = last;
	p->dns.epoch = 36u + last;
	p->dns.expires_sec = NOW_SEC + 4800;
	p->tunnel.state = TUNNEL_IDLE;
	return p;
}

static void
make_self(void)
{
	snprintf(s->self.version, MSG_WORD_MAX, "0.1");
	snprintf(s->self.strongswan, MSG_WORD_MAX, "5.9.8");
	snprintf(s->self.crypto, MSG_WORD_MAX, "ipsec-mb 1.3.0, AES-128-GCM 9.8 GB/s");
	s->self.offload = IPSEC_OFFLOAD_TSO | IPSEC_OFFLOAD_SEGMENT | IPSEC_OFFLOAD_MERGE;
	snprintf(s->self.interface, sizeof s->self.interface, "at0");
	snprintf(s->self.allow, sizeof s->self.allow, "ssh");
	snprintf(s->self.domain, MSG_NAME_MAX, "alice.example.net");
	snprintf(s->self.name, MSG_NAME_MAX, "laptop.alice.example.net");
	s->self.ula[0] = 0xfd;
	s->self.ula[15] = 0x41;
	s->self.now_ms = NOW_MS;
	s->self.now_sec = NOW_SEC;
	s->self.dataplane = DATAPLANE_USER;
	s->self.enrolled = 1;
	s->self.port = 4500;
	s->self.manager_pid = 100;
	for (unsigned i = 0; i < 3; i++)
		s->self.worker[i] =
		    (struct msg_worker_info) {.pid = 101 + i, .features = MSG_FEATURE_SECCOMP};
	s->mapping.nat = NAT_KIND_NATPMP;
	s->mapping.state.state = NAT_UP;
	s->mapping.state.method = NAT_METHOD_NATPMP;
	s->mapping.state.lifetime_sec = 3600;
	s->mapping.state.renew_ms = NOW_MS + 1380000;
	s->mapping.state.gateway = endpoint("192.168.1.1", 0);
	s->mapping.state.external = endpoint("203.0.113.9:4500", 0);
	s->dns.state.status = DNS_OK;
	s->dns.state.source = DNS_SOURCE_POLL;
	s->dns.state.published = 1;
	s->dns.state.serial = 77;
	s->dns.state.epoch = 12;
	s->dns.state.published_until_sec = NOW_SEC + 4260;
	s->dns.state.heard_ms = NOW_MS - 4000;
	s->dns.state.server = endpoint("192.0.2.53:53", 0);
	s->roster.state.serial = 17;
	s->roster.state.signed_sec = NOW_SEC - 7200;
	s->roster.state.machines = 4;
	s->roster.state.revoked = 1;
	s->roster.state.self = ROSTER_SELF_LISTED;
	s->roster.state.offered = 17;
	s->roster.view = ROSTER_VIEW_CURRENT;
	s->roster.view_sec = NOW_SEC - 60;
}

static void
make_peers(void)
{
	struct msg_ctl_peer *p = peer("nas", 1);

	p->tunnel.state = TUNNEL_UP;
	p->tunnel.initiator = 1;
	p->tunnel.since_ms = NOW_MS - 11520000;
	p->tunnel.last_in_ms = NOW_MS - 3000;
	p->tunnel.in_bytes = 1288490188;
	p->tunnel.out_bytes = 83886080;
	p->tunnel.in_packets = 900000;
	p->tunnel.out_packets = 60000;
	p->tunnel.drops = 2;
	p->tunnel.drop[IPSEC_DROP_REPLAY] = p->tunnel.drop[IPSEC_DROP_NO_TUNNEL] = 1;
	p->tunnel.remote = endpoint("198.51.100.7:4500", 0);
	snprintf(p->tunnel.proposal, MSG_WORD_MAX, "AES_GCM_16_128");
	snprintf(p->dns.os, MSG_WORD_MAX, "linux");
	p->dns.inbound = INBOUND_YES;
	p->dns.contacts = 2;
	p->dns.contact[0] = endpoint("198.51.100.7:4500", 0);
	p->dns.contact[1] = endpoint("[2001:db8:7::5]:4500", 10);
	p = peer("office", 2);
	p->dns.nat = NAT_KIND_DOUBLE;
	p->tunnel.since_ms = NOW_MS - 600000;
	snprintf(p->tunnel.reason, MSG_TEXT_MAX, "no answer from 192.0.2.1:4500");
	peer("phone", 3);
}

static int
set_up(void **state)
{
	s = snapshot_new();
	make_self();
	make_peers();
	return 0;
}

static int
tear_down(void **state)
{
	free(s);
	return 0;
}

static char *text;
static size_t text_len;

static FILE *
begin(void)
{
	FILE *out = open_memstream(&text, &text_len);

	assert_non_null(out);
	return out;
}

static void
expect(FILE *out, const char *wanted)
{
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

static const char status_head[] =
    "this     laptop.alice.example.net  fd00::41\n"
    "router   NAT-PMP gives 203.0.113.9:4500, renewal in 23m\n"
    "dns      192.0.2.53:53 answers, heard 4s ago, polled; published, good for 1h 11m\n"
    "roster   serial 17 of 2h 0m ago, 4 machines, 1 revoked\n"
    "allow    ssh; and replies\n"
    "tunnels  1 of 3 up on at0, ESP in user space\n"
    "\n";

static void
status(void **state)
{
	char wanted[2048];
	FILE *out = begin();

	snprintf(wanted, sizeof wanted, "%s%s", status_head,
	    "PEER    STATE  PATH                      RX / TX     SINCE\n"
	    "nas     up     direct 198.51.100.7:4500  1.2G / 80M  3h 12m\n"
	    "office  down   -                         0 / 0       10m     "
	    "no answer from 192.0.2.1:4500\n"
	    "phone   idle   -                         0 / 0       -       "
	    "it has published no address to call\n");
	show_status(out, s, 0, 0);
	expect(out, wanted);
}

/* The colours must not move the columns. */
static void
status_coloured(void **state)
{
	char wanted[2048];
	FILE *out = begin();

	snprintf(wanted, sizeof wanted, "%s%s", status_head,
	    "PEER    STATE  PATH                      RX / TX     SINCE\n"
	    "nas     \033[32mup\033[0m     direct 198.51.100.7:4500  1.2G / 80M  3h 12m\n"
	    "office  \033[31mdown\033[0m   -                         0 / 0       10m     "
	    "no answer from 192.0.2.1:4500\n"
	    "phone   idle   -                         0 / 0       -       "
	    "it has published no address to call\n");
	show_status(out, s, 1, 0);
	expect(out, wanted);
}

static void
status_of_a_stranger(void **state)
{
	FILE *out = begin();

	s->self.enrolled = 0;
	show_status(out, s, 0, 0);
	s->self.enrolled = 1;
	expect(out,
	    "This device belongs to no account yet: see \"autotunnel help init\" and \"autotunnel"
	    " help join\".\n");
}

static void
one_peer(void **state)
{
	FILE *out = begin();

	show_peer(out, s, &s->peer[0], 0);
	expect(out,
	    "nas.alice.example.net\n"
	    "  address    fd00::1\n"
	    "  state      up for 3h 12m, this machine called\n"
	    "  path       direct 198.51.100.7:4500\n"
	    "  cipher     AES_GCM_16_128\n"
	    "  received   900000 packets, 1.2G bytes; the last 3s ago\n"
	    "  sent       60000 packets, 80M bytes\n"
	    "  lost       2 packets\n"
	    "  records    epoch 37, good for 1h 20m\n"
	    "  contact    198.51.100.7:4500, priority 0\n"
	    "  contact    [2001:db8:7::5]:4500, priority 10\n"
	    "  NAT        natpmp, reached from outside: yes\n"
	    "  system     linux\n");
}

static void
verbose(void **state)
{
	char said[4000] = "";
	FILE *out = tmpfile();

	assert_non_null(out);
	show_status(out, s, 0, 1);
	show_peer(out, s, &s->peer[0], 1);
	s->self.offload = 0;
	s->self.drop[IPSEC_DROP_UNKNOWN] = 4;
	s->self.drop[IPSEC_DROP_SHORT] = 1;
	show_status(out, s, 0, 1);
	memset(s->self.drop, 0, sizeof s->self.drop);
	s->self.offload = IPSEC_OFFLOAD_TSO | IPSEC_OFFLOAD_SEGMENT | IPSEC_OFFLOAD_MERGE;
	rewind(out);
	assert_true(fread(said, 1, sizeof said - 1, out) > 0);
	fclose(out);
	assert_non_null(strstr(said,
	    "\nesp      ipsec-mb 1.3.0, AES-128-GCM 9.8 GB/s; TSO"
	    " UDP_SEGMENT merging\n"));
	assert_non_null(strstr(said,
	    "\nesp      ipsec-mb 1.3.0, AES-128-GCM 9.8 GB/s; no offload\n"
	    "lost     5 packets of no peer: 4 unknown_spi, 1 short\n"));
	assert_non_null(strstr(said, "\n  lost       2 packets: 1 no_tunnel, 1 replay\n"));
}

static void
map(void **state)
{
	FILE *out = begin();

	show_map(out, s);
	expect(out,
	    "The router 192.168.1.1 forwards UDP 203.0.113.9:4500 to port 4500 of this machine.\n"
	    "It was asked with NAT-PMP and granted 1h 0m; renewal in 23m.\n"
	    "Not verified yet: nobody has come in from outside.\n");
	out = begin();
	s->mapping.nat = NAT_KIND_NONE;
	show_map(out, s);
	s->mapping.nat = NAT_KIND_NATPMP;
	expect(out, "Port mapping: not needed: this machine has a public address.\n");
}

/* What the router gives is one thing, what comes in another. */
static void
map_verified(void **state)
{
	FILE *out = begin();

	s->mapping.inbound = INBOUND_YES;
	s->mapping.inbound_ms = s->self.now_ms - 180000;
	endpoint_parse("203.0.113.9:4500", 0, &s->mapping.seen);
	show_map(out, s);
	expect(out,
	    "The router 192.168.1.1 forwards UDP 203.0.113.9:4500 to port 4500 of this machine.\n"
	    "It was asked with NAT-PMP and granted 1h 0m; renewal in 23m.\n"
	    "Verified 3m ago: what is sent there from outside comes in.\n"
	    "The name server sees this machine at 203.0.113.9.\n");
	out = begin();
	s->mapping.inbound = INBOUND_NO;
	s->mapping.nat = NAT_KIND_NONE;
	endpoint_parse("203.0.113.9:4500", 0, &s->mapping.place);
	show_map(out, s);
	s->mapping.nat = NAT_KIND_NATPMP;
	s->mapping.inbound = INBOUND_UNKNOWN;
	s->mapping.inbound_ms = 0;
	memset(&s->mapping.seen, 0, sizeof s->mapping.seen);
	memset(&s->mapping.place, 0, sizeof s->mapping.place);
	expect(out,
	    "Port mapping: not needed: this machine has a public address; but nothing comes in: a"
	    " firewall.\n"
	    "Tried 3m ago: what the name server sends there does not come in.\n"
	    "The name server sees this machine at 203.0.113.9.\n"
	    "A firewall stands in the way.  On this machine UDP port 4500 has to be let in (\"ufw"
	    " allow 4500/udp\",\n\"firewall-cmd --permanent --add-port=4500/udp\"); if it is, look"
	    " for one in the router.\nThen try again: autotunnel map --verify\n");
}

#define DROPPED "\nautotunnel_peer_dropped_packets_total"

static void
metrics(void **state)
{
	static const char *const lines[] = {
	    "\nautotunnel_worker_up{worker=\"ipsec\"} 1\n",
	    "\nautotunnel_mapping_up 1\n",
	    "\nautotunnel_inbound{autotunnel_inbound=\"unknown\"} 1\n",
	    "\nautotunnel_dns{autotunnel_dns=\"ok\"} 1\n",
	    "\nautotunnel_dns{autotunnel_dns=\"refused\"} 0\n",
	    "\nautotunnel_peer_up{peer=\"office.alice.example.net\"} 0\n",
	    "\nautotunnel_peer_received_bytes_total{peer=\"nas.alice.example.net\"} 1288490188\n",
	    DROPPED "{peer=\"nas.alice.example.net\",reason=\"replay\"} 1\n",
	    "\nautotunnel_dropped_packets_total{reason=\"unknown_spi\"} 4\n",
	};
	char said[8000] = "";
	FILE *out = tmpfile();
	size_t n;

	assert_non_null(out);
	s->self.drop[IPSEC_DROP_UNKNOWN] = 4;
	show_metrics(out, s);
	s->self.drop[IPSEC_DROP_UNKNOWN] = 0;
	rewind(out);
	n = fread(said, 1, sizeof said - 1, out);
	fclose(out);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_non_null(strstr(said, lines[i]));
	assert_true(n > 6 && strcmp(said + n - 6, "# EOF\n") == 0);
}

#define METHOD_JSON(name)                                                                          \
	"{\"method\":\"" name "\",\"answer\":\"not_asked\",\"code\":0,\"text\":\"\",\"heard\":null}"
#define MAPPING_JSON                                                                               \
	"\"mapping\":{\"ok\":true,\"state\":\"up\",\"nat\":\"natpmp\","                            \
	"\"protocol\":\"udp\",\"method\":\"natpmp\","                                              \
	"\"gateway\":{\"address\":\"192.168.1.1\",\"port\":0,\"priority\":0,\"weight\":0},"        \
	"\"local\":null,"                                                                          \
	"\"external\":{\"address\":\"203.0.113.9\",\"port\":4500,\"priority\":0,\"weight\":0},"    \
	"\"lifetime\":3600,\"renewal\":1795001380,\"expires\":null,\"until\":null,"                \
	"\"inbound\":\"unknown\",\"verified\":null,\"verifying\":false,\"place\":null,"            \
	"\"seen\":null,\"reason\":\"\","                                                           \
	"\"text\":\"NAT-PMP gives 203.0.113.9:4500, renewal in 23m\","                             \
	"\"methods\":[" METHOD_JSON("pcp") "," METHOD_JSON("natpmp") "," METHOD_JSON("upnp") "]}"
#define WORKER_JSON(name, pid)                                                                     \
	"{\"name\":\"" name "\",\"running\":true,\"pid\":" pid ",\"restarts\":0,\"seccomp\":true," \
	"\"landlock\":false}"
#define SELF_JSON                                                                                  \
	"\"self\":{\"version\":\"0.1\",\"strongswan\":\"5.9.8\",\"enrolled\":true,"                \
	"\"domain\":\"alice.example.net\",\"name\":\"laptop.alice.example.net\","                  \
	"\"address\":\"fd00::41\",\"interface\":\"at0\",\"port\":4500,\"dataplane\":\"user\","     \
	"\"filtered\":true,\"allow\":\"ssh\","                                                     \
	"\"crypto\":\"ipsec-mb 1.3.0, AES-128-GCM 9.8 GB/s\",\"offload\":{\"tso\":true,"           \
	"\"uso\":false,\"udp_segment\":true,\"udp_gro\":false,\"merge\":true},"                    \
	"\"dropped\":{},\"pid\":100,\"time\":1795000000,\"workers\":[" WORKER_JSON("natpmp",       \
	    "101") "," WORKER_JSON("dnsupdate", "102") "," WORKER_JSON("ipsec", "103") "]}"
#define DNS_JSON                                                                                   \
	"\"dns\":{\"ok\":true,\"status\":\"ok\",\"source\":\"poll\","                              \
	"\"server\":{\"address\":\"192.0.2.53\",\"port\":53,\"priority\":0,\"weight\":0},"         \
	"\"transport\":\"none\",\"leased\":false,"                                                 \
	"\"serial\":77,\"epoch\":12,\"published\":true,\"withdrawn\":false,"                       \
	"\"published_until\":1795004260,\"heard\":1794999996,\"reason\":\"\","                     \
	"\"text\":\"192.0.2.53:53 answers, heard 4s ago, polled; published, good for 1h 11m\"}"
#define ROSTER_JSON                                                                                \
	"\"roster\":{\"ok\":true,\"serial\":17,\"signed\":1794992800,\"machines\":4,"              \
	"\"revoked\":1,\"open\":false,\"self\":\"listed\",\"view\":\"current\","                   \
	"\"view_since\":1794999940,\"offered\":17,\"reason\":\"\","                                \
	"\"text\":\"serial 17 of 2h 0m ago, 4 machines, 1 revoked\"}"
#define NAS_JSON                                                                                   \
	"{\"name\":\"nas.alice.example.net\",\"short_name\":\"nas\",\"address\":\"fd00::1\","      \
	"\"state\":\"up\",\"remark\":\"\",\"tunnel\":{\"state\":\"up\",\"initiator\":true,"        \
	"\"since\":1794988480,"                                                                    \
	"\"remote\":{\"address\":\"198.51.100.7\",\"port\":4500,\"priority\":0,\"weight\":0},"     \
	"\"proposal\":\"AES_GCM_16_128\",\"in_bytes\":1288490188,\"out_bytes\":83886080,"          \
	"\"in_packets\":900000,\"out_packets\":60000,\"drops\":2,"                                 \
	"\"dropped\":{\"no_tunnel\":1,\"replay\":1},\"last_in\":1794999997,"                       \
	"\"reason\":\"\"},\"records\":{\"present\":true,\"stale\":false,\"epoch\":37,"             \
	"\"expires\":1795004800,\"nat\":\"natpmp\",\"inbound\":\"yes\",\"os\":\"linux\","          \
	"\"contacts\":[{\"address\":\"198.51.100.7\",\"port\":4500,\"priority\":0,\"weight\":0},"  \
	"{\"address\":\"2001:db8:7::5\",\"port\":4500,\"priority\":10,\"weight\":0}]}}"

static void
status_json(void **state)
{
	FILE *out = begin();
	size_t all = s->peers;

	s->peers = 1;
	show_status_json(out, s);
	s->peers = all;
	expect(out,
	    "{\"schema\":1," SELF_JSON "," MAPPING_JSON "," DNS_JSON "," ROSTER_JSON
	    ",\"peers\":[" NAS_JSON "]}\n");
}

static void
peer_and_map_json(void **state)
{
	FILE *out = begin();

	show_peer_json(out, s, &s->peer[0]);
	expect(out, "{\"schema\":1,\"time\":1795000000,\"peer\":" NAS_JSON "}\n");
	out = begin();
	show_map_json(out, s);
	expect(out,
	    "{\"schema\":1,\"time\":1795000000,\"port\":4500," MAPPING_JSON ",\"others\":[]}\n");
}

static void
degraded(void **state)
{
	assert_int_equal(show_is_degraded(s), 0);
	s->mapping.nat = NAT_KIND_DOUBLE;
	assert_int_equal(show_is_degraded(s), 1);
	s->mapping.nat = NAT_KIND_NATPMP;
	s->dns.state.status = DNS_UNREACHABLE;
	assert_int_equal(show_is_degraded(s), 1);
	s->dns.state.status = DNS_OK;
	s->self.worker[2].pid = 0;
	assert_int_equal(show_is_degraded(s), 1);
	s->self.worker[2].pid = 103;
	assert_int_equal(show_is_degraded(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(status),
	    cmocka_unit_test(status_coloured),
	    cmocka_unit_test(status_of_a_stranger),
	    cmocka_unit_test(one_peer),
	    cmocka_unit_test(verbose),
	    cmocka_unit_test(map),
	    cmocka_unit_test(map_verified),
	    cmocka_unit_test(metrics),
	    cmocka_unit_test(status_json),
	    cmocka_unit_test(peer_and_map_json),
	    cmocka_unit_test(degraded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
