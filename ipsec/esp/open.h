/* From an ESP packet to what is inside (RFC 4303 3.4). */
#ifndef IPSEC_ESP_OPEN_H
#define IPSEC_ESP_OPEN_H

#include "ipsec/esp/sa.h"

#define OPEN_OK ESP_DROP_MAX

/* The SPI of an ESP packet; 0 when it is too short or not aligned to be one. */
uint32_t open_spi(const uint8_t *data, size_t len);

/*
 * Check the sequence number and the ICV of a packet of this inbound SA, decrypt it in place, and
 * note its number as seen.  p becomes the plaintext with its trailer; *newest is set to 1 when no
 * packet with a higher number was seen.  OPEN_OK, ESP_DROP_SHORT, ESP_DROP_REPLAY or
 * ESP_DROP_AUTH (then p points to garbage).
 */
enum esp_drop open_packet(struct sa *sa, struct esp_packet *p, int *newest);

/* Take the trailer off an opened packet and tell what it says is inside.  0, or -1 when padding
 * or its length are wrong. */
int open_trailer(struct esp_packet *p, uint8_t *next_header);

#endif
