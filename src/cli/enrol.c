#include "cli/enrol.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/cmd.h"
#include "cli/edit.h"
#include "cli/find_server.h"
#include "cli/server_keys.h"
#include "crypto/cert.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/records.h"
#include "identity/ula.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY_SEC 2
#define MACHINES_ASKED 4 /* to learn whose account a zone is */

/* One attempt at one server. */
struct attempt {
	struct enrol *e;
	struct talk talk;
	struct name host;
	char label[ROSTER_LABEL_MAX];
	uint8_t key[ROSTER_KEY_LEN];
	char (*listed)[MSG_NAME_MAX]; /* the machines in the zone */
	int listed_count;
};

int
enrol_find_servers(struct enrol *e)
{
	e->servers = e->id->servers;
	memcpy(e->server, e->id->server, sizeof e->server);
	if (e->servers == 0)
		e->servers = find_server(e->id->domain, e->server);
	if (e->servers > 0)
		return EXIT_OK;
	cmd_warn("the DNS does not say which name server takes updates for %s: name it with "
		 "--server ADDRESS",
	    e->id->domain);
	return EXIT_USAGE;
}

/* ---- what the zone's records say ---- */

/* Does the answer give this name an address that is not ours? */
static int
is_taken(struct attempt *a)
{
	const struct message *m = &a->talk.reply->message;
	const struct rr *rr;
	uint8_t addr[16];
	size_t pos = 0;

	while ((rr = message_next(m, &pos, SECTION_ANSWER, &a->host, TYPE_AAAA)) != NULL) {
		char text[ADDR_TEXT_MAX];

		if (rr_aaaa(m, rr, addr) == -1 || memcmp(addr, a->e->id->ula, sizeof addr) == 0)
			continue;
		talk_fail(&a->talk, TALK_TAKEN, "%.90s is already another machine (%s)",
		    a->e->id->name, ip6_text(addr, text));
		return 1;
	}
	return 0;
}

/* A machine that is off has no address, but it leaves a TXT record (records.h).  Whose name is
 * taken while it is off would have its records overwritten once it is back, and the other way
 * round. */
static enum talk_result
check_trace(struct attempt *a)
{
	struct question q = {.type = TYPE_TXT, .class = CLASS_IN};
	enum talk_result result;
	size_t pos = 0;

	if (records_service(&q.name, &a->host) == -1)
		return TALK_DONE;
	result = talk_ask(&a->talk, &q);
	if (result != TALK_DONE ||
	    message_next(&a->talk.reply->message, &pos, SECTION_ANSWER, &q.name, TYPE_TXT) == NULL)
		return result;
	return talk_fail(
	    &a->talk, TALK_TAKEN, "%.90s is already a machine, which is off", a->e->id->name);
}

/* 1 when the machine has an address of our account, -1 of another, 0 none. */
static int
account_of(struct attempt *a, const char *host)
{
	struct question q = {.type = TYPE_AAAA, .class = CLASS_IN};
	const struct message *m = &a->talk.reply->message;
	const struct rr *rr;
	uint8_t addr[16];
	size_t pos = 0;

	if (name_parse(&q.name, host) == -1 || talk_ask(&a->talk, &q) != TALK_DONE)
		return 0;
	rr = message_next(m, &pos, SECTION_ANSWER, &q.name, TYPE_AAAA);
	if (rr == NULL || rr_aaaa(m, rr, addr) == -1)
		return 0;
	return memcmp(addr, a->e->id->ula, ULA_PREFIX_LEN / 8) == 0 ? 1 : -1;
}

/* With a key that is not the phrase's and no roster, only the zone's machines can tell a wrong
 * phrase: their addresses begin like ours (ula.h). */
static enum talk_result
check_account(struct attempt *a)
{
	int other = 0;

	for (int i = 0; i < a->listed_count && i < MACHINES_ASKED; i++) {
		int whose = account_of(a, a->listed[i]);

		if (whose == 1)
			return TALK_DONE;
		other |= whose == -1;
	}
	if (!other)
		return TALK_DONE;
	return talk_fail(&a->talk, TALK_OTHER_ACCOUNT,
	    "the machines in %.64s are of another account: another phrase", a->e->id->domain);
}

static enum talk_result
read_listed(struct attempt *a)
{
	enum talk_result result;
	struct question q;
	size_t pos = 0;

	records_machines_question(&q, &a->talk.domain);
	result = talk_ask(&a->talk, &q);
	a->listed_count = 0;
	while (result == TALK_DONE && a->listed_count < MSG_PEERS_MAX &&
	    records_machines_next(
		&a->talk.reply->message, &pos, &a->talk.domain, a->listed[a->listed_count]))
		a->listed_count++;
	return result;
}

/* What speaks against this machine joining under this name? */
static enum talk_result
check_zone(struct attempt *a)
{
	struct question q = {.name = a->host, .type = TYPE_AAAA, .class = CLASS_IN};
	enum talk_result result = read_listed(a);

	if (result != TALK_DONE || a->e->replace)
		return result;
	if ((result = talk_ask(&a->talk, &q)) != TALK_DONE)
		return result;
	if (is_taken(a))
		return TALK_TAKEN;
	return a->e->known ? TALK_DONE : check_trace(a);
}

/* ---- the roster ---- */

/* An account that had machines before it had a roster lets them in until each of them has joined
 * again; one that never had any never does. */
