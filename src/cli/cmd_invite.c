#include "cli/admin.h"
#include "cli/cmd.h"
#include "cli/find_server.h"
#include "cli/server_keys.h"

#include "base/clock.h"
#include "base/file.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/blob_records.h"
#include "dnsupdate/wire/records.h"
#include "identity/base64.h"
#include "identity/invite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * autotunnel invite: let a machine join that does not know the phrase (identity/invite.h).  Until
 * somebody said yes nothing is changed but a note at the invitation's own name, which is taken away
 * at the end; when the new machine does not fetch its certificate in time it is revoked again.
 */

#define LOOK_SEC 1
#define FETCH_SEC 10 /* the new machine's time to fetch its certificate, at least */

struct invitation {
	struct admin *admin;
	struct invite i;
	struct talk talk;
	struct name slot;
	int takes_keys; /* the server, from our updates */
	struct invite_request request;
	uint8_t key[ROSTER_KEY_LEN];
	unsigned generation; /* of its TSIG key */
	char full[MSG_NAME_MAX]; /* the new machine's name */
	char why[MSG_TEXT_MAX];
};

/* ---- the slot ---- */

/* The note under this letter, as blob_get; -2 when the server could not be asked. */
static ssize_t
look(struct invitation *v, char letter, uint8_t *out, size_t size)
{
	struct question q = {.name = v->slot, .type = TYPE_TXT, .class = CLASS_IN};

	if (talk_ask(&v->talk, &q) != TALK_DONE)
		return -2;
	return blob_get(&v->talk.reply->message, &v->slot, letter, out, size);
}

/* Empty it; where the server takes keys, its key begins or ends with that. */
static enum talk_result
clear_slot(struct invitation *v, int begins)
{
	uint8_t room[MESSAGE_UDP_MAX];
	struct update u;
	int rc = 0;

	talk_update_begin(&v->talk, &u, room, sizeof room);
	update_delete_rrset(&u, &v->slot, TYPE_TXT);
	if (v->takes_keys)
		rc = begins ? server_keys_add(&v->talk, &u, &v->i.tsig)
			    : server_keys_remove(&u, &v->slot);
	return rc == -1 ? talk_later(&v->talk, "cannot be told the code's key")
			: talk_update(&v->talk, &u);
}

static int
use_slot(struct invitation *v, unsigned slot)
{
	v->i.slot = (uint8_t)slot;
	if (invite_make(&v->i, &v->admin->account) == -1 ||
	    name_parse(&v->slot, v->i.tsig.name) == -1)
		return -1;
	if (v->takes_keys) /* then it need not be one that servers know beforehand */
		crypto_random(v->i.tsig.secret, v->i.tsig.secret_len);
	return 0;
}

/* One that nobody uses; else the first one. */
static int
choose_slot(struct invitation *v)
{
	struct question q = {.type = TYPE_TXT, .class = CLASS_IN};
	size_t pos = 0;

	for (unsigned slot = 1; slot <= INVITE_SLOTS; slot++) {
		if (use_slot(v, slot) == -1)
			return -1;
		q.name = v->slot;
		if (talk_ask(&v->talk, &q) == TALK_DONE &&
		    message_next(
			&v->talk.reply->message, &pos, SECTION_ANSWER, &v->slot, TYPE_TXT) == NULL)
			return 0;
		pos = 0;
	}
	cmd_warn("an earlier invitation was not finished: it ends now");
	return use_slot(v, 1);
}

/* The first name server that answers; it is the one in the code.  An exit status. */
static int
find(struct invitation *v)
{
	struct admin *a = v->admin;
	enum talk_result result = TALK_LATER;

	if (a->servers == 0)
		a->servers = find_server(a->domain, a->server);
	for (int k = 0; k < a->servers && result != TALK_DONE; k++) {
		v->talk.server = &a->server[k];
		result = talk_find_zone(&v->talk);
	}
	if (result == TALK_DONE) {
		v->i.server = *v->talk.server;
		v->i.server.priority = v->i.server.weight = 0;
		v->takes_keys = v->admin->zone_key.secret_len == 0 && server_keys_taken(&v->talk);
		if (choose_slot(v) == 0 && (result = clear_slot(v, 1)) == TALK_DONE)
			return EXIT_OK;
	}
	cmd_warn("%s", v->why);
	return EXIT_ERROR;
}

