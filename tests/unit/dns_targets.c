/* The order in which servers are tried. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/client/targets.h"

#include <string.h>

static uint32_t dice;

static uint32_t throw(uint32_t range)
{
	assert_true(range > 0);
	return dice % range;
}

static void
add(struct targets *t, enum target_kind kind, const char *host, uint16_t port, uint16_t priority,
    uint16_t weight)
{
	struct srv srv = {.port = port, .priority = priority, .weight = weight};

	assert_int_equal(name_parse(&srv.target, host), 0);
	targets_add(t, kind, &srv);
}

static void
address(struct targets *t, const char *host, const char *text)
{
	struct endpoint ep;

	assert_int_equal(endpoint_parse(text, 1, &ep), 0);
	targets_address(t, host, &ep);
}

/* The servers in order, as one line. */
static const char *
order(const struct targets *t, int llq, unsigned max)
{
	static char line[512];
	struct dns_server s[MSG_KNOWN_MAX];
	unsigned n = targets_order(t, llq, throw, s, max);
	char text[ENDPOINT_TEXT_MAX];

	line[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		strcat(line, i > 0 ? " " : "");
		strcat(line, s[i].tls ? "tls:" : "");
		strcat(line, endpoint_text(&s[i].ep, text));
	}
	return line;
}

static void
test_order(void **state)
{
	struct targets t = {0};

	add(&t, TARGET_PLAIN, "a.example", 53, 0, 0);
	add(&t, TARGET_TLS, "b.example", 853, 10, 0);
	add(&t, TARGET_TLS, "a.example", 853, 5, 0);
	add(&t, TARGET_LLQ, "a.example", 5352, 0, 0);
	address(&t, "a.example", "192.0.2.1");
	address(&t, "a.example", "192.0.2.2");
	address(&t, "a.example", "2001:db8::1");
	address(&t, "b.example", "192.0.2.9");
	address(&t, "c.example", "192.0.2.10");
	assert_string_equal(order(&t, 0, 8),
	    "tls:[2001:db8::1]:853 tls:192.0.2.1:853 tls:192.0.2.2:853 tls:192.0.2.9:853"
	    " [2001:db8::1]:53 192.0.2.1:53 192.0.2.2:53");
	assert_string_equal(order(&t, 0, 2), "tls:[2001:db8::1]:853 tls:192.0.2.1:853");
	assert_string_equal(order(&t, 1, 8), "[2001:db8::1]:5352 192.0.2.1:5352 192.0.2.2:5352");
	assert_true(targets_have(&t, TARGET_TLS));
}

/* Weight: of equals, each is first as often as its weight says. */
static void
test_weight(void **state)
{
	unsigned first[2] = {0};
	struct targets t = {0};

	add(&t, TARGET_TLS, "a.example", 853, 0, 9);
	add(&t, TARGET_TLS, "b.example", 853, 0, 29);
	add(&t, TARGET_TLS, "c.example", 853, 1, 65535);
	address(&t, "a.example", "192.0.2.1");
	address(&t, "b.example", "192.0.2.2");
	address(&t, "c.example", "192.0.2.3");
	for (dice = 0; dice < 40; dice++) {
		const char *line = order(&t, 0, 8);

		first[strncmp(line, "tls:192.0.2.2", 13) == 0]++;
		assert_non_null(strstr(line, " tls:192.0.2.3:853"));
	}
	assert_int_equal(first[0], 10);
	assert_int_equal(first[1], 30);
}

static void
test_refused(void **state)
{
	struct targets t = {0};

	add(&t, TARGET_TLS, "a.example", 0, 0, 0);
	add(&t, TARGET_TLS, ".", 853, 0, 0);
	assert_int_equal(t.count, 0);
	add(&t, TARGET_TLS, "a.example", 853, 0, 0);
	add(&t, TARGET_TLS, "a.example", 853, 7, 0);
	assert_int_equal(t.count, 1);
	/* inside the tunnel, multicast, unspecified, this network */
	address(&t, "a.example", "fd00::1");
	address(&t, "a.example", "ff02::1");
	address(&t, "a.example", "::");
	address(&t, "a.example", "0.0.0.0");
	address(&t, "a.example", "224.0.0.1");
	address(&t, "a.example", "255.255.255.255");
	assert_string_equal(order(&t, 0, 8), "");
	/* the same address twice, and more than there is room for */
	for (int i = 0; i < 6; i++) {
		address(&t, "a.example", "192.0.2.1");
		address(&t, "a.example", "2001:db8::1");
	}
	assert_string_equal(order(&t, 0, 8), "tls:[2001:db8::1]:853 tls:192.0.2.1:853");
	for (int i = 0; i < 20; i++) {
		char host[16] = {(char)('b' + i), '.', 'x'};

		add(&t, TARGET_PLAIN, host, 53, 0, 0);
	}
	assert_int_equal(t.count, TARGETS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_weight),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
