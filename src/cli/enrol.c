#include "cli/enrol.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/cmd.h"
#include "cli/exchange.h"
#include "cli/find_server.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/records.h"
#include "identity/ula.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RETRY_SEC 2
#define MACHINES_ASKED 4 /* to learn whose account a zone is */
#define WHAT_MAX (MSG_TEXT_MAX - ENDPOINT_TEXT_MAX)

/* One attempt at one server. */
struct attempt {
	const struct enrol *e;
	const struct endpoint *server;
	struct name domain, host;
	struct name zone; /* the domain, or what it is a part of */
	struct exchange_reply *reply; /* the last one */
	char *why;
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

static enum enrol_result
later(struct attempt *a, const char *what)
{
	char text[ENDPOINT_TEXT_MAX];

	snprintf(
	    a->why, MSG_TEXT_MAX, "%s %.*s", endpoint_text(a->server, text), WHAT_MAX - 1, what);
	return ENROL_LATER;
}

static uint16_t
random_id(void)
{
	uint16_t id;

	crypto_random(&id, sizeof id);
	return id;
}

/* What anything but an answer means. */
static enum enrol_result
explain_silence(struct attempt *a)
{
	char what[WHAT_MAX];

	switch (a->reply->result) {
	case EXCHANGE_BAD_SIG:
		later(a, "knows the key with another secret: another phrase, or an old key there");
		return ENROL_WRONG_SECRET;
	case EXCHANGE_BAD_KEY:
		snprintf(what, sizeof what, "does not know the key %.64s", a->e->key->name);
		later(a, what);
		return ENROL_NO_KEY;
	case EXCHANGE_CLOCK:
		snprintf(what, sizeof what, "says that this clock is wrong by %" PRId64 " seconds",
		    a->reply->skew_sec);
		return later(a, what);
	case EXCHANGE_UNSIGNED:
		snprintf(what, sizeof what, "refuses, without signature (%s)",
		    rcode_text(a->reply->rcode));
		return later(a, what);
	default:
		return later(a, "does not answer");
	}
}

/* What the answer to our update means. */
static enum enrol_result
explain_rcode(struct attempt *a)
{
	char what[WHAT_MAX];

	switch (a->reply->rcode) {
	case RCODE_NOERROR:
		return ENROL_DONE;
	case RCODE_REFUSED:
		return later(a, "knows the key, but does not let it write");
	case RCODE_NOTAUTH:
		return later(a, "is not the primary server of this domain");
	case RCODE_NOTIMP:
		return later(a, "does not take updates");
	default:
		snprintf(
		    what, sizeof what, "did not take the update (%s)", rcode_text(a->reply->rcode));
		return later(a, what);
	}
}

/* Ask a question; ENROL_DONE when it is answered. */
static enum enrol_result
ask(struct attempt *a, const struct question *q)
{
	uint8_t room[EXCHANGE_REQUEST_MAX];
	struct buf b = buf_writer(room, sizeof room);

	if (query_build(&b, random_id(), q, 0) == -1)
		return later(a, "cannot be asked: the name is too long");
	exchange(&b, a->e->key, a->server, a->reply);
	return a->reply->result == EXCHANGE_ANSWERED ? ENROL_DONE : explain_silence(a);
}

/* Does the answer give this name an address that is not ours? */
static int
is_taken(struct attempt *a)
{
	const struct message *m = &a->reply->message;
	const struct rr *rr;
	uint8_t addr[16];
	size_t pos = 0;

	while ((rr = message_next(m, &pos, SECTION_ANSWER, &a->host, TYPE_AAAA)) != NULL) {
		char text[ADDR_TEXT_MAX];

		if (rr_aaaa(m, rr, addr) == -1 || memcmp(addr, a->e->id->ula, sizeof addr) == 0)
			continue;
		snprintf(a->why, MSG_TEXT_MAX, "%.90s is already another machine (%s)",
		    a->e->id->name, ip6_text(addr, text));
		return 1;
	}
	return 0;
}

/* A machine that is off has no address, but it leaves a TXT record (records.h).  Whose name is
 * taken while it is off would have its records overwritten once it is back, and the other way
 * round. */
static enum enrol_result
check_trace(struct attempt *a)
{
	struct question q = {.type = TYPE_TXT, .class = CLASS_IN};
	enum enrol_result result;
	size_t pos = 0;

	if (records_service(&q.name, &a->host) == -1)
		return ENROL_DONE;
	result = ask(a, &q);
	if (result != ENROL_DONE ||
	    message_next(&a->reply->message, &pos, SECTION_ANSWER, &q.name, TYPE_TXT) == NULL)
		return result;
	snprintf(a->why, MSG_TEXT_MAX, "%.90s is already a machine, which is off", a->e->id->name);
	return ENROL_TAKEN;
}

/* 1 when the machine has an address of our account, -1 of another, 0 none. */
static int
account_of(struct attempt *a, const char *host)
{
	struct question q = {.type = TYPE_AAAA, .class = CLASS_IN};
	const struct rr *rr;
	uint8_t addr[16];
	size_t pos = 0;

	if (name_parse(&q.name, host) == -1 || ask(a, &q) != ENROL_DONE)
		return 0;
	rr = message_next(&a->reply->message, &pos, SECTION_ANSWER, &q.name, TYPE_AAAA);
	if (rr == NULL || rr_aaaa(&a->reply->message, rr, addr) == -1)
		return 0;
	return memcmp(addr, a->e->id->ula, ULA_PREFIX_LEN / 8) == 0 ? 1 : -1;
}

/* With a key that is not the phrase's, only the zone's machines can tell a wrong phrase: their
 * addresses begin like ours (ula.h). */
static enum enrol_result
check_account(struct attempt *a)
{
	char host[MACHINES_ASKED][MSG_NAME_MAX];
	enum enrol_result result;
	struct question q;
	int hosts = 0, other = 0;
	size_t pos = 0;

	records_machines_question(&q, &a->domain);
	result = ask(a, &q);
	if (result != ENROL_DONE)
		return result;
	while (hosts < MACHINES_ASKED &&
	    records_machines_next(&a->reply->message, &pos, &a->domain, host[hosts]))
		hosts++;
	for (int i = 0; i < hosts; i++) {
		int whose = account_of(a, host[i]);

		if (whose == 1)
			return ENROL_DONE;
		other |= whose == -1;
	}
	if (!other)
		return ENROL_DONE;
	snprintf(a->why, MSG_TEXT_MAX,
	    "the machines in %.64s are of another account: another phrase", a->e->id->domain);
	return ENROL_OTHER_ACCOUNT;
}

/* An update names the zone (RFC 2136 section 3.1.1), and the domain may be a part of a larger one.
 * Where the server does not say, its answer to the update will tell what is wrong. */
static enum enrol_result
find_zone(struct attempt *a)
{
	struct question q = {.name = a->domain, .type = TYPE_SOA, .class = CLASS_IN};
	enum enrol_result result = ask(a, &q);
	struct soa soa;

	if (result != ENROL_DONE ||
	    message_zone(&a->reply->message, &a->domain, &a->zone, &soa) == -1)
		a->zone = a->domain;
	return result;
}

/* What speaks against this machine joining under this name? */
static enum enrol_result
check_zone(struct attempt *a)
{
	struct question q = {.name = a->host, .type = TYPE_AAAA, .class = CLASS_IN};
	enum enrol_result result = ask(a, &q);

	if (result != ENROL_DONE || a->e->replace)
		return result;
	if (is_taken(a))
		return ENROL_TAKEN;
	if (!a->e->known && (result = check_trace(a)) != ENROL_DONE)
		return result;
	return a->e->foreign_key ? check_account(a) : ENROL_DONE;
}

static enum enrol_result
update(struct attempt *a)
{
	uint8_t room[EXCHANGE_REQUEST_MAX];
	struct update u;

	update_begin(&u, room, sizeof room, random_id(), &a->zone);
	if (records_enrol(&u, &a->domain, &a->host) == -1 || update_finish(&u, NULL, 0) == 0)
		return later(a, "cannot be told: the name is too long");
	exchange(&u.b, a->e->key, a->server, a->reply);
	return a->reply->result == EXCHANGE_ANSWERED ? explain_rcode(a) : explain_silence(a);
}

/* Is it worth asking again, or asking another server? */
static int
may_change(enum enrol_result result, int patient)
{
	return result == ENROL_LATER || result == ENROL_NO_KEY ||
	    (patient && result == ENROL_WRONG_SECRET);
}

enum enrol_result
enrol_try(const struct enrol *e, char why[MSG_TEXT_MAX])
{
	struct attempt a = {.e = e, .why = why, .reply = malloc(sizeof *a.reply)};
	enum enrol_result result = ENROL_LATER;

	if (a.reply == NULL)
		fatalx("out of memory");
	snprintf(why, MSG_TEXT_MAX, "no name server is known");
	if (name_parse(&a.domain, e->id->domain) == -1 || name_parse(&a.host, e->id->name) == -1)
		fatalx("%s is no name", e->id->name);
	for (int i = 0; i < e->servers && may_change(result, 0); i++) {
		a.server = &e->server[i];
		result = find_zone(&a);
		if (result == ENROL_DONE)
			result = check_zone(&a);
		if (result == ENROL_DONE)
			result = update(&a);
	}
	free(a.reply);
	return result;
}

enum enrol_result
enrol_wait(const struct enrol *e, unsigned long wait_sec, int patient, char why[MSG_TEXT_MAX])
{
	uint64_t deadline = clock_boot_ms() + (uint64_t)wait_sec * 1000;
	char said[MSG_TEXT_MAX] = "";

	for (;;) {
		enum enrol_result result = enrol_try(e, why);

		if (!may_change(result, patient))
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
enrol_report(const struct identity *id, enum enrol_result result, const char *why, int new_account)
{
	char text[ADDR_TEXT_MAX];

	printf("Machine: %s\nAddress: %s\nEnrolled: %s%s\n", id->name, ip6_text(id->ula, text),
	    result == ENROL_DONE ? "yes" : "not yet: ", result == ENROL_DONE ? "" : why);
	if (result == ENROL_DONE)
		return EXIT_OK;
	if (new_account || result != ENROL_LATER)
		cmd_warn(
		    "the name server must be given the account's keys; \"autotunnel zone bind %s "
		    "%.*s\" (or knot) prints them",
		    id->domain, (int)strcspn(id->name, "."), id->name);
	cmd_warn("\"autotunnel join %s\" on this machine finishes enrolling it", id->domain);
	return EXIT_OK;
}
