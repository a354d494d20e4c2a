/* The reader of a machine's records: questions in rounds, what counts and what does not. */
#include "wire_test.h"

#include "dnsupdate/wire/peer.h"
#include "dnsupdate/wire/text.h"

#include <stdio.h>

static struct peer_reader r;
static struct msg_dns_peer peer;

/* A small zone: what it holds, it answers. */
struct zone {
	const char *const *lines;
	size_t count;
};

/* The answer to q out of the zone's lines; flags in addition to QR. */
static void
answer(const struct zone *z, const struct question *q, uint16_t flags, struct message *m)
{
	static uint8_t room[MESSAGE_MAX];
	struct buf b = buf_writer(room, sizeof(room));
	uint16_t count = 0;

	buf_put_u16(&b, 1);
	buf_put_u16(&b, (uint16_t)(FLAG_QR | FLAG_AA | flags));
	buf_put_u64(&b, 0);
	for (size_t i = 0; i < z->count; i++) {
		struct name owner;
		struct rdata rd;
		uint32_t ttl;

		assert_int_equal(rr_from_text(z->lines[i], 60, &owner, &ttl, &rd), 0);
		if (rd.type != q->type || !name_equal(&owner, &q->name))
			continue;
		count++;
		name_put(&b, &owner);
		buf_put_u16(&b, rd.type);
		buf_put_u16(&b, CLASS_IN);
		buf_put_u32(&b, ttl);
		buf_put_u16(&b, rd.len);
		buf_put(&b, rd.data, rd.len);
	}
	buf_patch_u16(&b, 6, count);
	assert_int_equal(message_parse(m, room, b.pos), 0);
}

/* Ask until all is answered; returns the number of rounds. */
static unsigned
read_all(const struct zone *z)
{
	static struct message m;
	struct name host = name_of("nas.alice.example"), domain = name_of("alice.example");
	unsigned rounds = 0;

	assert_int_equal(peer_reader_init(&r, &host, &domain), 0);
	while (!peer_reader_done(&r)) {
		struct question open[PEER_QUESTIONS_MAX];
		unsigned pos = 0, n = 0;

		while (peer_reader_open(&r, &pos, &open[n]))
			n++;
		assert_true(n > 0 && n <= PEER_QUESTIONS_MAX);
		while (n > 0) { /* the last question is answered first */
			answer(z, &open[--n], 0, &m);
			assert_int_equal(peer_reader_take(&r, &open[n], &m), 0);
			assert_int_equal(peer_reader_take(&r, &open[n], &m), -1);
		}
		rounds++;
	}
	peer_reader_result(&r, &peer);
	return rounds;
}

static void
expect_contacts(const char *const *want, size_t count)
{
	for (size_t i = 0; i < count && i < peer.contacts; i++) {
		char text[ENDPOINT_TEXT_MAX], line[96];

		snprintf(line, sizeof(line), "%u %u %s", peer.contact[i].priority,
		    peer.contact[i].weight, endpoint_text(&peer.contact[i], text));
		assert_string_equal(line, want[i]);
	}
	assert_int_equal(peer.contacts, count);
}

#define HOST "nas.alice.example. "
#define SERVICE "_autotunnel._udp.nas.alice.example. "

static void
reads_what_we_publish(void **state)
{
	static const char *const lines[] = {
	    HOST "300 IN AAAA fd00::1",
	    SERVICE "60 IN SRV 0 0 4500 at.nas.alice.example.",
	    SERVICE "60 IN SRV 10 5 61234 at1.nas.alice.example.",
	    "at.nas.alice.example. 60 IN AAAA 2001:db8::1",
	    "at1.nas.alice.example. 60 IN A 192.0.2.9",
	    SERVICE
	    "60 IN TXT \"v=1\" \"e=7\" \"x=1700000000\" \"nat=pcp\" \"in=yes\" \"os=linux\"",
	};
	static const char *const want[] = {"0 0 [2001:db8::1]:4500", "10 5 192.0.2.9:61234"};
	struct zone z = {lines, COUNT(lines)};

	assert_int_equal(read_all(&z), 2);
	expect_contacts(want, COUNT(want));
	assert_int_equal(peer.hdr.type, MSG_DNS_PEER);
	assert_int_equal(peer.present, 1);
	assert_string_equal(peer.name, "nas.alice.example");
	assert_string_equal(peer.os, "linux");
	assert_int_equal(peer.epoch, 7);
	assert_int_equal(peer.expires_sec, 1700000000);
	assert_int_equal(peer.nat, NAT_KIND_PCP);
	assert_int_equal(peer.inbound, INBOUND_YES);
	assert_int_equal(peer.ula[0], 0xfd);
	assert_int_equal(peer.ula[15], 1);
	assert_int_equal(r.txts, 1);
}

