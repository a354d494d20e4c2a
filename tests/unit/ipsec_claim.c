/* May this certificate have this name and this address? */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/claim.h"

#include <string.h>

static const uint8_t ula[16] = {0xfd, 1, 2, 3, [15] = 0xb};
static const uint8_t other[16] = {0xfd, 1, 2, 3, [15] = 0xc};

static struct claim
good(void)
{
	struct claim c = {.present = 1, .by_our_ca = 1, .in_time = 1, .has_name = 1, .ulas = 1};

	memcpy(c.ula, ula, 16);
	c.has_key = 1;
	memcpy(c.key, ula + 8, 8);
	return c;
}

static void
refused(struct claim c, const char *because)
{
	char why[MSG_TEXT_MAX] = "";

	assert_int_equal(claim_check(&c, "b.x.example", ula, why), -1);
	assert_non_null(strstr(why, because));
}

static void
test_all(void **state)
{
	char why[MSG_TEXT_MAX];
	struct claim c = good();

	assert_int_equal(claim_check(&c, "b.x.example", ula, why), 0);
	refused((struct claim) {0}, "no certificate");
	c.by_our_ca = 0;
	refused(c, "another CA");
	c = good();
	c.in_time = 0;
	refused(c, "not valid at this time");
	c = good();
	c.has_name = 0;
	refused(c, "the name b.x.example is not in its certificate");
	c = good();
	c.ulas = 0;
	refused(c, "no ULA");
	c.ulas = 2;
	refused(c, "more than one ULA");
	c = good();
	memcpy(c.ula, other, 16);
	refused(c, "is for ULA fd01:203::c, DNS says fd01:203::b");
	c = good();
	c.key[7] ^= 1;
	refused(c, "is not the one of its key");
	c = good();
	c.has_key = 0;
	refused(c, "is not the one of its key");
}

/* A name as long as they get still leaves a sentence. */
static void
test_long_name(void **state)
{
	char name[MSG_NAME_MAX], why[MSG_TEXT_MAX];
	struct claim c = good();

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	c.has_name = 0;
	assert_int_equal(claim_check(&c, name, ula, why), -1);
	assert_non_null(strstr(why, "is not in its certificate"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
