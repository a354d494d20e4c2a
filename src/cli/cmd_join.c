#include "cli/cmd.h"
#include "cli/edit.h"
#include "cli/enrol.h"
#include "cli/enrol_options.h"
#include "cli/join_code.h"
#include "cli/unlock.h"
#include "crypto/mac.h"
#include "identity/account.h"
#include "identity/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * autotunnel join: this machine becomes one of an account whose phrase the user knows.  On a
 * machine that already is, it does again what is missing: new name server addresses or a new TSIG
 * key are kept, and the name server is told once more.  The device's own key is never changed, so
 * its address stays.
 */

struct join {
	struct enrol_options o;
	struct account account;
	struct identity id;
	struct roster held; /* what the daemon here has seen */
	int enrolled; /* before this call */
	int changed; /* id is not what stands on disk */
};

/* What stands in the state directory already.  An exit status. */
static int
load(struct join *j)
{
	struct enrol_options *o = &j->o;
	char why[MSG_TEXT_MAX];
	enum identity_result result = identity_load(o->state_dir, &j->id, why);

	if (result == IDENTITY_BROKEN) {
		cmd_warn(
		    "the account in %s is damaged (%s); \"autotunnel repair\" mends it, or move it "
		    "away to begin again",
		    o->state_dir, why);
		return EXIT_ERROR;
	}
	if (result == IDENTITY_NONE)
		return o->name[0] != '\0' || enrol_default_name(o) == 0 ? EXIT_OK : EXIT_USAGE;
	if (strcmp(j->id.domain, o->domain) != 0 ||
	    (o->name[0] != '\0' && strcmp(j->id.name, o->name) != 0)) {
		cmd_warn(
		    "this machine is already %s; to begin again, stop the daemon and move %s away",
		    j->id.name, o->state_dir);
		return EXIT_ERROR;
	}
	memcpy(o->name, j->id.name, sizeof o->name);
	j->enrolled = 1;
	return EXIT_OK;
}

/* The keys of the phrase.  An exit status. */
static int
derive(struct join *j)
{
	uint8_t entropy[PHRASE_ENTROPY];
	enum unlock_way way;
	int status = unlock_ask(j->enrolled ? j->o.state_dir : NULL, j->o.domain, entropy, &way);
	int rc;

	if (status != EXIT_OK)
		return status;
	rc = account_derive(j->o.domain, entropy, &j->account);
	crypto_wipe(entropy, sizeof entropy);
	if (rc == -1) {
		cmd_warn("cannot derive the account's keys: out of memory?");
		return EXIT_ERROR;
	}
	return EXIT_OK;
}

/* What to sign with at the name server. */
static const struct tsig_key *
enrol_key(const struct join *j)
{
	return j->o.zone_key.secret_len != 0 ? &j->o.zone_key : &j->account.tsig;
}

/* ---- a phrase that is not the account's first ---- */

/* Which certification keys were before this phrase's?  The account's roster says. */
static enum talk_result
ask_lineage(struct join *j, char why[MSG_TEXT_MAX])
{
	struct enrol e = {.id = &j->id};
	struct edit_reader by = {.domain = j->o.domain, .account = &j->account};
	enum talk_result result = TALK_LATER;
	struct roster r;
	struct talk t;

	if (enrol_find_servers(&e) != EXIT_OK)
		return result;
	talk_begin(&t, j->o.domain, enrol_key(j), why);
	for (int i = 0; i < e.servers && talk_may_change(result, 0); i++) {
		t.server = &e.server[i];
		result = edit_read(&t, &by, &r);
		roster_free(&r);
	}
	talk_end(&t);
	return result;
}

/* A machine that joins cannot know of keys before the phrase's until the name server has shown the
 * roster, and takes the phrase for the account's first. */
static int
is_provisional(const struct join *j)
{
	return j->id.cas.count == 1 &&
	    memcmp(j->id.cas.ca[0].key, lineage_present(&j->account.cas), ED25519_PUBLIC_LEN) == 0;
}

/* An enrolled machine must find its own account's certification keys before the phrase's.  An exit
 * status. */
static int
check_lineage(struct join *j)
{
	struct edit_reader by = {.domain = j->o.domain, .known = &j->id.cas};
	char why[MSG_TEXT_MAX] = "the name server shows no roster by it";
	int known;

	edit_load_held(j->o.state_dir, &by, &j->held);
	known = account_adopt(&j->account, j->held.cas.count > 0 ? &j->held.cas : &j->id.cas) == 0;
	if (!known && ask_lineage(j, why) == TALK_DONE)
		known = is_provisional(j) ||
		    (j->account.cas.count > 1 && lineage_extends(&j->account.cas, &j->id.cas));
	if (known)
		return EXIT_OK;
	cmd_warn("this is the phrase of another account than %s's, or one that was replaced (%s); "
		 "to begin again, stop the daemon and move %s away",
	    j->id.name, why, j->o.state_dir);
	return EXIT_ERROR;
}

/* What the new phrase changes for a machine of the account: the certification keys it knows and its
 * TSIG key.  Its own key, and with that its address, stay. */
static int
follow(struct join *j)
{
	struct identity *id = &j->id, next;
	uint8_t seed[ED25519_SEED_LEN];
	int rc;

	if (id->cas.count == j->account.cas.count)
		return 0;
	rc = ed25519_from_pkcs8(id->key.data, id->key.len, seed);
	if (rc == 0)
		rc = account_issue(&j->account, id->name, seed, &next);
	crypto_wipe(seed, sizeof seed);
	if (rc == 0 && is_provisional(j)) {
		id->cert = next.cert;
		memcpy(id->ula, next.ula, sizeof id->ula);
	} else if (rc == 0) {
		id->tsig = next.tsig;
	}
	if (rc == 0) {
		id->ca = next.ca;
		id->cas = next.cas;
		j->changed = 1;
	}
	identity_wipe(&next);
	return rc;
}

