#include "cli/admin.h"
#include "cli/cmd.h"
#include "cli/server_keys.h"
#include "crypto/cert.h"
#include "dnsupdate/wire/records.h"
#include "identity/store.h"

#include <stdio.h>
#include <string.h>

/*
 * autotunnel leave: this machine leaves the account.  With the phrase its key is revoked and its
 * records go; then, and only then, the state goes too.  With --local nobody is told.
 */

struct leave {
	const struct identity *id;
	uint8_t key[ROSTER_KEY_LEN];
};

static enum talk_result
change(void *ctx, struct talk *t, struct roster *r)
{
	struct leave *l = ctx;

	(void)t;
	roster_revoke(r, l->key);
	return TALK_DONE;
}

static int
records(void *ctx, struct talk *t, struct update *u)
{
	const struct leave *l = ctx;
	struct name host;

	if (name_parse(&host, l->id->name) == -1)
		return -1;
	if (server_keys_taken(t) && server_keys_remove(u, &host) == -1)
		return -1;
	return records_remove(u, &t->domain, &host);
}

static int
tell(struct admin *a)
{
	struct leave l = {.id = &a->id};
	struct edit edit = {.change = change, .records = records, .ctx = &l};
	enum talk_result result;
	struct cert_info info;
	int status = admin_unlock(a);

	if (status != EXIT_OK)
		return status;
	if (cert_read(a->id.cert.data, a->id.cert.len, &info) == -1)
		return EXIT_ERROR;
	roster_key(info.public_key, l.key);
	return admin_edit(a, &edit, &result);
}

int
cmd_leave(int argc, char **argv)
{
	struct admin a;
	int status = admin_begin(&a, argc, argv, NULL);

	if (status == EXIT_OK && a.enrolled != IDENTITY_OK) {
		cmd_warn("this machine is not of the account %s", a.domain);
		status = EXIT_NO_PEER;
	}
	if (status == EXIT_OK)
		status = admin_check_stopped(&a);
	if (status == EXIT_OK && !a.local)
		status = tell(&a);
	if (status == EXIT_OK) {
		store_remove(a.state_dir);
		printf("Left: %s\n", a.id.name);
		if (a.local)
			cmd_warn(
			    "the account still lists it: \"autotunnel revoke %.*s\" on another "
			    "machine strikes it off",
			    (int)strcspn(a.id.name, "."), a.id.name);
	}
	admin_end(&a);
	return status;
}
