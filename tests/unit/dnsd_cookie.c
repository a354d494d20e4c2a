/* The examples of RFC 9018 appendix A. */
#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/net/cookie.h"

static enum cookie
check(const char *secret, const char *cookie, const char *address, uint32_t now,
    uint8_t out[COOKIE_LEN])
{
	struct question q = {.name = name_of("example.com"), .type = TYPE_A, .class = CLASS_IN};
	uint8_t octets[16], message[256], option[64] = {0, OPTION_COOKIE, 0, 0};
	union socket_address from = {0};
	struct buf b = buf_writer(message, sizeof message);
	struct siphash_key key;
	struct message m;

	option[3] = (uint8_t)from_hex(cookie, option + 4, sizeof option - 4);
	from_hex(secret, octets, sizeof octets);
	siphash_key_from(&key, octets);
	if (strchr(address, ':') == NULL) {
		from.in.sin_family = AF_INET;
		assert_int_equal(inet_pton(AF_INET, address, &from.in.sin_addr), 1);
	} else {
		from.in6.sin6_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, address, &from.in6.sin6_addr), 1);
	}
	query_build(&b, 1, &q, 0);
	b.pos -= 11;
	b.data[11] = 0;
	message_put_edns(&b, option, 4 + option[3]);
	assert_int_equal(message_parse(&m, message, b.pos), 0);
	return cookie_check(&key, &m, &from, now, out);
}

static void
check_is(const uint8_t *out, const char *hex)
{
	uint8_t want[COOKIE_LEN];

	assert_int_equal(from_hex(hex, want, sizeof want), COOKIE_LEN);
	assert_memory_equal(out, want, COOKIE_LEN);
}

#define SECRET "e5e973e5a6b2a43f48e7dc849e37bfcf"

static void
learning_a_new_cookie(void **state)
{
	uint8_t out[COOKIE_LEN];

	assert_int_equal(
	    check(SECRET, "2464c4abcf10c957", "198.51.100.100", 1559731985, out), COOKIE_NEW);
	check_is(out, "2464c4abcf10c957010000005cf79f111f8130c3eee29480");
}

static void
the_same_cookie_half_an_hour_long(void **state)
{
	static const char cookie[] = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
	uint8_t out[COOKIE_LEN];

	assert_int_equal(
	    check(SECRET, cookie, "198.51.100.100", 1559731985 + 1799, out), COOKIE_GOOD);
	check_is(out, cookie);
	assert_int_equal(check(SECRET, cookie, "198.51.100.100", 1559734385, out), COOKIE_GOOD);
	check_is(out, "2464c4abcf10c957010000005cf7a871d4a564a1442aca77");
	assert_int_equal(
	    check(SECRET, cookie, "198.51.100.100", 1559731985 + 3601, out), COOKIE_NEW);
	assert_int_equal(
	    check(SECRET, cookie, "198.51.100.100", 1559731985 - 301, out), COOKIE_NEW);
	assert_int_equal(check(SECRET, cookie, "198.51.100.101", 1559731985, out), COOKIE_NEW);
	assert_int_equal(
	    check("00e973e5a6b2a43f48e7dc849e37bfcf", cookie, "198.51.100.100", 1559731985, out),
	    COOKIE_NEW);
}

static void
over_ipv6(void **state)
{
	uint8_t out[COOKIE_LEN];

	assert_int_equal(check("dd3bdf9344b678b185a6f5cb60fca715", "22681ab97d52c298",
			     "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741817, out),
	    COOKIE_NEW);
	check_is(out, "22681ab97d52c298010000005cf7c57926556bd0934c72f8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(learning_a_new_cookie),
	    cmocka_unit_test(the_same_cookie_half_an_hour_long),
	    cmocka_unit_test(over_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
