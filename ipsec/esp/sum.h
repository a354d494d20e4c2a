/* The Internet checksum (RFC 1071).  Pure. */
#ifndef IPSEC_ESP_SUM_H
#define IPSEC_ESP_SUM_H

#include <stddef.h>
#include <stdint.h>

/* A sum of 16-bit words in memory order, not folded yet: sums of pieces of even length may be
 * added. */
uint64_t sum_of(const uint8_t *data, size_t len);
/* The same of data, which is copied on the way. */
uint64_t sum_copy(uint8_t *to, const uint8_t *data, size_t len);
/* Of the pseudo-header of a packet with IPv6 header ip: its addresses, and what is given. */
uint64_t sum_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t len);

/* Down to 16 bits, to be stored as they are in memory; not complemented. */
uint16_t sum_fold(uint64_t sum);
/* Write the checksum that makes a packet whose sum (the field being zero) is this one right; UDP's
 * zero means "none", so it is never written. */
void sum_store(uint8_t field[2], uint64_t sum);

#endif
