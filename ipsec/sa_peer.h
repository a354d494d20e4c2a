/*
 * Whom an IKE SA of libcharon is with.  For libcharon's own threads, while they have the SA checked
 * out.
 */
#ifndef IPSEC_SA_PEER_H
#define IPSEC_SA_PEER_H

#include "ipsec/peers.h"

/* The identity the other side claims: of a name kind, or "". */
void sa_name(ike_sa_t *sa, char name[MSG_NAME_MAX]);

/* The certificate that was used, or, when none was accepted, the one that was shown; NULL when
 * there was none.  libcharon's. */
certificate_t *sa_certificate(ike_sa_t *sa);

/* Lock held.  The peer, or NULL, and its tunnel, or NULL. */
struct peer *sa_peer(ike_sa_t *sa, struct tunnel **t);

/* Lock held.  A step of this IKE SA in the peer's ladder; text may be "". */
void sa_note(struct peer *p, ike_sa_t *sa, enum ipsec_step kind, const char *text);

#endif
