/* Our key and certificate, the account's CAs as the only trust anchors, and the reading of a peer's
 * certificate. */
#ifndef IPSEC_CREDS_H
#define IPSEC_CREDS_H

#include "ipsec/swan.h"

#include "base/msg.h"
#include "identity/lineage.h"
#include "ipsec/claim.h"

void creds_init(void);
/* Parse and keep one credential.  0, or -1 when it is no such thing. */
int creds_add(enum ipsec_credential kind, const uint8_t *der, size_t len);
/* All three are there, and a CA signed the certificate. */
int creds_complete(void);
/* New references; the CA is the account's first, to which the others lead back. */
certificate_t *creds_own(void);
certificate_t *creds_ca(void);

/* The account's certification keys, and those it has got since (a lineage that holds, and extends
 * the known one): certificates by these are trusted, too, from now on. */
const struct lineage *creds_cas(void);
void creds_follow(const struct lineage *cas, const char *domain);

/* Its public key: 0, or -1 when that is not Ed25519. */
int creds_key(certificate_t *cert, uint8_t out[ED25519_PUBLIC_LEN]);

/* What this certificate (NULL = none) says about a peer with this name. */
void creds_read(certificate_t *cert, const char *name, struct claim *out);

/* After libcharon_deinit, before library_deinit. */
void creds_free(void);

#endif