/* A new machine gets a new key; an old one keeps its own. */
static int
make_key(struct join *j)
{
	uint8_t seed[ED25519_SEED_LEN];
	int rc;

	crypto_random(seed, sizeof seed);
	rc = account_issue(&j->account, j->o.name, seed, &j->id);
	crypto_wipe(seed, sizeof seed);
	j->changed = 1;
	return rc;
}

static int
make_identity(struct join *j)
{
	int rc = j->enrolled ? follow(j) : make_key(j);

	if (rc == -1) {
		cmd_warn("cannot make a certificate: out of memory?");
		return EXIT_ERROR;
	}
	if (j->o.device_key.secret_len != 0) {
		j->id.tsig = j->o.device_key;
		j->changed = 1;
	}
	if (j->o.servers > 0) {
		j->id.servers = j->o.servers;
		memcpy(j->id.server, j->o.server, sizeof j->id.server);
		j->changed = 1;
	}
	return EXIT_OK;
}

static int
save(struct join *j)
{
	char why[MSG_TEXT_MAX];

	if (!j->changed)
		return EXIT_OK;
	if (store_save(j->o.state_dir, &j->id, why) == 0) {
		j->changed = 0;
		if (j->enrolled)
			cmd_warn("restart autotunneld to use the new name servers or key");
		return EXIT_OK;
	}
	cmd_warn("%s%s", why, errno == EACCES || errno == EPERM ? " (are you root?)" : "");
	return errno == EACCES || errno == EPERM ? EXIT_DENIED : EXIT_ERROR;
}

/* Is our TSIG key one of this account's keys of an earlier generation, not one that was given? */
static int
is_outdated(const struct join *j, unsigned generation)
{
	struct tsig_key old;
	int found = 0;

	for (unsigned g = 0; g < generation && !found; g++)
		found = account_device_tsig(&j->account, j->id.name, g, &old) == 0 &&
		    old.secret_len == j->id.tsig.secret_len &&
		    crypto_equal(old.secret, j->id.tsig.secret, old.secret_len);
	crypto_wipe(&old, sizeof old);
	return found;
}

/* Keep what this machine is.  Which of its TSIG keys the account wants is known once it is on the
 * roster.  An exit status. */
static int
settle(struct join *j, const struct enrol *e, enum talk_result result)
{
	if (result == TALK_DONE && follow(j) == -1)
		return EXIT_ERROR;
	if (result == TALK_DONE && is_outdated(j, e->generation)) {
		account_device_tsig(&j->account, j->id.name, e->generation, &j->id.tsig);
		j->changed = 1;
		if (!e->server_took_key)
			cmd_warn("a machine named %s was revoked: the name server needs its key of "
				 "generation %u, \"autotunnel zone\" prints it for %.*s:%u",
			    j->id.name, e->generation, (int)strcspn(j->id.name, "."), j->id.name,
			    e->generation);
	}
	return save(j);
}

/* Why this machine may not join, ever; an exit status. */
static int
check_result(enum talk_result result, const char *why)
{
	switch (result) {
	case TALK_TAKEN:
		cmd_warn(
		    "%s; choose another name with --name, or take its place with --replace", why);
		return EXIT_ERROR;
	case TALK_WRONG_SECRET:
	case TALK_OTHER_ACCOUNT:
	case TALK_GONE:
		cmd_warn("%s; nothing was changed", why);
		return EXIT_ERROR;
	default:
		return EXIT_OK;
	}
}

/* Ask the name server before anything is written: it may know better than we do. */
static int
enrol(struct join *j)
{
	struct enrol e = {.id = &j->id,
	    .account = &j->account,
	    .held = &j->held,
	    .replace = j->o.replace,
	    .known = j->enrolled};
	enum talk_result result;
	char why[MSG_TEXT_MAX];
	int status;

	e.key = enrol_key(j);
	e.foreign_key = e.key != &j->account.tsig;
	status = enrol_find_servers(&e);
	if (status != EXIT_OK)
		return status;
	result = enrol_try(&e, why);
	if ((status = check_result(result, why)) != EXIT_OK ||
	    (status = settle(j, &e, result)) != EXIT_OK)
		return status;
	if (result != TALK_DONE && j->o.wait_sec > 0) {
		result = enrol_wait(&e, j->o.wait_sec, 0, why);
		if ((status = settle(j, &e, result)) != EXIT_OK)
			return status;
	}
	return enrol_report(&j->id, result, why, 0);
}

int
cmd_join(int argc, char **argv)
{
	struct join j = {0};
	int status = enrol_options_parse(&j.o, argc, argv);

	if (status == EXIT_OK && j.o.code[0] != '\0') {
		status = join_with_code(&j.o);
		enrol_options_wipe(&j.o);
		return status;
	}
	if (status == EXIT_OK)
		status = load(&j);
	if (status == EXIT_OK)
		status = enrol_keys(&j.o);
	if (status == EXIT_OK)
		status = derive(&j);
	if (status == EXIT_OK && j.enrolled)
		status = check_lineage(&j);
	if (status == EXIT_OK)
		status = make_identity(&j);
	if (status == EXIT_OK)
		status = enrol(&j);
	roster_free(&j.held);
	crypto_wipe(&j, sizeof j);
	return status;
}
