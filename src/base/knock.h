/*
 * A knock: the datagram by which somebody outside shows that our door is open.  We choose a number
 * that nobody can guess and tell it to the name server, which sends it to our port; if it arrives,
 * so would a peer's call.  autotunnel-dnsd writes it, the IKE worker reads it.
 *
 * It is a STUN binding indication (RFC 8489 section 3: nothing is ever sent back) without
 * attributes, whose transaction ID is the number, behind the non-ESP marker (RFC 3948 section 2.2),
 * since the kernel's ESP takes everything else for itself.  Too short for IKE: other daemons drop
 * it.
 */
#ifndef BASE_KNOCK_H
#define BASE_KNOCK_H

#include <stddef.h>
#include <stdint.h>

#define KNOCK_NONCE_LEN 12
#define KNOCK_LEN 24

/* How the name server is asked for one: TXT at this, below whoami.ZONE. */
#define KNOCK_TEXT_MAX (2 * KNOCK_NONCE_LEN + sizeof ".65535")
const char *knock_text(
    const uint8_t nonce[KNOCK_NONCE_LEN], uint16_t port, char out[KNOCK_TEXT_MAX]);
/* The number in hexadecimal, of len characters in lower case.  0, or -1. */
int knock_nonce(const char *hex, size_t len, uint8_t out[KNOCK_NONCE_LEN]);

void knock_write(uint8_t out[KNOCK_LEN], const uint8_t nonce[KNOCK_NONCE_LEN]);
/* The number in a datagram, or NULL when it is no knock. */
const uint8_t *knock_read(const void *data, size_t len);

#endif
