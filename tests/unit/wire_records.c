/* Our records as an update, read back as the server does, and printed by ldns as dig would. */
#include "wire_test.h"

#include "dnsupdate/wire/records.h"
#include "dnsupdate/wire/text.h"

#include <stdio.h>

static uint8_t room[4096];
static struct update u;
static struct message m;
static struct name zone, host;
static struct host_records records;

static struct endpoint
contact(const char *text, uint16_t priority, uint16_t weight)
{
	struct endpoint ep;

	assert_int_equal(endpoint_parse(text, 0, &ep), 0);
	ep.priority = priority;
	ep.weight = weight;
	return ep;
}

static int
setup(void **state)
{
	zone = name_of("alice.example");
	host = name_of("nas.alice.example");
	memset(&records, 0, sizeof(records));
	records.host = host;
	records.ula[0] = 0xfd;
	records.ula[15] = 1;
	records.status =
	    (struct host_status) {7, 1700000000, NAT_KIND_NATPMP, INBOUND_YES, "linux"};
	update_begin(&u, room, sizeof(room), 1, &zone);
	return 0;
}

#define SERVICE "_autotunnel._udp.nas.alice.example."
#define DELETED                                                                                    \
	"nas.alice.example. 0 ANY AAAA", SERVICE " 0 ANY SRV", SERVICE " 0 ANY TXT",               \
	    "at.nas.alice.example. 0 ANY A", "at.nas.alice.example. 0 ANY AAAA",                   \
	    "at1.nas.alice.example. 0 ANY A", "at1.nas.alice.example. 0 ANY AAAA",                 \
	    "at2.nas.alice.example. 0 ANY A", "at2.nas.alice.example. 0 ANY AAAA",                 \
	    "at3.nas.alice.example. 0 ANY A", "at3.nas.alice.example. 0 ANY AAAA",                 \
	    "at4.nas.alice.example. 0 ANY A", "at4.nas.alice.example. 0 ANY AAAA",                 \
	    "at5.nas.alice.example. 0 ANY A", "at5.nas.alice.example. 0 ANY AAAA",                 \
	    "at6.nas.alice.example. 0 ANY A", "at6.nas.alice.example. 0 ANY AAAA",                 \
	    "at7.nas.alice.example. 0 ANY A", "at7.nas.alice.example. 0 ANY AAAA"
#define DELETES 19
#define TXT7 "\"v=1\" \"e=7\" \"x=1700000000\" \"nat=natpmp\" \"in=yes\" \"os=linux\""

static void
expect(const char *const *lines, size_t count)
{
	size_t len = update_finish(&u, NULL, 0);

	assert_int_not_equal(len, 0);
	assert_int_equal(message_parse(&m, room, len), 0);
	for (size_t i = 0; i < m.count && i < count; i++) {
		char text[512];

		assert_string_equal(rr_text(&m, &m.rr[i], text, sizeof(text)), lines[i]);
	}
	assert_int_equal(m.count, count);
}

static void
publishes_one_contact(void **state)
{
	static const char *const lines[] = {
	    SERVICE " 0 NONE TXT",
	    DELETED,
	    "nas.alice.example. 300 IN AAAA fd00::1",
	    SERVICE " 60 IN SRV 0 0 4500 at.nas.alice.example.",
	    "at.nas.alice.example. 60 IN A 192.0.2.9",
	    SERVICE " 60 IN TXT " TXT7,
	};

	records.contacts = 1;
	records.contact[0] = contact("192.0.2.9:4500", 0, 0);
	assert_int_equal(records_publish(&u, &records, NULL, 0), 0);
	expect(lines, COUNT(lines));
	assert_int_equal(m.rr[0].section, SECTION_PREREQUISITE);
	assert_int_equal(m.rr[1].section, SECTION_UPDATE);
	assert_true(m.len < MESSAGE_UDP_MAX - 128);
}

static void
each_address_has_a_target(void **state)
{
	static const char *const lines[] = {
	    SERVICE " 0 NONE TXT",
	    DELETED,
	    "nas.alice.example. 300 IN AAAA fd00::1",
	    SERVICE " 60 IN SRV 0 0 4500 at.nas.alice.example.",
	    "at.nas.alice.example. 60 IN AAAA 2001:db8::1",
	    SERVICE " 60 IN SRV 10 5 61234 at1.nas.alice.example.",
	    "at1.nas.alice.example. 60 IN A 192.0.2.9",
	    SERVICE " 60 IN SRV 20 0 4501 at.nas.alice.example.",
	    "at.nas.alice.example. 60 IN AAAA 2001:db8::1",
	    SERVICE " 60 IN SRV 30 0 4500 at2.nas.alice.example.",
	    "at2.nas.alice.example. 60 IN A 192.168.1.10",
	    SERVICE " 60 IN TXT " TXT7,
	};

	records.contacts = 4;
	records.contact[0] = contact("[2001:db8::1]:4500", 0, 0);
	records.contact[1] = contact("192.0.2.9:61234", 10, 5);
	records.contact[2] = contact("[2001:db8::1]:4501", 20, 0);
	records.contact[3] = contact("192.168.1.10:4500", 30, 0);
	assert_int_equal(records_publish(&u, &records, NULL, 0), 0);
	expect(lines, COUNT(lines));
}

