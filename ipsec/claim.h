/*
 * What a peer's certificate says, held against what we know of the peer (RFC 4301 4.4.3: which
 * identity may own which address).  Pure: creds.c fills the claim from X.509.
 */
#ifndef IPSEC_CLAIM_H
#define IPSEC_CLAIM_H

#include "base/msg.h"
#include "identity/roster.h"

struct claim {
	int present; /* a certificate was shown at all */
	int by_our_ca; /* the account CA's signature is on it */
	int in_time; /* now is within its validity */
	int has_name; /* a SAN dNSName equals the peer's name, exactly */
	int ulas; /* how many SAN iPAddress entries are IPv6 */
	uint8_t ula[16]; /* the first of them */
	int has_key; /* its public key is Ed25519 */
	uint8_t key[ROSTER_KEY_LEN]; /* as the roster names it */
};

/* 0 when the claim holds for a peer with this name and this ULA (from DNS; the certificate
 * decides); else -1 with a sentence in why. */
int claim_check(
    const struct claim *c, const char *name, const uint8_t ula[16], char why[MSG_TEXT_MAX]);

#endif
