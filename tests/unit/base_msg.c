/*
 * The contract between the processes: each type has a rule; direction, length, descriptor and
 * every field are checked.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/msg.h"

static const struct endpoint ep4 = {.family = 4, .port = 4500, .addr = {11, 22, 33, 4}};

static void
fill_ula(uint8_t ula[16])
{
	memset(ula, 0, 16);
	ula[0] = 0xfd;
	ula[15] = 1;
}

static void
fill_mapping(union msg *m, enum msg_type type)
{
	switch (type) {
	case MSG_NATPMP_WANT:
		m->natpmp_want.gateway = m->natpmp_want.local = ep4;
		m->natpmp_want.methods = NAT_METHOD_NATPMP;
		m->natpmp_want.proto = IPPROTO_UDP;
		m->natpmp_want.lifetime_sec = 3600;
		break;
	case MSG_NATPMP_STATE:
		m->natpmp_state.state = NAT_UP;
		m->natpmp_state.method = NAT_METHOD_UPNP;
		m->natpmp_state.external = ep4;
		break;
	default:
		break;
	}
}

static void
fill_dns(union msg *m, enum msg_type type)
{
	switch (type) {
	case MSG_DNS_ZONE:
		strcpy(m->dns_zone.domain, "alice.example");
		strcpy(m->dns_zone.host, "nas.alice.example");
		strcpy(m->dns_zone.key_name, "nas.alice.example");
		m->dns_zone.algorithm = TSIG_HMAC_SHA256;
		m->dns_zone.secret_len = 32;
		m->dns_zone.servers = 1;
		m->dns_zone.server[0] = ep4;
		m->dns_zone.tls_port = 853;
		m->dns_zone.pins = 2;
		m->dns_zone.knowns = 1;
		m->dns_zone.known[0] = (struct dns_server) {.ep = ep4, .tls = 1};
		break;
	case MSG_DNS_KNOWN:
		m->dns_known.knowns = 1;
		m->dns_known.known[0].ep = ep4;
		break;
	case MSG_DNS_PUBLISH:
		m->dns_publish.wanted = 1;
		m->dns_publish.lease_sec = 5400;
		fill_ula(m->dns_publish.ula);
		m->dns_publish.contacts = 1;
		m->dns_publish.contact[0] = ep4;
		break;
	case MSG_DNS_LOOK:
		m->hdr.id = MSG_LOOKS_MAX;
		m->dns_look.family = 4;
		break;
	case MSG_DNS_SEEN:
		m->hdr.id = 1;
		m->dns_seen.family = 4;
		m->dns_seen.answer = SEEN_ADDRESS;
		m->dns_seen.seen = ep4;
		break;
	case MSG_IPSEC_KNOCKED:
		m->ipsec_knocked.from = ep4;
		break;
	case MSG_DNS_STATE:
		m->dns_state.status = DNS_OK;
		break;
	case MSG_DNS_PEER:
		m->dns_peer.present = 1;
		strcpy(m->dns_peer.name, "nas.alice.example");
		break;
	case MSG_DNS_ROSTER:
	case MSG_IPSEC_ROSTER:
		m->roster.total = MSG_ROSTER_PIECE + 5;
		m->roster.offset = MSG_ROSTER_PIECE;
		m->roster.len = 5;
		break;
	default:
		break;
	}
}

static void
fill_ipsec(union msg *m, enum msg_type type)
{
	switch (type) {
	case MSG_IPSEC_FD:
		m->ipsec_fd.kind = IPSEC_FD_TUN;
		break;
	case MSG_IPSEC_CREDENTIAL:
		m->ipsec_credential.kind = IPSEC_DEVICE_KEY;
		m->ipsec_credential.len = 48;
		break;
	case MSG_IPSEC_SELF:
		m->ipsec_self.dataplane = DATAPLANE_USER;
		m->ipsec_self.port = 4500;
		m->ipsec_self.mtu = 1280;
		fill_ula(m->ipsec_self.ula);
		strcpy(m->ipsec_self.name, "nas.alice.example");
		break;
	case MSG_IPSEC_PEER:
		fill_ula(m->ipsec_peer.ula);
		strcpy(m->ipsec_peer.name, "nas.alice.example");
		break;
	case MSG_IPSEC_READY:
		m->ipsec_ready.dataplane = DATAPLANE_USER;
		break;
	case MSG_IPSEC_STATE:
		m->ipsec_state.state = TUNNEL_IDLE;
		break;
	case MSG_IPSEC_STEP:
		m->ipsec_step.kind = IPSEC_STEP_TRY;
		break;
	case MSG_CTL_STEP:
		m->ctl_step.step.kind = IPSEC_STEP_TRY;
		break;
	default:
		break;
	}
}

static void
fill_control(union msg *m, enum msg_type type)
{
	switch (type) {
	case MSG_HELLO:
		m->hello.version = MSG_VERSION;
		break;
	case MSG_CTL_MAPPING:
		m->ctl_mapping.state.state = NAT_ASKING;
		break;
	case MSG_CTL_DNS:
		m->ctl_dns.state.status = DNS_OK;
		break;
	case MSG_CTL_PEER:
		strcpy(m->ctl_peer.dns.name, "nas.alice.example");
		m->ctl_peer.tunnel.state = TUNNEL_UP;
		break;
	case MSG_CTL_RESULT:
		m->ctl_result.code = CTL_DONE;
		break;
	case MSG_CTL_MAP:
		m->ctl_map.proto = IPPROTO_TCP;
		m->ctl_map.port = 22;
		break;
	default:
		break;
	}
}

/* A valid message of each type that has fields. */
static void
good(union msg *m, enum msg_type type)
{
	static const unsigned without_id[] = {MSG_NATPMP_WANT, MSG_NATPMP_DROP, MSG_NATPMP_STATE,
	    MSG_IPSEC_PEER, MSG_IPSEC_FORGET, MSG_IPSEC_STATE, MSG_IPSEC_STEP};
	uint32_t id = 0;

	for (size_t i = 0; i < sizeof without_id / sizeof without_id[0]; i++)
		id |= type == without_id[i];
	memset(m, 0, sizeof *m);
	msg_begin(m, type, id);
	fill_mapping(m, type);
	fill_dns(m, type);
	fill_ipsec(m, type);
	fill_control(m, type);
}

