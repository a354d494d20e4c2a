/* Rows put together, in order and whole; and whom a name means. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct snapshot *s;

static int
set_up(void **state)
{
	s = snapshot_new();
	return 0;
}

static int
tear_down(void **state)
{
	free(s);
	return 0;
}

/* One row by a letter: S, M, X, D, T (roster), E with n peers, or a peer of that name. */
static enum snapshot_progress
add(char row, const char *name)
{
	static union msg m;

	if (row == 'S') {
		msg_begin(&m, MSG_CTL_SELF, 0);
		snprintf(m.ctl_self.domain, MSG_NAME_MAX, "alice.example.net");
		snprintf(m.ctl_self.name, MSG_NAME_MAX, "laptop.alice.example.net");
		m.ctl_self.enrolled = 1;
		m.ctl_self.ula[0] = 0xfd;
	} else if (row == 'M') {
		msg_begin(&m, MSG_CTL_MAPPING, 0);
	} else if (row == 'X') {
		msg_begin(&m, MSG_CTL_EXCHANGE, 0);
	} else if (row == 'D') {
		msg_begin(&m, MSG_CTL_DNS, 0);
	} else if (row == 'T') {
		msg_begin(&m, MSG_CTL_ROSTER, 0);
	} else if (row == 'P') {
		msg_begin(&m, MSG_CTL_PEER, 1);
		snprintf(m.ctl_peer.dns.name, MSG_NAME_MAX, "%s", name);
		m.ctl_peer.dns.ula[0] = 0xfd;
		m.ctl_peer.dns.ula[15] = (uint8_t)name[0];
	} else if (row == 'R') {
		msg_begin(&m, MSG_CTL_RESULT, 0);
	} else {
		msg_begin(&m, MSG_CTL_END, 0);
		m.ctl_end.peers = (uint32_t)(row - '0');
	}
	return snapshot_add(s, &m);
}

/* Rows as letters (P = a peer, digit = END with so many); the last one decides. */
static const struct {
	const char *rows;
	enum snapshot_progress last;
} orders[] = {
    {"SMDT0", SNAPSHOT_WHOLE},
    {"SMDTP1", SNAPSHOT_WHOLE},
    {"SMD0", SNAPSHOT_BROKEN},
    {"SMT", SNAPSHOT_BROKEN},
    {"SMDTPP2", SNAPSHOT_WHOLE},
    {"SMDTP1SMDT0", SNAPSHOT_WHOLE},
    {"SMDT", SNAPSHOT_MORE},
    {"S", SNAPSHOT_MORE},
    {"M", SNAPSHOT_BROKEN},
    {"D", SNAPSHOT_BROKEN},
    {"P", SNAPSHOT_BROKEN},
    {"0", SNAPSHOT_BROKEN},
    {"SD", SNAPSHOT_BROKEN},
    {"SS", SNAPSHOT_BROKEN},
    {"SMMM", SNAPSHOT_MORE},
    {"SMMXDT", SNAPSHOT_MORE},
    {"SX", SNAPSHOT_BROKEN},
    {"SMDM", SNAPSHOT_BROKEN},
    {"SMDX", SNAPSHOT_BROKEN},
    {"SMDTS", SNAPSHOT_BROKEN},
    {"SP", SNAPSHOT_BROKEN},
    {"SM0", SNAPSHOT_BROKEN},
    {"SMDTP0", SNAPSHOT_BROKEN},
    {"SMDT1", SNAPSHOT_BROKEN},
    {"SMDTPM", SNAPSHOT_BROKEN},
    {"SMDTR", SNAPSHOT_BROKEN},
    {"SMDT0P", SNAPSHOT_BROKEN},
};

static void
wants_order(void **state)
{
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		enum snapshot_progress progress = SNAPSHOT_MORE;

		s->seen = 0;
		for (const char *row = orders[i].rows; *row != '\0'; row++)
			progress = add(*row, "nas.alice.example.net");
		if (progress != orders[i].last)
			fail_msg("%s: %d", orders[i].rows, progress);
	}
}

static void
bounds_peers(void **state)
{
	s->seen = 0;
	add('S', NULL);
	add('M', NULL);
	add('D', NULL);
	add('T', NULL);
	for (int i = 0; i < MSG_PEERS_MAX; i++)
		assert_int_equal(add('P', "nas.alice.example.net"), SNAPSHOT_MORE);
	assert_int_equal(add('P', "nas.alice.example.net"), SNAPSHOT_BROKEN);
}

static void
three_peers(void)
{
	s->seen = 0;
	add('S', NULL);
	add('M', NULL);
	add('D', NULL);
	add('T', NULL);
	add('P', "phone.alice.example.net");
	add('P', "disk.nas.alice.example.net");
	add('P', "nas.alice.example.net");
	assert_int_equal(add('3', NULL), SNAPSHOT_WHOLE);
}

static void
sorts_by_name(void **state)
{
	three_peers();
	assert_string_equal(s->peer[0].dns.name, "disk.nas.alice.example.net");
	assert_string_equal(s->peer[1].dns.name, "nas.alice.example.net");
	assert_string_equal(s->peer[2].dns.name, "phone.alice.example.net");
}

static const struct {
	const char *who;
	enum snapshot_who found;
	const char *name;
} names[] = {
    {"nas", SNAPSHOT_PEER, "nas.alice.example.net"},
    {"NAS", SNAPSHOT_PEER, "nas.alice.example.net"},
    {"nas.alice.example.net", SNAPSHOT_PEER, "nas.alice.example.net"},
    {"nas.alice.example.net.", SNAPSHOT_PEER, "nas.alice.example.net"},
    {"disk.nas", SNAPSHOT_PEER, "disk.nas.alice.example.net"},
    {"fd00::70", SNAPSHOT_PEER, "phone.alice.example.net"},
    {"fd00:0:0:0:0:0:0:70", SNAPSHOT_PEER, "phone.alice.example.net"},
    {"fd00::71", SNAPSHOT_NOBODY, NULL},
    {"laptop", SNAPSHOT_SELF, NULL},
    {"laptop.alice.example.net", SNAPSHOT_SELF, NULL},
    {"fd00::", SNAPSHOT_SELF, NULL},
    {"nas.", SNAPSHOT_NOBODY, NULL},
    {"disk", SNAPSHOT_NOBODY, NULL},
    {"alice.example.net", SNAPSHOT_NOBODY, NULL},
    {"", SNAPSHOT_NOBODY, NULL},
};

static void
finds_peers(void **state)
{
	three_peers();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct msg_ctl_peer *peer = NULL;

		if (snapshot_find(s, names[i].who, &peer) != names[i].found)
			fail_msg("\"%s\"", names[i].who);
		if (names[i].found == SNAPSHOT_PEER)
			assert_string_equal(peer->dns.name, names[i].name);
		else
			assert_null(peer);
	}
}

static void
shortens_names(void **state)
{
	char out[MSG_NAME_MAX];

	three_peers();
	assert_string_equal(snapshot_short_name(s, "nas.alice.example.net", out), "nas");
	assert_string_equal(snapshot_short_name(s, "a.b.alice.example.net", out), "a.b");
	assert_string_equal(snapshot_short_name(s, "bob.example.org", out), "bob.example.org");
	assert_string_equal(snapshot_short_name(s, "alice.example.net", out), "alice.example.net");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wants_order),
	    cmocka_unit_test(bounds_peers),
	    cmocka_unit_test(sorts_by_name),
	    cmocka_unit_test(finds_peers),
	    cmocka_unit_test(shortens_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
