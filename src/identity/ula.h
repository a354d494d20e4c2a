/*
 * Addresses made from keys.  An account's prefix is fd and the first 40 bits of SHA-256 of its CA
 * key (RFC 4193 section 3.2: a /48 with 40 bits nobody can predict); a device's address is that,
 * subnet 0, and the first 64 bits of SHA-256 of the device's key.  So an address is stable, says
 * nothing about the hardware, and no other device can claim it.
 */
#ifndef IDENTITY_ULA_H
#define IDENTITY_ULA_H

#include "crypto/ed25519.h"

#define ULA_PREFIX_LEN 48 /* bits all devices of an account share */

void ula_derive(const uint8_t ca_key[ED25519_PUBLIC_LEN],
    const uint8_t device_key[ED25519_PUBLIC_LEN], uint8_t out[16]);

#endif
