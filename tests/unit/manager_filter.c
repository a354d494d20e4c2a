/* What nft(8) is told, and what the configuration may say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "manager/filter.h"

#include <stdio.h>
#include <string.h>

static const uint8_t ula[16] = {0xfd, 1, [15] = 1};
static struct config c;
static char script[FILTER_SCRIPT_MAX];

static int
setup(void **state)
{
	config_defaults(&c);
	return 0;
}

#define HEAD                                                                                       \
	"table inet autotunnel\ndelete table inet autotunnel\ntable inet autotunnel {\n"           \
	"\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n"            \
	"\t\tmeta nfproto != ipv6 accept\n\t\tip6 daddr != fd01::1 accept\n\t\tiif lo accept\n"    \
	"\t\tiifname != \"at0\" meta ipsec missing counter drop\n"                                 \
	"\t\tct state established,related accept\n\t\tmeta l4proto ipv6-icmp accept\n"
#define TAIL "\t\tcounter reject with icmpv6 type admin-prohibited\n\t}\n}\n"

static void
expect(const struct filter_peer *peer, size_t peers, const char *rules)
{
	char want[4096];
	size_t len = filter_script(&c, ula, "at0", peer, peers, script);

	snprintf(want, sizeof want, HEAD "%s" TAIL, rules);
	assert_int_equal(len, strlen(want));
	assert_string_equal(script, want);
}

static void
test_default(void **state)
{
	expect(NULL, 0, "\t\ttcp dport 22-22 accept\n");
}

static void
test_lists(void **state)
{
	struct filter_peer peer[] = {{"nas", {0xfd, 1, [15] = 2}}, {"tv", {0xfd, 1, [15] = 3}}};

	assert_null(allow_parse(&c.allow_everyone, "none", 0));
	expect(peer, 2, "");
	assert_null(allow_parse(&c.allow_everyone, "udp/5000-5010  tcp/80 ssh", 0));
	assert_null(allow_parse(&c.allow_machines, "NAS:any pc:8080 tv:udp/ntp", 1));
	expect(peer, 2,
	    "\t\tudp dport 5000-5010 accept\n\t\ttcp dport 80-80 accept\n"
	    "\t\ttcp dport 22-22 accept\n\t\tip6 saddr fd01::2 accept\n"
	    "\t\tip6 saddr fd01::3 udp dport 123-123 accept\n");
	assert_null(allow_parse(&c.allow_everyone, "any", 0));
	assert_null(allow_parse(&c.allow_machines, "none", 1));
	expect(NULL, 0, "\t\taccept\n");
}

static void
test_wrong(void **state)
{
	static const char *const everyone[] = {"", " ", "sshh", "0", "65536", "80-", "80-70", "-80",
	    "tcp/", "sctp/80", "ssh;", "nas:ssh", "ssh none", "any } drop", "tcp/80\"", "8 0x50"};
	static const char *const machines[] = {"ssh", "nas:", ":ssh", "na_s:ssh", "nas.x:ssh",
	    "nas:ssh tv", "nas:ssh:22", "n\"as:ssh"};
	struct allow a;

	for (size_t i = 0; i < sizeof everyone / sizeof everyone[0]; i++)
		assert_non_null(allow_parse(&a, everyone[i], 0));
	for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
		assert_non_null(allow_parse(&a, machines[i], 1));
}

/* As many as the limits allow still make a script. */
static void
test_limits(void **state)
{
	struct filter_peer peer = {.label = "a", .ula = {0xfd}};
	char text[ALLOW_TEXT_MAX] = "";

	for (int i = 0; i < ALLOW_RULES_MAX; i++)
		strcat(text, "a:1-2 ");
	assert_null(allow_parse(&c.allow_machines, text, 1));
	assert_true(filter_script(&c, ula, "at0", &peer, 1, script) > 0);
	strcat(text, "a:1");
	assert_non_null(allow_parse(&c.allow_machines, text, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_default, setup),
	    cmocka_unit_test_setup(test_lists, setup),
	    cmocka_unit_test_setup(test_wrong, setup),
	    cmocka_unit_test_setup(test_limits, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