/* The prerequisite is the old record, octet by octet. */
static void
demands_the_previous_epoch(void **state)
{
	static const char *const lines[] = {
	    SERVICE " 0 IN TXT \"v=1\" \"e=6\" \"x=1\" \"nat=none\" \"in=no\" \"os=linux\"",
	    DELETED,
	    "nas.alice.example. 300 IN AAAA fd00::1",
	    SERVICE " 60 IN TXT " TXT7,
	};
	struct host_status before = {6, 1, NAT_KIND_NONE, INBOUND_NO, "linux"};
	struct rdata previous;

	assert_int_equal(status_to_txt(&before, &previous), 0);
	assert_int_equal(records_publish(&u, &records, &previous, 1), 0);
	expect(lines, COUNT(lines));
}

/* All but the epoch: nothing sent before may hold again. */
static void
withdraws_everything(void **state)
{
	static const char *const lines[] = {
	    SERVICE " 0 IN TXT " TXT7,
	    DELETED,
	    SERVICE " 60 IN TXT \"v=1\" \"e=8\" \"x=1700000060\"",
	};
	struct rdata previous;

	assert_int_equal(status_to_txt(&records.status, &previous), 0);
	assert_int_equal(records_withdraw(&u, &host, 8, 1700000060, &previous, 1), 0);
	expect(lines, COUNT(lines));
}

static void
most_contacts_fit(void **state)
{
	char text[64];

	records.contacts = MSG_CONTACTS_MAX;
	for (unsigned i = 0; i < MSG_CONTACTS_MAX; i++) {
		snprintf(text, sizeof(text), "[2001:db8::%u]:4500", i + 1);
		records.contact[i] = contact(text, (uint16_t)i, 0);
	}
	assert_int_equal(records_publish(&u, &records, NULL, 0), 0);
	assert_int_equal(message_parse(&m, room, update_finish(&u, NULL, 0)), 0);
	assert_int_equal(m.count, 1 + DELETES + 1 + 2 * MSG_CONTACTS_MAX + 1);
}

static void
refuses_nonsense(void **state)
{
	char label[250];

	records.contacts = MSG_CONTACTS_MAX + 1;
	assert_int_equal(records_publish(&u, &records, NULL, 0), -1);
	setup(state);
	records.contacts = 1; /* of family 0 */
	assert_int_equal(records_publish(&u, &records, NULL, 0), -1);
	setup(state);
	records.status.os[0] = '\0';
	assert_int_equal(records_publish(&u, &records, NULL, 0), -1);
	setup(state);
	memset(label, 'a', sizeof(label));
	for (unsigned i = 50; i < 240; i += 50)
		label[i] = '.';
	label[241] = '\0';
	records.host = name_of(label); /* 243 octets: no service fits in front */
	assert_int_equal(records_publish(&u, &records, NULL, 0), -1);
	assert_int_equal(records_withdraw(&u, &records.host, 8, 1, NULL, 0), -1);
	setup(state);
	records.host = name_of("nas.bob.example");
	assert_int_equal(records_publish(&u, &records, NULL, 0), 0);
	assert_int_equal(update_finish(&u, NULL, 0), 0);
}

static void
enrols_and_strikes(void **state)
{
	static const char *const lines[] = {
	    "_autotunnel._udp.alice.example. 300 IN PTR " SERVICE,
	    "_autotunnel._udp.alice.example. 0 NONE PTR " SERVICE,
	};
	struct name other = name_of("nas.bob.example");

	assert_int_equal(records_enrol(&u, &zone, &host), 0);
	assert_int_equal(records_strike(&u, &zone, &host), 0);
	assert_int_equal(records_enrol(&u, &zone, &other), -1);
	expect(lines, COUNT(lines));
}

/* The answer to the question for machines, by way of an update's section of another meaning. */
static void
lists_machines(void **state)
{
	static const char *const targets[] = {
	    "_autotunnel._udp.nas.alice.example",
	    "_autotunnel._udp.Laptop.office.alice.example",
	    "_autotunnel._udp.nas.bob.example", /* another's */
	    "_autotunnel._udp.alice.example", /* the domain itself */
	    "_autotunnel._tcp.x.alice.example",
	    "_autotunnel._udp.a\\.b.alice.example", /* no host name */
	    "_autotunnel._udp._x.alice.example",
	    "_autotunnel._udp.-x.alice.example",
	    "nas.alice.example",
	    ".",
	};
	struct question q;
	char found[MSG_NAME_MAX];
	size_t pos = 0;
	struct buf b = buf_writer(room, sizeof(room));

	assert_int_equal(records_machines_question(&q, &zone), 0);
	assert_int_equal(q.type, TYPE_PTR);
	buf_put_u16(&b, 1);
	buf_put_u16(&b, FLAG_QR);
	buf_put_u16(&b, 0);
	buf_put_u16(&b, COUNT(targets));
	buf_put_u32(&b, 0);
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct name target = name_of(targets[i]);

		name_put(&b, &q.name);
		buf_put_u16(&b, TYPE_PTR);
		buf_put_u16(&b, CLASS_IN);
		buf_put_u32(&b, 300);
		buf_put_u16(&b, target.len);
		name_put(&b, &target);
	}
	assert_int_equal(message_parse(&m, room, b.pos), 0);
	assert_int_equal(records_machines_next(&m, &pos, &zone, found), 1);
	assert_string_equal(found, "nas.alice.example");
	assert_int_equal(records_machines_next(&m, &pos, &zone, found), 1);
	assert_string_equal(found, "laptop.office.alice.example");
	assert_int_equal(records_machines_next(&m, &pos, &zone, found), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
	    TEST(publishes_one_contact),
	    TEST(each_address_has_a_target),
	    TEST(demands_the_previous_epoch),
	    TEST(withdraws_everything),
	    TEST(most_contacts_fit),
	    TEST(refuses_nonsense),
	    TEST(enrols_and_strikes),
	    TEST(lists_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
