#include "cli/join_code.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/cmd.h"
#include "cli/enrol.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/blob_records.h"
#include "identity/invite.h"
#include "identity/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * The private key is made first and kept beside the code's hash, so that the same code goes on with
 * the same key after an interruption; it goes when this machine is enrolled or another code comes.
 */

#define LOOK_SEC 1
#define WAIT_SEC 900 /* for the inviter, unless --wait says otherwise */
#define THANKS_MAX 10 /* tries to take the note away */
#define PENDING "join.key"

struct joining {
	struct enrol_options *o;
	struct invite i;
	struct invite_request request;
	uint8_t seed[ED25519_SEED_LEN];
	struct identity id;
	struct talk talk;
	struct name slot;
	char why[MSG_TEXT_MAX];
};

struct pending {
	uint8_t seed[ED25519_SEED_LEN];
	uint8_t code[SHA256_LEN];
};

static int
pending_path(const struct joining *j, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/" PENDING, j->o->state_dir) < PATH_MAX ? 0 : -1;
}

static void
drop_pending(const struct joining *j)
{
	char path[PATH_MAX];

	if (pending_path(j, path) == 0)
		unlink(path);
}

/* The key of an interrupted attempt with this code, else a new one, which is kept.  An exit status.
 */
static int
make_key(struct joining *j)
{
	char path[PATH_MAX];
	struct pending p = {0}, old;
	int rc;

	sha256(j->i.key, sizeof j->i.key, p.code);
	if (pending_path(j, path) == -1)
		return EXIT_ERROR;
	if (file_read(path, &old, sizeof old) == sizeof old &&
	    memcmp(old.code, p.code, sizeof p.code) == 0) {
		memcpy(j->seed, old.seed, sizeof j->seed);
		crypto_wipe(&old, sizeof old);
		return EXIT_OK;
	}
	crypto_random(p.seed, sizeof p.seed);
	memcpy(j->seed, p.seed, sizeof j->seed);
	rc = dir_make(j->o->state_dir, 0700) == -1 ||
		file_write_atomic(path, &p, sizeof p, 0600) == -1
	    ? -1
	    : 0;
	crypto_wipe(&p, sizeof p);
	if (rc == 0)
		return EXIT_OK;
	cmd_warn("%s: %s%s", path, strerror(errno),
	    errno == EACCES || errno == EPERM ? " (are you root?)" : "");
	return errno == EACCES || errno == EPERM ? EXIT_DENIED : EXIT_ERROR;
}

/* ---- the slot ---- */

/* Replace whatever stands there by this note, or by nothing. */
static enum talk_result
write_note(struct joining *j, const uint8_t *data, size_t len)
{
	uint8_t room[MESSAGE_UDP_MAX];
	struct update u;

	talk_update_begin(&j->talk, &u, room, sizeof room);
	update_delete_rrset(&u, &j->slot, TYPE_TXT);
	if (len > 0 && blob_put(&u, &j->slot, 'q', data, len) == -1)
		return talk_later(&j->talk, "cannot be told: the name is too long");
	return talk_update(&j->talk, &u);
}

/* 1 = the reply is there and good; 0 = not yet. */
static int
look(struct joining *j)
{
	struct question q = {.name = j->slot, .type = TYPE_TXT, .class = CLASS_IN};
	uint8_t data[INVITE_REPLY_MAX];
	ssize_t n;

	if (talk_ask(&j->talk, &q) != TALK_DONE)
		return 0;
	n = blob_get(&j->talk.reply->message, &j->slot, 'r', data, sizeof data);
	return n > 0 && invite_open(&j->i, &j->request, data, (size_t)n, &j->id) == 0;
}

/* The inviter waits for this before he calls it done. */
static void
give_thanks(struct joining *j)
{
	for (int i = 0; i < THANKS_MAX; i++) {
		if (write_note(j, NULL, 0) == TALK_DONE)
			return;
		sleep(LOOK_SEC);
	}
	cmd_warn(
	    "%s; the inviter may think that this machine did not come: run the same again", j->why);
}

/* ---- the story ---- */

