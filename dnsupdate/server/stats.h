/* What is counted.  Plain numbers, from the start of the process. */
#ifndef DNSUPDATE_SERVER_STATS_H
#define DNSUPDATE_SERVER_STATS_H

#include <stdint.h>

#define STATS_RCODES 17 /* 0..15 and BADVERS */

struct stats {
	uint64_t queries[3]; /* by enum transport */
	uint64_t updates[3];
	uint64_t other[3]; /* NOTIFY, unknown opcodes */
	uint64_t malformed; /* no answer possible */
	uint64_t rcode[STATS_RCODES];
	uint64_t truncated;
	uint64_t knocks;
	uint64_t rrl_dropped, rrl_slipped;
	uint64_t tsig_bad; /* BADKEY, BADSIG, BADTIME, BADTRUNC */
	uint64_t replays; /* answered again, or refused */
	uint64_t commits, commits_failed, commits_silent; /* silent: nothing visible changed */
	uint64_t leases_expired; /* groups */
	uint64_t streams_accepted, streams_refused;
	uint64_t streams_open;
};

#endif