/* ---- the two questions to the user ---- */

static int
show_code(const struct invitation *v)
{
	const struct admin *a = v->admin;
	char code[INVITE_TEXT_MAX + 1];
	size_t len = invite_encode(&v->i, code);
	int rc = 0;

	code[len] = '\n';
	if (a->code_file != NULL)
		rc = file_write_atomic(a->code_file, code, len + 1, 0600);
	else if (printf("Code: %.*s\n", (int)len, code) < 0 || fflush(stdout) != 0)
		rc = -1;
	crypto_wipe(code, sizeof code);
	if (rc == -1)
		cmd_warn("the code could not be %s", a->code_file != NULL ? "written" : "shown");
	else
		cmd_warn("on the new machine: \"autotunnel join CODE\", within %lu minutes",
		    (a->for_sec + 59) / 60);
	return rc;
}

static int
says_yes(void)
{
	char line[64];
	size_t n = 0;
	char c;

	while (n + 1 < sizeof line && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		line[n++] = c;
	line[n] = '\0';
	return strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
}

static int
confirm(const struct invitation *v)
{
	unsigned number = invite_check(&v->i, &v->request);

	printf("Machine: %s\nCheck number: %03u %03u\n", v->full, number / 1000, number % 1000);
	if (v->admin->yes)
		return 1;
	printf("Does it show the same number, and shall it be let in? [y/N] ");
	fflush(stdout);
	return says_yes();
}

/* ---- the story ---- */

/* Wait for a request.  EXIT_OK, or EXIT_TIMEOUT. */
static int
wait_for_request(struct invitation *v)
{
	uint8_t data[INVITE_REQUEST_MAX];
	int said = 0;

	while (clock_wall_sec() < v->i.expires_sec) {
		ssize_t n = look(v, 'q', data, sizeof data);

		if (n > 0 && invite_hear(&v->i, data, (size_t)n, &v->request) == 0)
			return EXIT_OK;
		if (n > 0 && !said++)
			cmd_warn("somebody asks who does not have this code: ignored");
		sleep(LOOK_SEC);
	}
	cmd_warn("nobody came; the code is worth nothing any more");
	return EXIT_TIMEOUT;
}

static enum talk_result
change(void *ctx, struct talk *t, struct roster *r)
{
	struct invitation *v = ctx;
	const struct roster_device *d = roster_find_label(r, v->request.label);

	if (d != NULL && memcmp(d->key, v->key, ROSTER_KEY_LEN) != 0)
		return talk_fail(t, TALK_TAKEN,
		    "%.90s is already another machine of the account; revoke it, or choose another "
		    "name",
		    v->full);
	v->generation = roster_generation(r, v->request.label, v->key);
	if (roster_add(r, v->request.label, v->key) == -1)
		return talk_fail(t, TALK_GONE, "its key was revoked, or the roster is full");
	return TALK_DONE;
}

static int
records(void *ctx, struct talk *t, struct update *u)
{
	struct invitation *v = ctx;
	uint8_t sealed[INVITE_REPLY_MAX];
	struct identity id;
	struct name host;
	size_t len = 0;

	if (account_issue_key(
		&v->admin->account, v->full, v->generation, v->request.public_key, &id) == 0)
		len = invite_seal(&v->i, &v->request, &id, sealed);
	if (len > 0 && v->takes_keys && server_keys_add(t, u, &id.tsig) == -1)
		len = 0;
	identity_wipe(&id);
	if (len == 0 || name_parse(&host, v->full) == -1 ||
	    records_enrol(u, &t->domain, &host) == -1)
		return -1;
	update_delete_rrset(u, &v->slot, TYPE_TXT);
	return blob_put(u, &v->slot, 'r', sealed, len);
}

static enum talk_result
change_back(void *ctx, struct talk *t, struct roster *r)
{
	const struct invitation *v = ctx;

	(void)t;
	roster_revoke(r, v->key);
	return TALK_DONE;
}

static int
records_back(void *ctx, struct talk *t, struct update *u)
{
	const struct invitation *v = ctx;
	struct name host;

	if (name_parse(&host, v->full) == -1 ||
	    (v->takes_keys && server_keys_remove(u, &host) == -1))
		return -1;
	return records_remove(u, &t->domain, &host);
}

/* It has its certificate when it has taken the note away. */
static int
wait_until_fetched(struct invitation *v)
{
	uint64_t now = clock_wall_sec(), until = v->i.expires_sec;
	uint8_t data[INVITE_REPLY_MAX];

	if (until < now + FETCH_SEC)
		until = now + FETCH_SEC;
	for (; clock_wall_sec() < until; sleep(LOOK_SEC))
		if (look(v, 'r', data, sizeof data) == 0)
			return 1;
	return 0;
}

static int
let_in(struct invitation *v)
{
	struct edit in = {.change = change, .records = records, .ctx = v};
	struct edit out = {.change = change_back, .records = records_back, .ctx = v};
	enum talk_result result;
	int status = admin_edit(v->admin, &in, &result);

	if (status != EXIT_OK)
		return status;
	if (wait_until_fetched(v)) {
		printf("Enrolled: %s\n", v->full);
		return EXIT_OK;
	}
	cmd_warn("%s did not fetch its certificate; it is revoked again", v->full);
	admin_edit(v->admin, &out, &result);
	return EXIT_TIMEOUT;
}

static int
invite(struct invitation *v)
{
	int status = find(v);

	if (status != EXIT_OK)
		return status;
	status = show_code(v) == -1 ? EXIT_ERROR : wait_for_request(v);
	if (status == EXIT_OK) {
		snprintf(v->full, sizeof v->full, "%s.%.180s", v->request.label, v->i.domain);
		roster_key(v->request.public_key, v->key);
		status = EXIT_DENIED;
		if (confirm(v))
			status = let_in(v);
		else
			cmd_warn("it is not let in");
	}
	clear_slot(v, 0);
	if (v->admin->code_file != NULL)
		unlink(v->admin->code_file);
	return status;
}

/* The server's TLS key, when this machine knows it. */
static void
add_pin(struct invitation *v)
{
	const struct config_dns *c = &cmd_config()->dns;

	if (c->tls_pins > 0 && base64_decode(c->tls_pin[0], v->i.pin, sizeof v->i.pin) == 32)
		v->i.pins = 1;
	else if (v->admin->id.pins > 0) {
		memcpy(v->i.pin, v->admin->id.pin[0], sizeof v->i.pin);
		v->i.pins = 1;
	}
}

int
cmd_invite(int argc, char **argv)
{
	struct admin a;
	struct invitation v = {.admin = &a};
	char full[MSG_NAME_MAX];
	const char *name = NULL;
	int status = admin_begin(&a, argc, argv, &name);

	if (status == EXIT_OK && name != NULL && admin_full_name(&a, name, full) == -1)
		status = EXIT_USAGE;
	if (status == EXIT_OK)
		status = admin_unlock(&a);
	if (status == EXIT_OK) {
		if (name != NULL)
			snprintf(
			    v.i.label, sizeof v.i.label, "%.*s", (int)strcspn(full, "."), full);
		v.i.expires_sec = (uint32_t)(clock_wall_sec() + a.for_sec);
		add_pin(&v);
		talk_begin(&v.talk, a.domain, admin_key(&a), v.why);
		status = invite(&v);
		talk_end(&v.talk);
	}
	crypto_wipe(&v, sizeof v);
	admin_end(&a);
	return status;
}
