#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "identity/base64.h"
#include "identity/tsig_file.h"

#include <stdio.h>
#include <string.h>

/* RFC 4648 section 10. */
static void
test_base64(void **state)
{
	static const char *const cases[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
	    {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[BASE64_SIZE(6)];
		uint8_t back[6];
		size_t len = strlen(cases[i][0]);

		base64_encode((const uint8_t *)cases[i][0], len, text);
		assert_string_equal(text, cases[i][1]);
		assert_int_equal(base64_decode(text, back, sizeof back), len);
		assert_memory_equal(back, cases[i][0], len);
	}
}

static void
test_base64_refuses(void **state)
{
	static const char *const cases[] = {"Z", "Zg",
	    "Zg=", "Zg==Zg==", "Z===", "====", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zm9*", "=m9v",
	    "Zm=v", "Zm9vZm9vZm9v"};
	uint8_t out[6];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(base64_decode(cases[i], out, sizeof out), -1);
}

#define SECRET "MDEyMzQ1Njc4OWFiY2RlZg==" /* 0123456789abcdef */

static void
test_accepts(void **state)
{
	static const char *const texts[] = {
	    "key \"nas.example.org\" {\n\talgorithm hmac-sha256;\n\tsecret \"" SECRET "\";\n};\n",
	    "key nas.example.org. { secret " SECRET "; algorithm HMAC-SHA256; };",
	    "# from the admin\n// two\n/* three\n * lines */key NAS.Example.org{algorithm "
	    "\"hmac-sha256\";secret \"" SECRET "\";};# end",
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct tsig_file file;
		char why[MSG_TEXT_MAX] = "";

		assert_int_equal(tsig_file_parse(texts[i], strlen(texts[i]), &file, why), 0);
		assert_string_equal(why, "");
		assert_int_equal(file.keys, 1);
		assert_string_equal(file.key[0].name, "nas.example.org");
		assert_int_equal(file.key[0].algorithm, TSIG_HMAC_SHA256);
		assert_int_equal(file.key[0].secret_len, 16);
		assert_memory_equal(file.key[0].secret, "0123456789abcdef", 16);
	}
}

#define KEY(name) "key " name " { algorithm hmac-sha512; secret " SECRET "; };\n"

static void
test_several(void **state)
{
	static const char text[] = KEY("a.example") KEY("_b.example") KEY("c");
	struct tsig_file file;
	char why[MSG_TEXT_MAX];

	assert_int_equal(tsig_file_parse(text, strlen(text), &file, why), 0);
	assert_int_equal(file.keys, 3);
	assert_string_equal(file.key[1].name, "_b.example");
	assert_int_equal(file.key[2].algorithm, TSIG_HMAC_SHA512);
	assert_int_equal(tsig_file_parse("", 0, &file, why), 0);
	assert_int_equal(file.keys, 0);
}

static void
test_refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"zone x {};", "line 1: a key statement should begin here"},
	    {"\n\n{", "line 3: a key statement should begin here"},
	    {"key", "line 1: a key's name is a domain name"},
	    {"key \"\" {", "line 1: a key's name is a domain name"},
	    {"key \"a b\" {", "line 1: a key's name is a domain name"},
	    {"key ../x {", "line 1: a key's name is a domain name"},
	    {"key \"a\n\" {", "line 1: a key's name is a domain name"},
	    {"key a;", "line 1: \"{\" is missing"},
	    {"key a { algorithm hmac-md5; };",
		"line 1: the algorithm must be hmac-sha256, hmac-sha384 or hmac-sha512"},
	    {"key a {\nalgorithm hmac-sha256;\nalgorithm hmac-sha256;",
		"line 3: a key has one algorithm"},
	    {"key a { algorithm hmac-sha256 }", "line 1: \";\" is missing"},
	    {"key a { secret \"\";", "line 1: the secret must be 16 to 64 octets in base64"},
	    {"key a { secret \"hello\";", "line 1: the secret must be 16 to 64 octets in base64"},
	    {"key a { secret MDEyMzQ1Njc4OWFiY2Rl;", /* 15 */
		"line 1: the secret must be 16 to 64 octets in base64"},
	    {"key a { secret ;", "line 1: the secret must be 16 to 64 octets in base64"},
	    {"key a { secret " SECRET "; secret " SECRET ";", "line 1: a key has one secret"},
	    {"key a { };", "line 1: a key has an algorithm and a secret"},
	    {"key a { algorithm hmac-sha256; };", "line 1: a key has an algorithm and a secret"},
	    {"key a { secret " SECRET "; };", "line 1: a key has an algorithm and a secret"},
	    {"key a { file x;", "line 1: \"algorithm\", \"secret\" or \"}\" should stand here"},
	    {"key a { algorithm hmac-sha256; secret " SECRET "; }", "line 1: \";\" is missing"},
	    {"key a { algorithm hmac-sha256; secret " SECRET ";",
		"line 1: \"algorithm\", \"secret\" or \"}\" should stand here"},
	    {KEY("a") KEY("A."), "line 2: two keys have the same name"},
	    {KEY("a") "/* never closed\nkey", NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tsig_file file;
		char why[MSG_TEXT_MAX] = "";
		int rc = tsig_file_parse(cases[i].text, strlen(cases[i].text), &file, why);

		assert_int_equal(rc, cases[i].why == NULL ? 0 : -1);
		if (cases[i].why != NULL)
			assert_string_equal(why, cases[i].why);
	}
}

static void
test_limits(void **state)
{
	char text[TSIG_FILE_SIZE], secret[BASE64_SIZE(65)], why[MSG_TEXT_MAX];
	uint8_t octets[65] = {1};
	struct tsig_file file;
	size_t len = 0;

	for (int i = 0; i < TSIG_FILE_KEYS; i++)
		len += (size_t)sprintf(text + len, KEY("k%d"), i);
	assert_int_equal(tsig_file_parse(text, len, &file, why), 0);
	assert_int_equal(file.keys, TSIG_FILE_KEYS);
	len += (size_t)sprintf(text + len, KEY("one-more"));
	assert_int_equal(tsig_file_parse(text, len, &file, why), -1);
	for (int octet = 64; octet <= 65; octet++) {
		base64_encode(octets, (size_t)octet, secret);
		len = (size_t)sprintf(text, "key a { algorithm hmac-sha512; secret %s; };", secret);
		assert_int_equal(tsig_file_parse(text, len, &file, why), octet == 64 ? 0 : -1);
	}
	assert_int_equal(tsig_file_parse("key \"a\0b\" {", 11, &file, why), -1);
}

static void
test_print(void **state)
{
	struct tsig_key key = {
	    .name = "nas.alice.example.com", .algorithm = TSIG_HMAC_SHA384, .secret_len = 64};
	char text[TSIG_TEXT_MAX], why[MSG_TEXT_MAX];
	struct tsig_file file;
	size_t len;

	for (int i = 0; i < 64; i++)
		key.secret[i] = (uint8_t)(i * 7);
	len = tsig_key_print(&key, text);
	assert_int_equal(len, strlen(text));
	assert_int_equal(tsig_file_parse(text, len, &file, why), 0);
	assert_memory_equal(&file.key[0], &key, sizeof key);
	memset(key.name, 'a', 253); /* the longest name there is still fits */
	for (int i = 50; i < 253; i += 51)
		key.name[i] = '.';
	assert_true(tsig_key_print(&key, text) < TSIG_TEXT_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_base64_refuses),
	    cmocka_unit_test(test_accepts),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
