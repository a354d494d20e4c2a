/* Getting hold of IKE SAs.  For the main thread, without the peers' lock. */
#ifndef IPSEC_HANDLE_H
#define IPSEC_HANDLE_H

#include "ipsec/swan.h"

/* The IKE SA with this number, for us alone until it is checked in; NULL when it is gone. */
ike_sa_t *sa_check_out(uint32_t sa);
/* Destroys it when status is DESTROY_ME. */
void sa_check_in(ike_sa_t *sa, status_t status);
/* Delete an IKE SA.  at_once: tell the peer, but do not wait for its answer. */
void sa_end(uint32_t sa, int at_once);

/* Our address towards there, with our port; NULL without a way. */
host_t *own_host(host_t *other);

/* Make *wait_ms no longer than other. */
void sooner(uint64_t *wait_ms, uint64_t other);

#endif
