/* The file that remembers the other machines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "manager/recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "alice.example.com"

static const char *const good[] = {
    "nas.alice.example.com fd12:3456:789a::1 37 1795312345 2 1 linux 10/0/[2001:db8::1]:4500 "
    "20/5/192.0.2.1:4501",
    "tv.alice.example.com - 0 0 0 0 -",
};
static char dir[] = "/tmp/recall.XXXXXX";

static void
test_lines(void **state)
{
	char text[RECALL_LINE_MAX];
	struct msg_dns_peer p;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(recall_parse(good[i], DOMAIN, &p), 0);
		assert_int_equal(recall_print(&p, text), strlen(good[i]));
		assert_string_equal(text, good[i]);
	}
	assert_int_equal(recall_parse(good[0], DOMAIN, &p), 0);
	assert_int_equal(p.present, 1);
	assert_int_equal(p.contacts, 2);
	assert_int_equal(p.contact[1].priority, 20);
	assert_int_equal(p.contact[1].weight, 5);
	assert_int_equal(p.contact[1].port, 4501);
	assert_string_equal(p.os, "linux");
}

/* The longest names, addresses and numbers there are. */
static void
test_longest(void **state)
{
	struct msg_dns_peer p = {.hdr.type = MSG_DNS_PEER, .present = 1}, again;
	char text[RECALL_LINE_MAX], domain[] = "a.example";

	p.epoch = p.expires_sec = UINT64_MAX;
	p.nat = NAT_KIND_MAX - 1;
	p.inbound = INBOUND_MAX - 1;
	p.contacts = MSG_CONTACTS_MAX;
	memset(p.os, 'x', sizeof p.os - 1);
	memset(p.ula, 0xfd, sizeof p.ula);
	memset(p.name, 'a', 253);
	for (int i = 60; i < 240; i += 60)
		p.name[i] = '.';
	memcpy(p.name + 253 - strlen(domain) - 1, ".a.example", strlen(domain) + 1);
	for (int i = 0; i < MSG_CONTACTS_MAX; i++) {
		p.contact[i] = (struct endpoint) {
		    .family = 6, .port = UINT16_MAX, .priority = UINT16_MAX, .weight = UINT16_MAX};
		memset(p.contact[i].addr, 0x2e, 16);
		p.contact[i].addr[15] = (uint8_t)i;
	}
	assert_in_range(recall_print(&p, text), 700, sizeof text - 1);
	assert_int_equal(recall_parse(text, domain, &again), 0);
	assert_memory_equal(&p, &again, sizeof p);
}

/* A word of the peer's own must not become several of ours. */
static void
test_os_of_many_words(void **state)
{
	struct msg_dns_peer p, again;
	char text[RECALL_LINE_MAX];

	assert_int_equal(recall_parse(good[1], DOMAIN, &p), 0);
	strcpy(p.os, "x 1/0/192.0.2.66:1");
	recall_print(&p, text);
	assert_int_equal(recall_parse(text, DOMAIN, &again), 0);
	assert_int_equal(again.contacts, 0);
	assert_string_equal(again.os, "");
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", " ", "nas.alice.example.com",
	    "nas.bob.example.com - 0 0 0 0 -", "nas.alice.example.com 2001:db8::1 0 0 0 0 -",
	    "nas.alice.example.com - -1 0 0 0 -", "nas.alice.example.com - 00 0 0 0 -",
	    "nas.alice.example.com - 0 0 256 0 -", "nas.alice.example.com - 0 0 99 0 -",
	    "nas.alice.example.com - 0 0 0 9 -", "nas.alice.example.com - 0 0 0 0",
	    "nas.alice.example.com - 0 0 0 0 - ", "nas.alice.example.com  - 0 0 0 0 -",
	    "nas.alice.example.com - 0 0 0 0 - 192.0.2.1:1",
	    "nas.alice.example.com - 0 0 0 0 - 1/0/127.0.0.1:x",
	    "nas.alice.example.com - 0 0 0 0 - 1/0/192.0.2.1",
	    "nas.alice.example.com - 0 0 0 0 - 70000/0/192.0.2.1:1",
	    "nas.alice.example.com - 0 0 0 0 - 1/0/192.0.2.1:1 1/0/192.0.2.1:2 "
	    "1/0/192.0.2.1:3 1/0/192.0.2.1:4 1/0/192.0.2.1:5 1/0/192.0.2.1:6 1/0/192.0.2.1:7 "
	    "1/0/192.0.2.1:8 1/0/192.0.2.1:9"};
	struct msg_dns_peer p;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (recall_parse(bad[i], DOMAIN, &p) != -1)
			fail_msg("accepted: %s", bad[i]);
}

static void
test_differs(void **state)
{
	struct msg_dns_peer a, b;

	assert_int_equal(recall_parse(good[0], DOMAIN, &a), 0);
	b = a;
	b.epoch++;
	b.expires_sec += 5400;
	assert_int_equal(recall_differs(&a, &b), 0);
	b.contact[1].port++;
	assert_int_not_equal(recall_differs(&a, &b), 0);
}

/* ---- the file ---- */

static unsigned learnt;

static void
learn(void *ctx, const struct msg_dns_peer *peer)
{
	char text[RECALL_LINE_MAX];

	recall_print(peer, text);
	assert_string_equal(text, good[learnt++]);
}

static void
write_file(const char *text)
{
	char path[64];

	snprintf(path, sizeof path, "%s/peers", dir);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

static unsigned
load(const char *domain)
{
	learnt = 0;
	recall_load(dir, domain, learn, NULL);
	return learnt;
}

static void
test_file(void **state)
{
	struct msg_dns_peer p[2];
	const struct msg_dns_peer *const list[] = {&p[0], &p[1]};
	char path[64], text[1024];
	struct stat st;

	assert_int_equal(load(DOMAIN), 0); /* none yet */
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(recall_parse(good[i], DOMAIN, &p[i]), 0);
	assert_int_equal(recall_save(dir, DOMAIN, list, 2), 0);
	snprintf(path, sizeof path, "%s/peers", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(load(DOMAIN), 2);
	assert_int_equal(load("bob.example.com"), 0);
	/* a damaged line costs one machine, a damaged beginning all */
	snprintf(text, sizeof text, "domain " DOMAIN "\nrubbish\n%s\n%.20s", good[0], good[1]);
	write_file(text);
	assert_int_equal(load(DOMAIN), 1);
	write_file(good[0]);
	assert_int_equal(load(DOMAIN), 0);
	unlink(path);
	assert_int_equal(recall_save("/nonexistent", DOMAIN, list, 2), -1);
}

static int
set_up(void **state)
{
	log_set_level(LOG_LEVEL_ERROR);
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_os_of_many_words),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_differs),
	    cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
