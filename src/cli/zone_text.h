/*
 * What the account's name server must be told, in its own language.  The account's key may write
 * anything in the zone, a device's key A, AAAA, SRV and TXT at and below its own name.
 */
#ifndef CLI_ZONE_TEXT_H
#define CLI_ZONE_TEXT_H

#include "identity/identity.h"

#include <stdio.h>

struct zone_text {
	const char *domain;
	const struct tsig_key *key; /* the account's, then the devices' */
	size_t keys;
	int keys_only;
	const char *addresses; /* dnsd: of the name server; NULL = to be filled in */
};

void zone_text_bind(const struct zone_text *z, FILE *out);
void zone_text_knot(const struct zone_text *z, FILE *out);
void zone_text_powerdns(const struct zone_text *z, FILE *out); /* a script for sh */
void zone_text_dnsd(const struct zone_text *z, FILE *out);

#endif