static void
reads_nothing(void **state)
{
	struct zone z = {NULL, 0};
	static const uint8_t zero[16];

	assert_int_equal(read_all(&z), 1);
	assert_int_equal(peer.present, 1);
	assert_int_equal(peer.contacts, 0);
	assert_memory_equal(peer.ula, zero, 16);
	assert_int_equal(r.txts, 0);
}

/* RFC 6281: the target is a sibling of the host. */
static void
follows_any_target(void **state)
{
	static const char *const lines[] = {
	    SERVICE "60 IN SRV 0 0 4500 AutoTunnel-00-22-69-FF-FE-8E-34-2A.alice.example.",
	    "AutoTunnel-00-22-69-FF-FE-8E-34-2A.alice.example. 60 IN A 192.0.2.9",
	    "AutoTunnel-00-22-69-FF-FE-8E-34-2A.alice.example. 60 IN AAAA fd00::1",
	};
	static const char *const want[] = {"0 0 192.0.2.9:4500"};
	struct zone z = {lines, COUNT(lines)};

	read_all(&z);
	expect_contacts(want, COUNT(want));
}

static void
leaves_out_what_is_no_contact(void **state)
{
	static const char *const lines[] = {
	    HOST "300 IN AAAA 2001:db8::7", /* no ULA */
	    HOST "300 IN AAAA fd00::2",
	    HOST "300 IN AAAA fd00::1",
	    SERVICE "60 IN SRV 0 0 4500 .",
	    SERVICE "60 IN SRV 0 0 0 at.nas.alice.example.",
	    SERVICE "60 IN SRV 1 0 4500 at.nas.alice.example.",
	    SERVICE "60 IN SRV 2 0 4500 alias.nas.alice.example.",
	    SERVICE "60 IN SRV 1 0 4500 at.nas.bob.example.", /* not this server's */
	    "at.nas.bob.example. 60 IN A 192.0.2.66",
	    "at.nas.alice.example. 60 IN A 127.0.0.1",
	    "at.nas.alice.example. 60 IN A 0.0.0.0",
	    "at.nas.alice.example. 60 IN A 224.0.0.1",
	    "at.nas.alice.example. 60 IN A 255.255.255.255",
	    "at.nas.alice.example. 60 IN A 169.254.1.1",
	    "at.nas.alice.example. 60 IN AAAA ::1",
	    "at.nas.alice.example. 60 IN AAAA fe80::1",
	    "at.nas.alice.example. 60 IN AAAA fd00::1",
	    "at.nas.alice.example. 60 IN AAAA ::ffff:192.0.2.1",
	    "at.nas.alice.example. 60 IN AAAA ff02::1",
	    "at.nas.alice.example. 60 IN A 10.0.0.1",
	    "alias.nas.alice.example. 60 IN CNAME at.nas.alice.example.",
	};
	static const char *const want[] = {"1 0 10.0.0.1:4500"};
	struct zone z = {lines, COUNT(lines)};

	read_all(&z);
	expect_contacts(want, COUNT(want));
	assert_int_equal(peer.ula[15], 1); /* the lowest */
	assert_int_equal(r.targets, 2); /* the root is not asked for */
}

/* The order of records in an answer changes nothing. */
static void
sorts(void **state)
{
	static const char *const lines[] = {
	    SERVICE "60 IN SRV 9 0 4500 at.nas.alice.example.",
	    SERVICE "60 IN SRV 5 1 4500 at.nas.alice.example.",
	    SERVICE "60 IN SRV 5 8 4500 at1.nas.alice.example.",
	    SERVICE "60 IN SRV 5 8 4400 at1.nas.alice.example.",
	    "at.nas.alice.example. 60 IN A 192.0.2.9",
	    "at.nas.alice.example. 60 IN A 192.0.2.8",
	    "at.nas.alice.example. 60 IN AAAA 2001:db8::1",
	    "at1.nas.alice.example. 60 IN A 192.0.2.7",
	};
	static const char *const want[] = {"5 8 192.0.2.7:4400", "5 8 192.0.2.7:4500",
	    "5 1 [2001:db8::1]:4500", "5 1 192.0.2.8:4500", "5 1 192.0.2.9:4500"};
	const char *turned[COUNT(lines)];
	struct zone z = {turned, COUNT(lines)};

	for (size_t turn = 0; turn < COUNT(lines); turn++) {
		for (size_t i = 0; i < COUNT(lines); i++)
			turned[i] = lines[(i + turn) % COUNT(lines)];
		read_all(&z);
		expect_contacts(want, COUNT(want));
	}
}

