#include "ipsec/claim.h"

#include <stdio.h>
#include <string.h>

static int
refuse(char why[MSG_TEXT_MAX], const char *text)
{
	snprintf(why, MSG_TEXT_MAX, "%s", text);
	return -1;
}

int
claim_check(const struct claim *c, const char *name, const uint8_t ula[16], char why[MSG_TEXT_MAX])
{
	char theirs[ADDR_TEXT_MAX], expected[ADDR_TEXT_MAX];

	if (!c->present)
		return refuse(why, "it showed no certificate");
	if (!c->by_our_ca)
		return refuse(why, "its certificate is signed by another CA than this account's");
	if (!c->in_time)
		return refuse(
		    why, "its certificate is not valid at this time; are both clocks right?");
	if (!c->has_name) {
		snprintf(why, MSG_TEXT_MAX, "the name %.80s is not in its certificate", name);
		return -1;
	}
	if (c->ulas != 1)
		return refuse(why,
		    c->ulas == 0 ? "there is no ULA in its certificate"
				 : "there is more than one ULA in its certificate");
	if (memcmp(c->ula, ula, 16) != 0) {
		snprintf(why, MSG_TEXT_MAX, "its certificate is for ULA %s, DNS says %s",
		    ip6_text(c->ula, theirs), ip6_text(ula, expected));
		return -1;
	}
	/* The last 64 bits of an address are those of its key's hash (identity/ula.h). */
	if (!c->has_key || memcmp(c->ula + 8, c->key, 8) != 0)
		return refuse(why, "the ULA in its certificate is not the one of its key");
	return 0;
}