/* Ask, show the number, wait.  An exit status. */
static int
ask(struct joining *j)
{
	unsigned number = invite_check(&j->i, &j->request);
	unsigned long wait = j->o->wait_sec > 0 ? j->o->wait_sec : WAIT_SEC;
	uint64_t until = clock_boot_ms() + wait * 1000;
	uint8_t data[INVITE_REQUEST_MAX];

	if (look(j))
		return EXIT_OK;
	if (write_note(j, data, invite_ask(&j->i, &j->request, data)) != TALK_DONE) {
		cmd_warn("%s; is the invitation still open?", j->why);
		return EXIT_ERROR;
	}
	printf("Machine: %s.%s\nCheck number: %03u %03u\n", j->request.label, j->i.domain,
	    number / 1000, number % 1000);
	fflush(stdout);
	cmd_warn("waiting until the inviter says yes to this number");
	for (; clock_boot_ms() < until; sleep(LOOK_SEC))
		if (look(j))
			return EXIT_OK;
	cmd_warn("nobody let this machine in; the same command tries again while the code holds");
	return EXIT_TIMEOUT;
}

static int
keep(struct joining *j)
{
	j->id.servers = 1;
	j->id.server[0] = j->i.server;
	j->id.pins = j->i.pins;
	memcpy(j->id.pin[0], j->i.pin, sizeof j->id.pin[0]);
	ed25519_to_pkcs8(j->seed, j->id.key.data);
	j->id.key.len = ED25519_PKCS8_LEN;
	if (store_save(j->o->state_dir, &j->id, j->why) == 0)
		return EXIT_OK;
	cmd_warn("%s%s", j->why, errno == EACCES || errno == EPERM ? " (are you root?)" : "");
	return errno == EACCES || errno == EPERM ? EXIT_DENIED : EXIT_ERROR;
}

static int
prepare(struct joining *j)
{
	const char *label = j->i.label;
	int status;

	memcpy(j->o->domain, j->i.domain, sizeof j->o->domain);
	if (label[0] == '\0') {
		if (j->o->name[0] != '\0' ? enrol_complete_name(j->o) == -1
					  : enrol_default_name(j->o) == -1)
			return EXIT_USAGE;
		label = j->o->name;
	} else if (j->o->name[0] != '\0') {
		cmd_warn("the inviter has chosen the name %s", label);
	}
	snprintf(
	    j->request.label, sizeof j->request.label, "%.*s", (int)strcspn(label, "."), label);
	status = make_key(j);
	if (status == EXIT_OK && ed25519_public(j->seed, j->request.public_key) == -1)
		status = EXIT_ERROR;
	return status;
}

/* Already enrolled by this very code, and perhaps nobody heard? */
static int
finish_again(struct joining *j)
{
	if (strcmp(j->id.domain, j->i.domain) != 0) {
		cmd_warn("this machine is already %s; to begin again, stop the daemon and move %s "
			 "away",
		    j->id.name, j->o->state_dir);
		return EXIT_ERROR;
	}
	if (talk_find_zone(&j->talk) == TALK_DONE)
		give_thanks(j);
	return enrol_report(&j->id, TALK_DONE, "", 0);
}

/* Servers whose keys are in a file may not know this machine's yet. */
static void
check_key(struct joining *j)
{
	j->talk.key = &j->id.tsig;
	if (talk_find_zone(&j->talk) == TALK_NO_KEY)
		cmd_warn("%s: its administrator needs what \"autotunnel zone\" prints for the name "
			 "%s",
		    j->why, j->request.label);
}

static int
join(struct joining *j)
{
	char why[MSG_TEXT_MAX];
	int status;

	if (identity_load(j->o->state_dir, &j->id, why) == IDENTITY_OK)
		return finish_again(j);
	status = prepare(j);
	if (status != EXIT_OK)
		return status;
	if (talk_find_zone(&j->talk) != TALK_DONE) {
		cmd_warn("%s", j->why);
		return EXIT_ERROR;
	}
	status = ask(j);
	if (status == EXIT_OK)
		status = keep(j);
	if (status != EXIT_OK)
		return status;
	give_thanks(j);
	drop_pending(j);
	check_key(j);
	return enrol_report(&j->id, TALK_DONE, "", 0);
}

int
join_with_code(struct enrol_options *o)
{
	struct joining j = {.o = o};
	int status = EXIT_USAGE;

	if (invite_decode(o->code, &j.i, j.why) == -1) {
		cmd_warn("%s", j.why);
	} else {
		if (j.i.expires_sec < clock_wall_sec())
			cmd_warn("this code has run out, or this clock is wrong");
		talk_begin(&j.talk, j.i.domain, &j.i.tsig, j.why);
		j.talk.server = &j.i.server;
		status = name_parse(&j.slot, j.i.tsig.name) == 0 ? join(&j) : EXIT_ERROR;
		talk_end(&j.talk);
	}
	crypto_wipe(&j, sizeof j);
	return status;
}
