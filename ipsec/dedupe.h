/*
 * Which tunnel stays when two machines called each other at the same moment.  Pure.
 *
 * IKEv2 has no tie-break for two IKE_SA_INIT that cross (RFC 7296): both succeed, and there are
 * two IKE SAs.  Both ends apply the rule below to what they see and come to the same answer without
 * a word, because it uses only what both know: who initiated, both names, and which is newer.
 * Whoever initiated a losing SA deletes it; the other end waits for that.
 */
#ifndef IPSEC_DEDUPE_H
#define IPSEC_DEDUPE_H

#include <stddef.h>
#include <stdint.h>

/* Judge so long after an SA came up beside another: its CHILD SA is there by then. */
#define DEDUPE_DELAY_MS 50
/* SAs that came up within this time of each other crossed; a later one means that its initiator
 * had lost the earlier one (it restarted), so the newest wins. */
#define DEDUPE_CROSSING_MS 10000

struct dedupe_sa {
	uint64_t up_ms; /* when it was established */
	uint64_t spi; /* the initiator's IKE SPI: breaks ties, known to both ends */
	uint8_t mine; /* we initiated it */
	uint8_t drop; /* result: delete it now */
};

/*
 * Judge the n established SAs with one peer.  prefer_mine: our name is the smaller of the two
 * (dedupe_prefer_mine).  Sets drop and returns the index of the SA that stays; n is at least 1.
 */
size_t dedupe(struct dedupe_sa *sa, size_t n, int prefer_mine);

/* Is our name the smaller one?  ASCII case does not count. */
int dedupe_prefer_mine(const char *own_name, const char *peer_name);

#endif
