/*
 * What identity costs: deriving an account from its phrase (what each guess costs who tries
 * phrases), and a roster of 10, 100 and 1000 machines: its text, the records it stands in, and
 * signing, reading and asking it.  Lines of metric, unit, value, separated by tabs.
 */
#include "base/clock.h"
#include "dnsupdate/wire/roster_records.h"
#include "identity/account.h"
#include "identity/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DOMAIN "alice.example.com"
#define DERIVATIONS 7
#define ROUNDS 100

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
say(const char *metric, unsigned machines, const char *unit, double value)
{
	if (machines > 0)
		printf("%u machines: ", machines);
	printf("%s\t%s\t%.4g\n", metric, unit, value);
}

static int
compare(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

static void
measure_phrase(struct account *account)
{
	static const uint8_t entropy[PHRASE_ENTROPY] = {1, 2, 3};
	double took[DERIVATIONS];

	for (int i = 0; i < DERIVATIONS; i++) {
		double began = seconds();

		if (account_derive(DOMAIN, entropy, account) == -1)
			abort();
		took[i] = seconds() - began;
	}
	qsort(took, DERIVATIONS, sizeof took[0], compare);
	say("phrase to keys (Argon2id)", 0, "ms", 1e3 * took[DERIVATIONS / 2]);
}

static size_t
message_octets(const char *text, size_t len)
{
	static uint8_t room[MESSAGE_MAX];
	struct name domain;
	struct update u;

	if (name_parse(&domain, DOMAIN) == -1)
		abort();
	update_begin(&u, room, sizeof room, 1, &domain);
	if (roster_write(&u, &domain, text, len, NULL) == -1)
		abort();
	return update_finish(&u, NULL, 0);
}

static void
measure_roster(const struct account *account, unsigned machines)
{
	static char text[ROSTER_TEXT_MAX];
	uint8_t ca[ED25519_PUBLIC_LEN], key[ROSTER_KEY_LEN] = {0};
	struct roster r = {0}, read;
	char why[MSG_TEXT_MAX], label[ROSTER_LABEL_MAX];
	size_t len = 0;
	double began;

	for (unsigned i = 0; i < machines; i++) {
		snprintf(label, sizeof label, "machine-%u", i);
		memcpy(key, &i, sizeof i);
		if (roster_add(&r, label, key) != 1)
			abort();
	}
	began = seconds();
	for (int i = 0; i < ROUNDS; i++)
		if (roster_sign(&r, DOMAIN, account->ca_seed, 1764108000) == -1)
			abort();
	say("sign", machines, "us", 1e6 * (seconds() - began) / ROUNDS);
	len = roster_print(&r, text, sizeof text);
	say("roster", machines, "octets", (double)len);
	say("update that writes it", machines, "octets", (double)message_octets(text, len));
	if (ed25519_public(account->ca_seed, ca) == -1)
		abort();
	began = seconds();
	for (int i = 0; i < ROUNDS; i++) {
		if (roster_parse(&read, text, len, why) == -1 || !roster_verify(&read, DOMAIN, ca))
			abort();
		roster_free(&read);
	}
	say("read and verify", machines, "us", 1e6 * (seconds() - began) / ROUNDS);
	began = seconds();
	for (int i = 0; i < 1000 * ROUNDS; i++)
		if (roster_admits(&r, label, key, why) == -1)
			abort();
	say("ask about the last machine", machines, "us",
	    1e6 * (seconds() - began) / ROUNDS / 1000);
	roster_free(&r);
}

int
main(void)
{
	static const unsigned sizes[] = {10, 100, 1000};
	struct account account;

	measure_phrase(&account);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		measure_roster(&account, sizes[i]);
	account_wipe(&account);
	return 0;
}
