#include "cli/admin.h"
#include "cli/cmd.h"
#include "cli/server_keys.h"
#include "dnsupdate/wire/records.h"

#include <stdio.h>
#include <string.h>

/*
 * autotunnel revoke: throw a machine out, stolen or not.  Its key is marked on the roster, which
 * every other machine reads: its tunnels end and no new one begins.  Its records go in the same
 * update.
 */

struct revoke {
	char name[MSG_NAME_MAX]; /* full */
	char label[ROSTER_LABEL_MAX];
	uint8_t key[ROSTER_KEY_LEN];
	unsigned generation; /* of the TSIG key it has */
	int was_revoked;
	int server_forgot_key; /* in the same update */
};

/* Was there a machine of that name, which is revoked already? */
static const struct roster_device *
find_revoked(const struct roster *r, const char *label)
{
	const struct roster_device *found = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->device[i].label, label) == 0 &&
		    (found == NULL || r->device[i].generation >= found->generation))
			found = &r->device[i];
	return found;
}

static enum talk_result
change(void *ctx, struct talk *t, struct roster *r)
{
	struct revoke *v = ctx;
	const struct roster_device *d = roster_find_label(r, v->label);

	v->was_revoked = d == NULL;
	if (d == NULL && (d = find_revoked(r, v->label)) == NULL)
		return talk_fail(t, TALK_GONE, "there is no %.90s on the roster%s", v->name,
		    r->open ? ": let it join once more, so that its key is known" : "");
	memcpy(v->key, d->key, sizeof v->key);
	v->generation = d->generation;
	roster_revoke(r, v->key);
	return TALK_DONE;
}

static int
records(void *ctx, struct talk *t, struct update *u)
{
	struct revoke *v = ctx;
	struct name host;

	if (name_parse(&host, v->name) == -1)
		return -1;
	v->server_forgot_key = server_keys_taken(t);
	if (v->server_forgot_key && server_keys_remove(u, &host) == -1)
		return -1;
	return records_remove(u, &t->domain, &host);
}

static void
report(const struct admin *a, const struct revoke *v)
{
	printf("Revoked: %s%s\n", v->name, v->was_revoked ? ", not for the first time" : "");
	if (v->server_forgot_key)
		return;
	cmd_warn("the name server still knows its TSIG key: let it have the output of \"autotunnel "
		 "zone --keys-only bind %s %s:%u\" (or knot) instead, then the name can be used "
		 "again",
	    a->domain, v->label, v->generation + 1);
}

int
cmd_revoke(int argc, char **argv)
{
	struct revoke v = {0};
	struct edit edit = {.change = change, .records = records, .ctx = &v};
	const char *name;
	enum talk_result result;
	struct admin a;
	int status = admin_begin(&a, argc, argv, &name);

	if (status == EXIT_OK && admin_full_name(&a, name, v.name) == -1)
		status = EXIT_USAGE;
	if (status == EXIT_OK) {
		snprintf(v.label, sizeof v.label, "%.*s", (int)strcspn(v.name, "."), v.name);
		status = admin_unlock(&a);
	}
	if (status == EXIT_OK)
		status = admin_edit(&a, &edit, &result);
	if (status == EXIT_OK)
		report(&a, &v);
	admin_end(&a);
	return status;
}
