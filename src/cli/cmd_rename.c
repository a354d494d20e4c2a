#include "cli/admin.h"
#include "cli/cmd.h"
#include "cli/server_keys.h"
#include "crypto/cert.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/records.h"
#include "identity/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * autotunnel rename: another name for this machine.  Its key and its address stay; certificate and
 * TSIG key are made anew.  The name server is told first: when this machine cannot keep its new
 * name after that, the same command finishes the work.
 */

struct rename {
	const struct admin *admin;
	struct identity next;
	char label[ROSTER_LABEL_MAX];
	uint8_t key[ROSTER_KEY_LEN];
	unsigned generation;
	int server_took_key; /* in the same update */
};

static enum talk_result
change(void *ctx, struct talk *t, struct roster *r)
{
	struct rename *n = ctx;
	const struct roster_device *d = roster_find_label(r, n->label);

	if (d != NULL && memcmp(d->key, n->key, ROSTER_KEY_LEN) != 0)
		return talk_fail(
		    t, TALK_TAKEN, "%.90s is another machine of the account", n->next.name);
	n->generation = roster_generation(r, n->label, n->key);
	if (roster_add(r, n->label, n->key) == -1)
		return talk_fail(t, TALK_GONE, "this machine was revoked");
	return TALK_DONE;
}

static int
records(void *ctx, struct talk *t, struct update *u)
{
	struct rename *n = ctx;
	struct tsig_key key = {0};
	struct name before, after;
	int rc = 0;

	if (name_parse(&before, n->admin->id.name) == -1 || name_parse(&after, n->next.name) == -1)
		return -1;
	if (!name_equal(&before, &after) && records_remove(u, &t->domain, &before) == -1)
		return -1;
	n->server_took_key = server_keys_taken(t);
	if (n->server_took_key &&
	    (server_keys_remove(u, &before) == -1 ||
		account_device_tsig(&n->admin->account, n->next.name, n->generation, &key) == -1 ||
		server_keys_add(t, u, &key) == -1))
		rc = -1;
	crypto_wipe(&key, sizeof key);
	return rc == 0 ? records_enrol(u, &t->domain, &after) : -1;
}

/* Certificate and TSIG key of the new name for the old key.  An exit status. */
static int
issue(struct admin *a, struct rename *n, const char *name)
{
	uint8_t seed[ED25519_SEED_LEN];
	struct cert_info info;
	int rc = ed25519_from_pkcs8(a->id.key.data, a->id.key.len, seed);

	if (rc == 0)
		rc = account_issue(&a->account, name, seed, &n->next);
	crypto_wipe(seed, sizeof seed);
	if (rc == -1 || cert_read(n->next.cert.data, n->next.cert.len, &info) == -1) {
		cmd_warn("cannot make a certificate: out of memory?");
		return EXIT_ERROR;
	}
	n->next.servers = a->id.servers;
	memcpy(n->next.server, a->id.server, sizeof n->next.server);
	n->next.pins = a->id.pins;
	memcpy(n->next.pin, a->id.pin, sizeof n->next.pin);
	roster_key(info.public_key, n->key);
	snprintf(n->label, sizeof n->label, "%.*s", (int)strcspn(name, "."), name);
	return EXIT_OK;
}

static int
keep(const struct admin *a, struct rename *n)
{
	char why[MSG_TEXT_MAX];

	if (account_device_tsig(&a->account, n->next.name, n->generation, &n->next.tsig) == -1 ||
	    store_save(a->state_dir, &n->next, why) == -1) {
		cmd_warn("%s; the name server knows the new name: do the same again", why);
		return EXIT_ERROR;
	}
	printf("Machine: %s\n", n->next.name);
	if (n->server_took_key)
		return EXIT_OK;
	cmd_warn("the name server must know its TSIG key: \"autotunnel zone --keys-only bind %s "
		 "%s:%u\" (or knot) prints it",
	    a->domain, n->label, n->generation);
	return EXIT_OK;
}

int
cmd_rename(int argc, char **argv)
{
	struct admin a;
	struct rename n = {.admin = &a};
	struct edit edit = {.change = change, .records = records, .ctx = &n};
	char full[MSG_NAME_MAX];
	const char *name;
	enum talk_result result;
	int status = admin_begin(&a, argc, argv, &name);

	if (status == EXIT_OK && a.enrolled != IDENTITY_OK) {
		cmd_warn("this machine is not of the account %s", a.domain);
		status = EXIT_NO_PEER;
	}
	if (status == EXIT_OK && admin_full_name(&a, name, full) == -1)
		status = EXIT_USAGE;
	if (status == EXIT_OK)
		status = admin_check_stopped(&a);
	if (status == EXIT_OK)
		status = admin_unlock(&a);
	if (status == EXIT_OK)
		status = issue(&a, &n, full);
	if (status == EXIT_OK)
		status = admin_edit(&a, &edit, &result);
	if (status == EXIT_OK)
		status = keep(&a, &n);
	identity_wipe(&n.next);
	admin_end(&a);
	return status;
}
