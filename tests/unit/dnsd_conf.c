#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/conf.h"

static struct conf conf;
static struct config_error error;

static int
parse(const char *text)
{
	conf_free(&conf);
	error.text[0] = '\0';
	return conf_parse("x.conf", text, &conf, &error);
}

static void
defaults(void **state)
{
	assert_int_equal(parse(""), 0);
	assert_int_equal(conf.listen.count, 4);
	assert_int_equal(conf.listen.at[0].port, 53);
	assert_int_equal(conf.lease_min, 1800);
	assert_int_equal(conf.lease_max, 7200);
	assert_null(conf.zones);
}

static void
zones_and_keys(void **state)
{
	assert_int_equal(parse("[server]\nlisten = 127.0.0.1:5353\n"
			       "[zone B.example] # upper case\naccount-key = hmac-sha256:k:c2Vj\n"
			       "device-key = hmac-sha256:a.b.example:c2Vj\n"
			       "device-key = hmac-sha256:c.b.example:c2Vj\nprivate = yes\n"
			       "[zone a.example]\naddress = 192.0.2.1 2001:db8::1\n"),
	    0);
	assert_string_equal(conf.zones->name, "b.example");
	assert_true(conf.zones->is_private);
	assert_string_equal(conf.zones->account_key->text, "hmac-sha256:k:c2Vj");
	assert_non_null(conf.zones->device_key->next);
	assert_null(conf.zones->transfer_key);
	assert_string_equal(conf.zones->next->name, "a.example");
	assert_int_equal(conf.zones->next->address.count, 2);
}

static void
says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"listen = 1.2.3.4\n", "x.conf:1: \"listen\" stands before any [SECTION]"},
	    {"[server]\nport = 53\n", "x.conf:2: unknown key \"port\" in [server]"},
	    {"[servers]\n",
		"x.conf:1: unknown section [servers]: there are [server] and [zone NAME]"},
	    {"[server\n", "x.conf:1: \"]\" is missing"},
	    {"[server]\nlisten\n", "x.conf:2: \"KEY = VALUE\" or \"[SECTION]\" is expected"},
	    {"[server]\nlisten = ns.example\n",
		"x.conf:2: listen: none or addresses (no names), each with an optional :PORT, are "
		"expected"},
	    {"[server]\nlease-min = -1\n",
		"x.conf:2: lease-min: a number from 1 to 604800 is expected"},
	    {"[server]\nlog = loud\n",
		"x.conf:2: log: one of these is expected: error warning notice info debug"},
	    {"[server]\nstate-dir = here\n", "x.conf:2: state-dir: an absolute path is expected"},
	    {"[server]\nlease-min = 3000\nlease-max = 2000\n",
		"x.conf:3: lease-min is above lease-max"},
	    {"[zone a..b]\n", "x.conf:1: [zone a..b]: a domain name without final dot is expected"},
	    {"[zone a.b]\n[zone A.b]\n", "x.conf:2: [zone A.b] stands here twice"},
	    {"[zone a.b]\naccount-key = secret\n",
		"x.conf:2: account-key: ALGORITHM:NAME:SECRET is expected"},
	    {"[zone a]\nnotify = 192.0.2.1 192.0.2.2 key\n",
		"x.conf:2: notify: \"key\" stands behind an address and before a key's name"},
	    {"[zone a]\nnotify = key t.a 192.0.2.1\n",
		"x.conf:2: notify: \"key\" stands behind an address and before a key's name"},
	    {"[zone a]\nnotify = 192.0.2.1 key t#a\n",
		"x.conf:2: notify: \"key\" stands behind an address and before a key's name"},
	    {"[zone a]\nnotify = 192.0.2.1 t.a\n",
		"x.conf:2: notify: none or addresses (no names), each with an optional :PORT and "
		"\"key NAME\", are expected"},
	    {"[zone a]\naccount-key=#a:b:c\n",
		"x.conf:2: account-key: ALGORITHM:NAME:SECRET without blanks or # is expected"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(parse(cases[i].text), -1);
		assert_string_equal(error.text, cases[i].says);
	}
}

static char *
printed(size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	conf_print(&conf, out);
	fclose(out);
	return text;
}

static void
what_is_printed_reads_back(void **state)
{
	char *first, *second;
	size_t len;

	assert_int_equal(parse("[server]\nlisten = 127.0.0.1:5353 [::1]:54\nrate-limit = 0\n"
			       "[zone a.example]\naccount-key = hmac-sha256:k:c2Vj\n"
			       "device-key = hmac-sha512:x.a.example:c2Vj\naddress = ::1\n"
			       "notify = 192.0.2.1 key t.a.example ::1 [::1]:54 key u.a.example\n"),
	    0);
	first = printed(&len);
	assert_int_equal(parse(first), 0);
	second = printed(&len);
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "device-key = hmac-sha512:x.a.example:c2Vj\n"));
	assert_non_null(strstr(
	    first, "notify = 192.0.2.1:53 key t.a.example [::1]:53 [::1]:54 key u.a.example\n"));
	free(first);
	free(second);
}

static int
teardown(void **state)
{
	conf_free(&conf);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(zones_and_keys),
	    cmocka_unit_test(says_what_is_wrong),
	    cmocka_unit_test(what_is_printed_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
