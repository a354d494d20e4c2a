/* Codes, requests and replies: what fits together is taken, nothing else is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "identity/invite.h"

#include <stdio.h>
#include <string.h>

#define PHRASE "scheme spot photo card baby mountain device kick cradle pact join borrow"

static struct account account;
static struct invite inviter, joiner;
static char code[INVITE_TEXT_MAX], why[MSG_TEXT_MAX];
static struct invite_request request;

static int
setup(void **state)
{
	uint8_t entropy[PHRASE_ENTROPY];

	if (phrase_decode(PHRASE, entropy, why) == -1 ||
	    account_derive("alice.example.com", entropy, &account) == -1)
		return -1;
	inviter = (struct invite) {.slot = 2, .expires_sec = 1764108000};
	if (endpoint_parse("192.0.2.53:53", 0, &inviter.server) == -1 ||
	    invite_make(&inviter, &account) == -1)
		return -1;
	invite_encode(&inviter, code);
	snprintf(request.label, sizeof request.label, "nas");
	memset(request.public_key, 7, sizeof request.public_key);
	return invite_decode(code, &joiner, why);
}

static void
test_code(void **state)
{
	char padded[INVITE_TEXT_MAX + 8];

	assert_int_equal(strncmp(code, "at1-", 4), 0);
	assert_int_equal(strlen(code),
	    strspn(code,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
		"uvwxyz0123456789-_"));
	assert_true(strlen(code) < 100);
	assert_memory_equal(&joiner, &inviter, sizeof joiner);
	assert_string_equal(joiner.tsig.name, "invite2._join.alice.example.com");
	snprintf(padded, sizeof padded, " \t%s\r\n", code);
	assert_int_equal(invite_decode(padded, &joiner, why), 0);
	assert_memory_equal(&joiner, &inviter, sizeof joiner);
}

static void
test_long_code(void **state)
{
	struct invite i = inviter, back;
	char text[INVITE_TEXT_MAX];

	memset(i.label, 'n', INVITE_LABEL_MAX - 1);
	i.pins = 1;
	memset(i.pin, 0xff, sizeof i.pin);
	assert_int_equal(endpoint_parse("[2001:db8::53]:853", 0, &i.server), 0);
	assert_true(invite_encode(&i, text) < INVITE_TEXT_MAX);
	assert_int_equal(invite_decode(text, &back, why), 0);
	assert_memory_equal(&back, &i, sizeof i);
}

/* Any one character changed, left out or doubled. */
static void
test_mistyped(void **state)
{
	size_t len = strlen(code);
	struct invite i;

	for (size_t at = 0; at < len; at++) {
		char text[INVITE_TEXT_MAX];

		snprintf(text, sizeof text, "%s", code);
		text[at] = text[at] == 'x' ? 'y' : 'x';
		assert_int_equal(invite_decode(text, &i, why), -1);
		snprintf(text, sizeof text, "%.*s%s", (int)at, code, code + at + 1);
		assert_int_equal(invite_decode(text, &i, why), -1);
	}
	assert_int_equal(invite_decode("", &i, why), -1);
	assert_int_equal(invite_decode("at1-", &i, why), -1);
	assert_int_equal(invite_decode("at1-AAAA", &i, why), -1);
	assert_int_equal(invite_decode(PHRASE, &i, why), -1);
	assert_non_null(strstr(why, "no invitation"));
}

static void
test_request(void **state)
{
	uint8_t data[INVITE_REQUEST_MAX];
	size_t len = invite_ask(&joiner, &request, data);
	struct invite_request got;
	struct invite other = inviter;

	assert_int_equal(invite_hear(&inviter, data, len, &got), 0);
	assert_memory_equal(&got, &request, sizeof got);
	assert_int_equal(invite_check(&inviter, &got), invite_check(&joiner, &request));
	assert_in_range(invite_check(&inviter, &got), 0, 999999);
	for (size_t i = 0; i < len; i++) {
		data[i] ^= 1;
		assert_int_equal(invite_hear(&inviter, data, len, &got), -1);
		data[i] ^= 1;
	}
	assert_int_equal(invite_hear(&inviter, data, len - 1, &got), -1);
	other.key[0] ^= 1;
	assert_int_equal(invite_hear(&other, data, len, &got), -1);
	/* Another key: another number. */
	got = request;
	got.public_key[0] ^= 1;
	assert_int_not_equal(invite_check(&inviter, &got), invite_check(&inviter, &request));
	/* A name that was given must be taken. */
	other = inviter;
	strcpy(other.label, "tv");
	assert_int_equal(invite_hear(&other, data, len, &got), -1);
	strcpy(other.label, "nas");
	assert_int_equal(invite_hear(&other, data, len, &got), 0);
}

static void
test_reply(void **state)
{
	uint8_t seed[ED25519_SEED_LEN] = {3}, sealed[INVITE_REPLY_MAX];
	struct invite_request r = request;
	struct identity id, got;
	size_t len;

	assert_int_equal(ed25519_public(seed, r.public_key), 0);
	assert_int_equal(
	    account_issue_key(&account, "nas.alice.example.com", 3, r.public_key, &id), 0);
	len = invite_seal(&inviter, &r, &id, sealed);
	assert_in_range(len, 400, INVITE_REPLY_MAX);
	assert_int_equal(invite_open(&joiner, &r, sealed, len, &got), 0);
	assert_string_equal(got.name, "nas.alice.example.com");
	assert_string_equal(got.domain, "alice.example.com");
	assert_memory_equal(&got.tsig, &id.tsig, sizeof id.tsig);
	assert_memory_equal(&got.cert, &id.cert, sizeof id.cert);
	assert_memory_equal(got.ula, id.ula, sizeof id.ula);
	for (size_t i = 0; i < len; i += 7) {
		sealed[i] ^= 1;
		assert_int_equal(invite_open(&joiner, &r, sealed, len, &got), -1);
		sealed[i] ^= 1;
	}
	assert_int_equal(invite_open(&joiner, &r, sealed, len - 1, &got), -1);
	assert_int_equal(invite_open(&joiner, &r, sealed, 5, &got), -1);
	/* For somebody else. */
	assert_int_equal(invite_open(&joiner, &request, sealed, len, &got), -1);
}

/* What the server may hold against the reply: names and keys are compared, not believed. */
static void
test_wrong_reply(void **state)
{
	uint8_t seed[ED25519_SEED_LEN] = {3}, sealed[INVITE_REPLY_MAX];
	struct invite_request r = request;
	struct identity id, got;
	size_t len;

	assert_int_equal(ed25519_public(seed, r.public_key), 0);
	assert_int_equal(
	    account_issue_key(&account, "tv.alice.example.com", 0, r.public_key, &id), 0);
	len = invite_seal(&inviter, &r, &id, sealed);
	assert_int_equal(invite_open(&joiner, &r, sealed, len, &got), -1);
	assert_int_equal(
	    account_issue_key(&account, "nas.alice.example.com", 0, request.public_key, &id), 0);
	len = invite_seal(&inviter, &r, &id, sealed);
	assert_int_equal(invite_open(&joiner, &r, sealed, len, &got), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_code),
	    cmocka_unit_test(test_long_code),
	    cmocka_unit_test(test_mistyped),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_wrong_reply),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
