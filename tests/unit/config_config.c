#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "config/keys.h"

static struct config c;
static struct config_error error;

static void
empty_is_valid(void **state)
{
	assert_int_equal(config_parse("x", "", &c, &error), 0);
	assert_int_equal(c.listen_port, 4500);
	assert_string_equal(c.interface, "at0");
	assert_int_equal(c.log, LOG_LEVEL_NOTICE);
	assert_int_equal(c.methods, NAT_METHOD_ALL);
	assert_int_equal(c.dns.servers, 0);
	assert_int_equal(c.external.family, 0);
}

/* "#" starts a comment only after white space. */
static void
hash_inside_a_word(void **state)
{
	assert_int_equal(config_parse("x", "[daemon]\r\n interface = vpn#0\n", &c, &error), -1);
	assert_string_equal(
	    error.text, "x:2: interface: letters, digits, \"-\", \"_\" and \".\" are expected");
	assert_int_equal(config_parse("x", "[daemon]\ninterface = vpn #0\n", &c, &error), 0);
	assert_string_equal(c.interface, "vpn");
}

static void
sections_and_lists(void **state)
{
	static const char text[] = "[daemon]\nlisten-port=40001 # behind\n"
				   "[mapping]\nmethods = upnp\nexternal = 203.0.113.9:4500\n"
				   "[account home]\nserver = 192.0.2.53, [2001:db8::53]:5353\n"
				   "transport = tls\ntls-port = 8853\ntls-name = ns.example.com\n"
				   "tls-ca = /etc/ca.pem\n"
				   "tls-pin = 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
				   " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ=\n"
				   "connect = always\n[daemon]\nlog = debug";

	assert_int_equal(config_parse("x", text, &c, &error), 0);
	assert_int_equal(c.listen_port, 40001);
	assert_int_equal(c.methods, NAT_METHOD_UPNP);
	assert_int_equal(c.external.port, 4500);
	assert_int_equal(c.dns.servers, 2);
	assert_int_equal(c.dns.server[0].port, 53);
	assert_int_equal(c.dns.server[1].port, 5353);
	assert_int_equal(c.dns.transport, DNS_TRANSPORT_TLS);
	assert_int_equal(c.dns.tls_port, 8853);
	assert_int_equal(c.dns.tls_pins, 2);
	assert_string_equal(c.dns.tls_pin[1], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ=");
	assert_string_equal(c.dns.tls_name, "ns.example.com");
	assert_string_equal(c.dns.tls_ca, "/etc/ca.pem");
	assert_int_equal(c.connect, CONNECT_ALWAYS);
	assert_int_equal(c.log, LOG_LEVEL_DEBUG);
}

static const struct {
	const char *text, *error;
} bad[] = {
    {"listen-port = 1", "f:1: \"listen-port\" stands before any [SECTION]"},
    {"[daemon]\nport = 1", "f:2: unknown key \"port\" in [daemon]"},
    {"[demon]", "f:1: unknown section [demon]"},
    {"[daemon", "f:1: \"]\" is missing"},
    {"[]", "f:1: unknown section []"},
    {"[daemon]\nlisten-port", "f:2: \"KEY = VALUE\" or \"[SECTION]\" is expected"},
    {"[daemon]\nlisten-port = 80", "f:2: listen-port: a number from 1024 to 65535 is expected"},
    {"[daemon]\nlisten-port = 4500x", "f:2: listen-port: a number from 1024 to 65535 is expected"},
    {"[daemon]\ninterface = a/b",
	"f:2: interface: letters, digits, \"-\", \"_\" and \".\" are expected"},
    {"[daemon]\ninterface = abcdefghijklmnop", "f:2: interface: too long"},
    {"[daemon]\nrun-dir = run", "f:2: run-dir: an absolute path is expected"},
    {"[daemon]\nlog = loud", "f:2: log: one of these is expected: error warning notice info debug"},
    {"[mapping]\nmethods =", "f:2: methods: methods, or none alone, are expected"},
    {"[mapping]\nmethods = none upnp", "f:2: methods: methods, or none alone, are expected"},
    {"[mapping]\nmethods = stun", "f:2: methods: pcp, natpmp, upnp or none is expected"},
    {"[mapping]\nexternal = 203.0.113.9", "f:2: external: auto or ADDRESS:PORT is expected"},
    {"[mapping]\ngateway = ::1", "f:2: gateway: auto or the router's IPv4 address is expected"},
    {"[account]\nserver = ns1.example",
	"f:2: server: auto or addresses (no names), each with an optional :PORT, are expected"},
    {"[account]\nserver = 1.2.3.4 1.2.3.5 1.2.3.6 1.2.3.7 1.2.3.8",
	"f:2: server: too many addresses"},
};

static void
errors(void **state)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(config_parse("f", bad[i].text, &c, &error), -1);
		assert_string_equal(error.text, bad[i].error);
	}
}

static char *
printed(const struct config *config)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	config_print(config, f);
	fclose(f);
	return text;
}

/* What is printed reads back as the same, key by key. */
static void
print_round_trip(void **state)
{
	static const char text[] =
	    "[daemon]\nlisten-port=40001\nlog=info\ndataplane=user\n"
	    "[mapping]\nmethods=none\nlifetime=600\ngateway=10.0.0.1\nexternal=[2001:db8::1]:9\n"
	    "[names]\nhosts-file=no\n[account]\nserver=192.0.2.1:99 ::2\nidle=0\n";
	struct config again;
	char *one, *two;

	memset(&c, 0, sizeof c);
	memset(&again, 0, sizeof again);
	assert_int_equal(config_parse("x", text, &c, &error), 0);
	one = printed(&c);
	assert_int_equal(config_parse("y", one, &again, &error), 0);
	two = printed(&again);
	assert_string_equal(one, two);
	assert_memory_equal(&c, &again, sizeof c);
	for (size_t i = 0; i < config_table.count; i++)
		assert_non_null(strstr(one, config_table.key[i].name));
	free(one);
	free(two);
}

static void
files(void **state)
{
	assert_int_equal(config_load("/nonexistent/autotunnel.conf", 0, &c, &error), 0);
	assert_int_equal(config_load("/nonexistent/autotunnel.conf", 1, &c, &error), -1);
	assert_non_null(strstr(error.text, "No such file"));
	assert_int_equal(config_load("/proc/self/exe", 1, &c, &error), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_is_valid),
	    cmocka_unit_test(hash_inside_a_word),
	    cmocka_unit_test(sections_and_lists),
	    cmocka_unit_test(errors),
	    cmocka_unit_test(print_round_trip),
	    cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
