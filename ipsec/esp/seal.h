/* From an inner packet to an ESP packet (RFC 4303 2, 3.3; RFC 4106; RFC 7634). */
#ifndef IPSEC_ESP_SEAL_H
#define IPSEC_ESP_SEAL_H

#include "ipsec/esp/sa.h"

#define ESP_HEADER_LEN 8 /* SPI, sequence number */
#define ESP_IV_LEN 8
#define ESP_FRONT (ESP_HEADER_LEN + ESP_IV_LEN)
#define ESP_TRAILER_LEN 2 /* pad length, next header; the padding is before them */
#define ESP_AAD_MAX 12
#define ESP_NEXT_IPV6 41
#define ESP_NEXT_NONE 59 /* an empty packet (RFC 4303 2.6) */

/*
 * Put p->len octets at p->data into the next packet of an outbound SA, in place: 16 octets before
 * and 21 after are written.  p becomes the ESP packet.  0; or -1, and p as before, when all
 * sequence numbers are used or the cipher fails.
 */
int seal_packet(struct sa *sa, struct esp_packet *p, uint8_t next_header);

/* What the ICV covers in front of the packet, and its length: SPI and sequence number, the latter
 * whole if esn != 0 (RFC 4106 5).  Shared with the opening side, like the nonce. */
size_t seal_aad(uint32_t spi, uint64_t seq, int esn, uint8_t aad[ESP_AAD_MAX]);
/* Salt and the packet's IV (RFC 4106 4, RFC 7634 2). */
void seal_nonce(const struct sa *sa, const uint8_t iv[ESP_IV_LEN], uint8_t nonce[AEAD_NONCE_LEN]);

#endif