/* Count the directions a message of this type may take. */
static int
directions(const union msg *m, enum msg_role *from, enum msg_role *to)
{
	const char *why;
	int n = 0, fd = m->hdr.type == MSG_IPSEC_FD || m->hdr.type == MSG_DNS_AUTHORITIES;

	for (int f = ROLE_MANAGER; f <= ROLE_CLIENT; f++) {
		for (int t = ROLE_MANAGER; t <= ROLE_CLIENT; t++) {
			if (msg_check(m, msg_size(m->hdr.type), f, t, fd, &why) != 0)
				continue;
			assert_true(f == ROLE_MANAGER || t == ROLE_MANAGER);
			assert_int_not_equal(f, t);
			*from = f;
			*to = t;
			n++;
		}
	}
	return n;
}

static void
every_type_has_a_rule(void **state)
{
	for (int type = 1; type < MSG_TYPE_MAX; type++) {
		enum msg_role from, to;
		const char *why;
		union msg m;
		int n, fd = type == MSG_IPSEC_FD || type == MSG_DNS_AUTHORITIES;

		good(&m, type);
		n = directions(&m, &from, &to);
		if (n != 1 && n != 3)
			fail_msg("%s may go in %d directions", msg_name((uint16_t)type), n);
		assert_int_equal(msg_check(&m, msg_size((uint16_t)type), from, to, !fd, &why), -1);
		assert_int_equal(
		    msg_check(&m, msg_size((uint16_t)type) - 1, from, to, fd, &why), -1);
		assert_int_equal(
		    msg_check(&m, msg_size((uint16_t)type) + 1, from, to, fd, &why), -1);
		assert_int_equal(msg_check(&m, 3, from, to, fd, &why), -1);
	}
}

static void
unknown_types(void **state)
{
	union msg m = {.hdr = {.type = MSG_TYPE_MAX}};
	const char *why;

	assert_int_equal(msg_size(0), 0);
	assert_int_equal(msg_size(MSG_TYPE_MAX), 0);
	assert_int_equal(msg_size(0xffff), 0);
	assert_string_equal(msg_name(0xffff), "unknown");
	assert_int_equal(msg_check(&m, 8, ROLE_MANAGER, ROLE_IPSEC, 0, &why), -1);
}

/* One wrong field each: the offset and width of what is overwritten, and with what. */
#define WRONG(type, member, value)                                                                 \
	{                                                                                          \
		type, offsetof(union msg, member), sizeof(((union msg *)0)->member), value         \
	}

