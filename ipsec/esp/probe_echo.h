/*
 * What a probe is: an ICMPv6 echo request (RFC 4443 4.1) to the peer's ULA, which its own system
 * answers, padded inside ESP to the size in question (TFC padding, RFC 4303 2.7).  Any ESP will do
 * at the other end.  Pure.
 *
 * An answer must carry a cookie, which only the peer that was asked has seen: it is a keyed hash of
 * that peer's ULA and the probe.  So nothing about probes under way needs to be looked up, and none
 * of the user's own pings is taken for one.
 */
#ifndef IPSEC_ESP_PROBE_ECHO_H
#define IPSEC_ESP_PROBE_ECHO_H

#include "crypto/siphash.h"

#define PROBE_ECHO_LEN 64

/* Write PROBE_ECHO_LEN octets. */
void probe_echo_make(uint8_t *out, const uint8_t from[16], const uint8_t to[16], uint32_t number,
    int large, const struct siphash_key *key);
/* Is this whole IPv6 packet an answer to one of ours?  Its source must have been proven. */
int probe_echo_answers(
    const uint8_t *packet, size_t len, const struct siphash_key *key, uint32_t *number, int *large);

#endif