static int
must_be_open(const struct attempt *a, const struct roster *r)
{
	if (r->serial != 0 && !r->open)
		return 0;
	for (int i = 0; i < a->listed_count; i++) {
		char label[MSG_NAME_MAX];

		snprintf(
		    label, sizeof label, "%.*s", (int)strcspn(a->listed[i], "."), a->listed[i]);
		if (roster_find_label(r, label) == NULL)
			return 1;
	}
	return 0;
}

static enum talk_result
change_roster(void *ctx, struct talk *t, struct roster *r)
{
	struct attempt *a = ctx;
	const struct roster_device *d = roster_find_label(r, a->label);
	unsigned generation = roster_generation(r, a->label, a->key);

	if (r->serial == 0 && a->e->foreign_key && !a->e->replace && check_account(a) != TALK_DONE)
		return TALK_OTHER_ACCOUNT;
	if (d != NULL && memcmp(d->key, a->key, ROSTER_KEY_LEN) != 0 && !a->e->replace)
		return talk_fail(t, TALK_TAKEN, "%.90s is already another machine of the account",
		    a->e->id->name);
	if (roster_add(r, a->label, a->key) == -1)
		return talk_fail(t, TALK_GONE,
		    "this machine's key was revoked, or the roster is full; to begin again, stop "
		    "the daemon and move its state away");
	a->e->generation = generation;
	r->open = (uint8_t)(a->e->fresh ? 0 : must_be_open(a, r));
	return TALK_DONE;
}

static int
add_records(void *ctx, struct talk *t, struct update *u)
{
	struct attempt *a = ctx;
	struct enrol *e = a->e;
	struct tsig_key key = e->id->tsig;
	int rc = 0;

	/* The first key stands with the identity; to derive it, a sealed account knows too little.
	 */
	e->server_took_key = !e->foreign_key && server_keys_taken(t);
	if (e->server_took_key && e->generation > 0)
		rc = account_device_tsig(e->account, e->id->name, e->generation, &key);
	if (rc == 0 && e->server_took_key)
		rc = server_keys_add(t, u, &key);
	crypto_wipe(&key, sizeof key);
	return rc == 0 ? records_enrol(u, &t->domain, &a->host) : -1;
}

static enum talk_result
try_server(struct attempt *a)
{
	struct edit edit = {.account = a->e->account,
	    .held = a->e->held,
	    .overwrite = a->e->fresh,
	    .change = change_roster,
	    .records = add_records,
	    .ctx = a};
	enum talk_result result = talk_find_zone(&a->talk);

	if (result == TALK_DONE)
		result = check_zone(a);
	return result == TALK_DONE ? edit_roster(&a->talk, &edit) : result;
}

static void
identify(struct attempt *a)
{
	const struct identity *id = a->e->id;
	struct cert_info info;

	if (name_parse(&a->host, id->name) == -1 ||
	    cert_read(id->cert.data, id->cert.len, &info) == -1)
		fatalx("%s has no certificate", id->name);
	roster_key(info.public_key, a->key);
	snprintf(a->label, sizeof a->label, "%.*s", (int)strcspn(id->name, "."), id->name);
}

enum talk_result
enrol_try(struct enrol *e, char why[MSG_TEXT_MAX])
{
	struct attempt a = {.e = e, .listed = calloc(MSG_PEERS_MAX, MSG_NAME_MAX)};
	enum talk_result result = TALK_LATER;

	if (a.listed == NULL)
		fatalx("out of memory");
	talk_begin(&a.talk, e->id->domain, e->key, why);
	identify(&a);
	for (int i = 0; i < e->servers && talk_may_change(result, 0); i++) {
		a.talk.server = &e->server[i];
		result = try_server(&a);
	}
	talk_end(&a.talk);
	free(a.listed);
	return result;
}

enum talk_result
enrol_wait(struct enrol *e, unsigned long wait_sec, int patient, char why[MSG_TEXT_MAX])
{
	uint64_t deadline = clock_boot_ms() + (uint64_t)wait_sec * 1000;
	char said[MSG_TEXT_MAX] = "";

	for (;;) {
		enum talk_result result = enrol_try(e, why);

		if (!talk_may_change(result, patient))
			return result;
		if (clock_boot_ms() + RETRY_SEC * 1000 > deadline)
			return result;
		if (strcmp(said, why) != 0)
			cmd_warn("%s; trying on", why);
		memcpy(said, why, sizeof said);
		sleep(RETRY_SEC);
	}
}

int
enrol_report(const struct identity *id, enum talk_result result, const char *why, int new_account)
{
	char text[ADDR_TEXT_MAX];

	printf("Machine: %s\nAddress: %s\nEnrolled: %s%s\n", id->name, ip6_text(id->ula, text),
	    result == TALK_DONE ? "yes" : "not yet: ", result == TALK_DONE ? "" : why);
	if (result == TALK_DONE)
		return EXIT_OK;
	if (new_account || result != TALK_LATER)
		cmd_warn(
		    "the name server must be given the account's keys; \"autotunnel zone dnsd %s "
		    "%.*s\" (or bind, or knot) prints them",
		    id->domain, (int)strcspn(id->name, "."), id->name);
	cmd_warn("\"autotunnel join %s\" on this machine finishes enrolling it", id->domain);
	return EXIT_OK;
}
