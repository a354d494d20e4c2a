/* A roster's text.  What is accepted must print, read back as the same, and stay sound when
 * machines are added, revoked and merged. */
#include "identity/roster.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int what)
{
	if (!what)
		abort();
}

static void
change(struct roster *r)
{
	uint8_t key[ROSTER_KEY_LEN] = "fuzz";
	char why[MSG_TEXT_MAX];

	if (r->count > 0) {
		memcpy(key, r->device[r->count - 1].key, sizeof key);
		roster_revoke(r, key);
		must(roster_find_key(r, key)->state == ROSTER_REVOKED);
		must(roster_add(r, "fuzz", key) == -1);
		key[0] ^= 1;
	}
	if (roster_add(r, "fuzz", key) == 1)
		must(roster_find_label(r, "fuzz") == roster_find_key(r, key) &&
		    roster_admits(r, "fuzz", key, why) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[ROSTER_TEXT_MAX + 1024];
	struct roster r, again;
	char why[MSG_TEXT_MAX] = "";
	size_t len;

	if (roster_parse(&r, (const char *)data, size, why) == -1) {
		must(why[0] != '\0' && r.device == NULL);
		return 0;
	}
	len = roster_print(&r, text, sizeof text);
	must(len > 0);
	if (len <= ROSTER_TEXT_MAX) {
		must(roster_parse(&again, text, len, why) == 0);
		must(roster_judge(&r, &again) == ROSTER_SAME);
		change(&again);
		roster_merge(&r, &again);
		must(roster_judge(&again, &r) != ROSTER_OLDER);
		roster_free(&again);
	}
	roster_free(&r);
	return 0;
}
