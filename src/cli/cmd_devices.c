#include "cli/admin.h"
#include "cli/cmd.h"
#include "cli/find_server.h"
#include "cli/json.h"
#include "crypto/cert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * autotunnel devices: the roster.  As the name server shows it, or, when that one is silent or
 * shows less, as this machine has seen it last.
 */

/* *r: what counts.  An exit status. */
static int
read_roster(struct admin *a, struct roster *r)
{
	struct edit_reader by = {.domain = a->domain, .known = &a->cas};
	char why[MSG_TEXT_MAX];
	enum talk_result result = TALK_LATER;
	struct talk t;

	memset(r, 0, sizeof *r);
	if (a->servers == 0)
		a->servers = find_server(a->domain, a->server);
	talk_begin(&t, a->domain, &a->id.tsig, why);
	for (int i = 0; i < a->servers && talk_may_change(result, 0); i++) {
		t.server = &a->server[i];
		result = edit_read(&t, &by, r);
	}
	talk_end(&t);
	if (result != TALK_DONE)
		cmd_warn("%s; this is what was seen last", why);
	else if (a->held.serial > 0 && roster_judge(&a->held, r) > ROSTER_SAME)
		cmd_warn("the name server shows an old roster (serial %" PRIu32
			 "); this is what was seen last",
		    r->serial);
	else
		return EXIT_OK;
	roster_free(r);
	*r = a->held;
	memset(&a->held, 0, sizeof a->held);
	return r->serial > 0 ? EXIT_OK : EXIT_ERROR;
}

/* Prefix of the account, end of the key's hash (ula.h). */
static const char *
address(const struct admin *a, const struct roster_device *d, char out[ADDR_TEXT_MAX])
{
	uint8_t ula[16];

	memcpy(ula, a->id.ula, 8);
	memcpy(ula + 8, d->key, 8);
	return ip6_text(ula, out);
}

static const char *
state_word(const struct roster_device *d)
{
	return d->state == ROSTER_OK ? "ok" : "revoked";
}

static void
show(const struct admin *a, const struct roster *r)
{
	char text[ADDR_TEXT_MAX], when[32];
	time_t at = (time_t)r->time_sec;
	struct tm tm;

	if (r->serial == 0) {
		printf("There is no roster yet: it is made when a machine joins.\n");
		return;
	}
	strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&at, &tm));
	printf("Roster %" PRIu32 " of %s, signed %s%s\n\n", r->serial, a->domain, when,
	    r->open ? "; machines that are not listed are let in too" : "");
	printf("%-20s %-8s %-40s %s\n", "MACHINE", "STATE", "ADDRESS", "KEY GENERATION");
	for (size_t i = 0; i < r->count; i++)
		printf("%-20s %-8s %-40s %u\n", r->device[i].label, state_word(&r->device[i]),
		    address(a, &r->device[i], text), r->device[i].generation);
}

static void
show_json(const struct admin *a, const struct roster *r)
{
	struct json j = json_begin(stdout);
	char text[ADDR_TEXT_MAX];

	json_number(&j, "schema", 1);
	json_text(&j, "domain", a->domain);
	json_number(&j, "serial", r->serial);
	json_number(&j, "signed", r->time_sec);
	json_bool(&j, "open", r->open);
	json_array(&j, "devices");
	for (size_t i = 0; i < r->count; i++) {
		json_object(&j, NULL);
		json_text(&j, "name", r->device[i].label);
		json_text(&j, "state", state_word(&r->device[i]));
		json_text(&j, "address", address(a, &r->device[i], text));
		json_number(&j, "generation", r->device[i].generation);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_finish(&j);
}

int
cmd_devices(int argc, char **argv)
{
	struct roster r = {0};
	struct admin a;
	int status = admin_begin(&a, argc, argv, NULL);

	if (status == EXIT_OK && a.enrolled != IDENTITY_OK) {
		cmd_warn("this machine is not of the account %s", a.domain);
		status = EXIT_NO_PEER;
	}
	if (status == EXIT_OK)
		status = read_roster(&a, &r);
	if (status == EXIT_OK)
		(a.json ? show_json : show)(&a, &r);
	roster_free(&r);
	admin_end(&a);
	return status;
}
