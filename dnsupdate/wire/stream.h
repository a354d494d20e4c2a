/* DNS over a byte stream: each message follows its length in two octets (RFC 1035 section 4.2.2).
 */
#ifndef DNSUPDATE_WIRE_STREAM_H
#define DNSUPDATE_WIRE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define STREAM_PREFIX 2

/* Octets for in front of a message of len octets (12..65535); 0, or -1. */
int stream_prefix(uint8_t out[STREAM_PREFIX], size_t len);

/*
 * Look at the have octets received so far.
 *   1  a whole message: *msg (into data), *len; remove *len + STREAM_PREFIX octets afterwards
 *   0  more is needed: *len octets in all at least
 *  -1  no DNS: shorter than a header or longer than max; close
 */
int stream_next(const uint8_t *data, size_t have, size_t max, const uint8_t **msg, size_t *len);

#endif