static const struct {
	enum msg_type type;
	size_t offset, size;
	uint64_t value;
} wrong[] = {
    WRONG(MSG_HELLO, hello.version, MSG_VERSION + 1),
    WRONG(MSG_IPSEC_NAT, hdr.id, 1),
    WRONG(MSG_IPSEC_NAT, ipsec_nat.open, 2),
    WRONG(MSG_QUIT, hdr.id, 1),
    WRONG(MSG_LOG_LEVEL, log_level.level, 5),
    WRONG(MSG_NATPMP_WANT, hdr.id, 0),
    WRONG(MSG_NATPMP_WANT, natpmp_want.gateway.family, 6),
    WRONG(MSG_NATPMP_WANT, natpmp_want.local.port, 0),
    WRONG(MSG_NATPMP_WANT, natpmp_want.local.addr[9], 1),
    WRONG(MSG_NATPMP_WANT, natpmp_want.methods, 0),
    WRONG(MSG_NATPMP_WANT, natpmp_want.methods, 8),
    WRONG(MSG_NATPMP_WANT, natpmp_want.proto, 0),
    WRONG(MSG_NATPMP_WANT, natpmp_want.known, 3),
    WRONG(MSG_NATPMP_WANT, natpmp_want.remove, 1),
    WRONG(MSG_NATPMP_WANT, natpmp_want.external.family, 6),
    WRONG(MSG_NATPMP_WANT, natpmp_want.lifetime_sec, 0),
    WRONG(MSG_NATPMP_WANT, natpmp_want.lifetime_sec, 0xffffffff),
    WRONG(MSG_NATPMP_STATE, natpmp_state.state, 0),
    WRONG(MSG_NATPMP_STATE, natpmp_state.state, 9),
    WRONG(MSG_NATPMP_STATE, natpmp_state.method, 3),
    WRONG(MSG_NATPMP_STATE, natpmp_state.method, 0),
    WRONG(MSG_NATPMP_STATE, natpmp_state.external.family, 0),
    WRONG(MSG_NATPMP_STATE, natpmp_state.external.port, 0),
    WRONG(MSG_NATPMP_STATE, natpmp_state.reason[0], '\n'),
    WRONG(MSG_DNS_ZONE, dns_zone.domain[0], 0),
    WRONG(MSG_DNS_ZONE, dns_zone.domain[0], 'x'),
    WRONG(MSG_DNS_ZONE, dns_zone.host[1], '/'),
    WRONG(MSG_DNS_ZONE, dns_zone.algorithm, 0),
    WRONG(MSG_DNS_ZONE, dns_zone.secret_len, 8),
    WRONG(MSG_DNS_ZONE, dns_zone.secret_len, 65),
    WRONG(MSG_DNS_ZONE, dns_zone.secret[40], 1),
    WRONG(MSG_DNS_ZONE, dns_zone.servers, 2),
    WRONG(MSG_DNS_ZONE, dns_zone.servers, 5),
    WRONG(MSG_DNS_ZONE, dns_zone.transport, DNS_TRANSPORT_MAX),
    WRONG(MSG_DNS_ZONE, dns_zone.tls_seen, 2),
    WRONG(MSG_DNS_ZONE, dns_zone.tls_port, 0),
    WRONG(MSG_DNS_ZONE, dns_zone.tls_name[0], '/'),
    WRONG(MSG_DNS_ZONE, dns_zone.pins, 5),
    WRONG(MSG_DNS_ZONE, dns_zone.pin[2][31], 1),
    WRONG(MSG_DNS_ZONE, dns_zone.knowns, 2),
    WRONG(MSG_DNS_ZONE, dns_zone.knowns, 9),
    WRONG(MSG_DNS_ZONE, dns_zone.known[0].tls, 2),
    WRONG(MSG_DNS_ZONE, dns_zone.known[1].tls, 1),
    WRONG(MSG_DNS_KNOWN, dns_known.known[0].ep.port, 0),
    WRONG(MSG_DNS_KNOWN, dns_known.known[0].pad[3], 1),
    WRONG(MSG_DNS_KNOWN, dns_known.knowns, 9),
    WRONG(MSG_DNS_KNOWN, dns_known.tls_seen, 2),
    WRONG(MSG_CTL_SLEEP, ctl_sleep.asleep, 2),
    WRONG(MSG_DNS_PUBLISH, dns_publish.wanted, 2),
    WRONG(MSG_DNS_PUBLISH, dns_publish.nat, NAT_KIND_MAX),
    WRONG(MSG_DNS_PUBLISH, dns_publish.contacts, 9),
    WRONG(MSG_DNS_PUBLISH, dns_publish.contacts, 0),
    WRONG(MSG_DNS_PUBLISH, dns_publish.lease_sec, 1),
    WRONG(MSG_DNS_PUBLISH, dns_publish.ula[0], 0x20),
    WRONG(MSG_DNS_PUBLISH, dns_publish.contact[0].port, 0),
    WRONG(MSG_DNS_HURRY, dns_hurry.seconds, 3601),
    WRONG(MSG_DNS_LOOK, hdr.id, 0),
    WRONG(MSG_DNS_LOOK, hdr.id, MSG_LOOKS_MAX + 1),
    WRONG(MSG_DNS_SEEN, hdr.id, 0),
    WRONG(MSG_DNS_LOOK, dns_look.family, 0),
    WRONG(MSG_DNS_LOOK, dns_look.wanted, 2),
    WRONG(MSG_DNS_SEEN, dns_seen.family, 5),
    WRONG(MSG_DNS_SEEN, dns_seen.family, 6),
    WRONG(MSG_DNS_SEEN, dns_seen.answer, SEEN_ANSWER_MAX),
    WRONG(MSG_DNS_SEEN, dns_seen.answer, SEEN_NO_SUCH),
    WRONG(MSG_DNS_SEEN, dns_seen.knocked, 2),
    WRONG(MSG_DNS_SEEN, dns_seen.seen.family, 0),
    WRONG(MSG_IPSEC_KNOCK, hdr.id, 1),
    WRONG(MSG_IPSEC_KNOCKED, ipsec_knocked.from.family, 0),
    WRONG(MSG_DNS_STATE, dns_state.status, 0),
    WRONG(MSG_DNS_STATE, dns_state.published, 2),
    WRONG(MSG_DNS_STATE, dns_state.channel, DNS_CHANNEL_MAX),
    WRONG(MSG_DNS_STATE, dns_state.leased, 2),
    WRONG(MSG_DNS_STATE, dns_state.server.family, 5),
    WRONG(MSG_DNS_PEER, dns_peer.name[0], 0),
    WRONG(MSG_DNS_PEER, dns_peer.name[3], ' '),
    WRONG(MSG_DNS_PEER, dns_peer.ula[3], 1),
    WRONG(MSG_DNS_PEER, dns_peer.contacts, 200),
    WRONG(MSG_DNS_PEER, dns_peer.os[0], 0x80),
    WRONG(MSG_DNS_SYNCED, dns_synced.peers, MSG_PEERS_MAX + 1),
    WRONG(MSG_DNS_ROSTER, roster.total, MSG_ROSTER_MAX + 1),
    WRONG(MSG_DNS_ROSTER, roster.total, MSG_ROSTER_PIECE),
    WRONG(MSG_DNS_ROSTER, roster.offset, 1),
    WRONG(MSG_DNS_ROSTER, roster.len, 4),
    WRONG(MSG_DNS_ROSTER, roster.len, 6),
    WRONG(MSG_DNS_ROSTER, roster.data[5], 1),
    WRONG(MSG_IPSEC_ROSTER, roster.total, 0),
    WRONG(MSG_IPSEC_ROSTER_STATE, ipsec_roster_state.verdict, ROSTER_VERDICT_MAX),
    WRONG(MSG_IPSEC_ROSTER_STATE, ipsec_roster_state.self, ROSTER_SELF_MAX),
    WRONG(MSG_IPSEC_ROSTER_STATE, ipsec_roster_state.reason[0], '\n'),
    WRONG(MSG_CTL_ROSTER, ctl_roster.view, ROSTER_VIEW_MAX),
    WRONG(MSG_IPSEC_FD, ipsec_fd.kind, 0),
    WRONG(MSG_IPSEC_CREDENTIAL, ipsec_credential.len, 0),
    WRONG(MSG_IPSEC_CREDENTIAL, ipsec_credential.len, MSG_DER_MAX + 1),
    WRONG(MSG_IPSEC_CREDENTIAL, ipsec_credential.der[48], 1),
    WRONG(MSG_IPSEC_SELF, ipsec_self.dataplane, 3),
    WRONG(MSG_IPSEC_SELF, ipsec_self.port, 500),
    WRONG(MSG_IPSEC_SELF, ipsec_self.mtu, 1279),
    WRONG(MSG_IPSEC_PEER, hdr.id, 0),
    WRONG(MSG_IPSEC_PEER, ipsec_peer.ula[0], 0),
    WRONG(MSG_IPSEC_PEER, ipsec_peer.name[0], '.'),
    WRONG(MSG_IPSEC_PEER, ipsec_peer.contacts, 1),
    WRONG(MSG_IPSEC_PEER, ipsec_peer.epoch, MSG_EPOCH_MAX + 1),
    WRONG(MSG_IPSEC_READY, ipsec_ready.dataplane, 0),
    WRONG(MSG_IPSEC_STATE, ipsec_state.state, 4),
    WRONG(MSG_IPSEC_STATE, ipsec_state.initiator, 2),
    WRONG(MSG_IPSEC_STATE, ipsec_state.known, 2),
    WRONG(MSG_IPSEC_STEP, hdr.id, 0),
    WRONG(MSG_IPSEC_STEP, ipsec_step.kind, 0),
    WRONG(MSG_IPSEC_STEP, ipsec_step.kind, IPSEC_STEP_MAX),
    WRONG(MSG_IPSEC_STEP, ipsec_step.initiator, 2),
    WRONG(MSG_IPSEC_STEP, ipsec_step.place.family, 5),
    WRONG(MSG_IPSEC_STEP, ipsec_step.text[0], '\n'),
    WRONG(MSG_CTL_STEP, ctl_step.step.kind, IPSEC_STEP_MAX),
    WRONG(MSG_CTL_SHOW, ctl_show.watch, 2),
    WRONG(MSG_CTL_SHOW, ctl_show.exchanges, 2),
    WRONG(MSG_CTL_MAP, ctl_map.proto, 1),
    WRONG(MSG_CTL_MAP, ctl_map.port, 0),
    WRONG(MSG_CTL_MAP, ctl_map.seconds, MSG_MAP_SECONDS_MAX + 1),
    WRONG(MSG_CTL_EXCHANGE, ctl_exchange.text[0], '\n'),
    WRONG(MSG_NATPMP_EXCHANGE, natpmp_exchange.text[0], 0x80),
    WRONG(MSG_CTL_MAPPING, ctl_mapping.inbound, INBOUND_MAX),
    WRONG(MSG_CTL_MAPPING, ctl_mapping.state.said[2].answer, NAT_ANSWER_MAX),
    WRONG(MSG_CTL_MAPPING, ctl_mapping.state.said[1].text[0], '\t'),
    WRONG(MSG_CTL_MAPPING, ctl_mapping.seen.family, 5),
    WRONG(MSG_CTL_MAPPING, ctl_mapping.place.family, 5),
    WRONG(MSG_CTL_MAPPING, ctl_mapping.answer, SEEN_ANSWER_MAX),
    WRONG(MSG_CTL_RESULT, ctl_result.code, 0),
    WRONG(MSG_CTL_SELF, ctl_self.enrolled, 2),
    WRONG(MSG_CTL_MAPPING, ctl_mapping.nat, NAT_KIND_MAX),
    WRONG(MSG_CTL_PEER, ctl_peer.stale, 2),
    WRONG(MSG_CTL_PEER, ctl_peer.tunnel.state, 0),
    WRONG(MSG_CTL_END, ctl_end.peers, MSG_PEERS_MAX + 1),
};

static void
wrong_fields(void **state)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		enum msg_role from, to;
		union msg m;

		good(&m, wrong[i].type);
		memcpy((uint8_t *)&m + wrong[i].offset, &wrong[i].value, wrong[i].size);
		if (directions(&m, &from, &to) != 0)
			fail_msg("%s: offset %zu took %llu", msg_name((uint16_t)wrong[i].type),
			    wrong[i].offset, (unsigned long long)wrong[i].value);
	}
}

/* A text that fills its array to the brim has no end. */
static void
unterminated_text(void **state)
{
	enum msg_role from, to;
	union msg m;

	good(&m, MSG_IPSEC_STATE);
	memset(m.ipsec_state.reason, 'x', sizeof m.ipsec_state.reason);
	assert_int_equal(directions(&m, &from, &to), 0);
	m.ipsec_state.reason[MSG_TEXT_MAX - 1] = '\0';
	assert_int_equal(directions(&m, &from, &to), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_has_a_rule),
	    cmocka_unit_test(unknown_types),
	    cmocka_unit_test(wrong_fields),
	    cmocka_unit_test(unterminated_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