/* Twenty SRV records with twenty targets: the best eight, whatever comes first. */
static void
keeps_the_best(void **state)
{
	static char lines[40][96];
	const char *list[40];
	struct zone z = {list, 40};

	for (unsigned i = 0; i < 20; i++) {
		unsigned n = i * 7 % 20;

		snprintf(lines[2 * i], 96, SERVICE "60 IN SRV %u 0 4500 t%u.alice.example.", n, n);
		snprintf(lines[2 * i + 1], 96, "t%u.alice.example. 60 IN A 192.0.2.%u", n, n + 1);
		list[2 * i] = lines[2 * i];
		list[2 * i + 1] = lines[2 * i + 1];
	}
	read_all(&z);
	assert_int_equal(r.targets, MSG_CONTACTS_MAX);
	assert_int_equal(peer.contacts, MSG_CONTACTS_MAX);
	for (unsigned i = 0; i < MSG_CONTACTS_MAX; i++)
		assert_int_equal(peer.contact[i].addr[3], i + 1);
}

static void
many_addresses_of_one_target(void **state)
{
	static char lines[21][96] = {SERVICE "60 IN SRV 0 0 4500 at.nas.alice.example."};
	const char *list[21] = {lines[0]};
	struct zone z = {list, 21};

	for (unsigned i = 0; i < 20; i++) {
		snprintf(lines[i + 1], 96, "at.nas.alice.example. 60 IN A 192.0.2.%u", 99 - i);
		list[i + 1] = lines[i + 1];
	}
	read_all(&z);
	assert_int_equal(peer.contacts, MSG_CONTACTS_MAX);
	assert_int_equal(peer.contact[0].addr[3], 80);
}

static void
newest_status_counts(void **state)
{
	static const char *const lines[] = {
	    SERVICE "60 IN TXT \"v=1\" \"e=5\" \"os=old\"",
	    SERVICE "60 IN TXT \"v=1\" \"e=6\" \"os=new\"",
	    SERVICE "60 IN TXT \"something else\"",
	    SERVICE "60 IN TXT \"v=1\" \"e=4\" \"os=older\"",
	};
	struct zone z = {lines, COUNT(lines)};

	read_all(&z);
	assert_int_equal(peer.epoch, 6);
	assert_string_equal(peer.os, "new");
	assert_int_equal(r.txts, 4);
}

static void
waits_for_a_good_answer(void **state)
{
	static const char *const lines[] = {HOST "300 IN AAAA fd00::1"};
	struct zone z = {lines, 1};
	struct question q, foreign;
	static struct message m;
	struct name host = name_of("nas.alice.example"), domain = name_of("alice.example");
	unsigned pos = 0;

	assert_int_equal(peer_reader_init(&r, &host, &domain), 0);
	assert_int_equal(peer_reader_open(&r, &pos, &q), 1);
	answer(&z, &q, RCODE_SERVFAIL, &m);
	assert_int_equal(peer_reader_take(&r, &q, &m), -1);
	answer(&z, &q, RCODE_REFUSED, &m);
	assert_int_equal(peer_reader_take(&r, &q, &m), -1);
	answer(&z, &q, FLAG_TC, &m);
	assert_int_equal(peer_reader_take(&r, &q, &m), -1);
	foreign = q;
	foreign.type = TYPE_A;
	assert_int_equal(peer_reader_take(&r, &foreign, &m), -1);
	assert_false(r.has_ula);
	answer(&z, &q, RCODE_NXDOMAIN, &m);
	assert_int_equal(peer_reader_take(&r, &q, &m), 0);
}

static void
says_who_is_gone(void **state)
{
	static const struct msg_dns_peer zero;

	memset(&peer, 0xee, sizeof(peer));
	peer_gone(&peer, "nas.alice.example");
	assert_int_equal(peer.present, 0);
	assert_string_equal(peer.name, "nas.alice.example");
	assert_memory_equal(peer.contact, zero.contact, sizeof(peer.contact));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_we_publish),
	    cmocka_unit_test(reads_nothing),
	    cmocka_unit_test(follows_any_target),
	    cmocka_unit_test(leaves_out_what_is_no_contact),
	    cmocka_unit_test(sorts),
	    cmocka_unit_test(keeps_the_best),
	    cmocka_unit_test(many_addresses_of_one_target),
	    cmocka_unit_test(newest_status_counts),
	    cmocka_unit_test(waits_for_a_good_answer),
	    cmocka_unit_test(says_who_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
