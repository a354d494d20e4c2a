/*
 * The clock that a router shows in its NAT-PMP and PCP answers: seconds since it last lost its
 * mappings.  PURE.
 */
#ifndef NATPMP_EPOCH_H
#define NATPMP_EPOCH_H

#include <stdint.h>

struct epoch {
	uint64_t heard_ms; /* our boot clock when sec was heard; 0 = never */
	uint32_t sec;
};

/* Take the router's clock as just heard.  1 when it says that the router has lost its state since
 * the last time (RFC 6886 section 3.6: it lags behind ours by more than an eighth), else 0. */
int epoch_hear_pmp(struct epoch *e, uint32_t sec, uint64_t now);
/* The same by PCP's rule (RFC 6887 section 8.5: it went back, or the two clocks differ by more
 * than a sixteenth). */
int epoch_hear_pcp(struct epoch *e, uint32_t sec, uint64_t now);

#endif
