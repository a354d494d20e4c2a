/*
 * The two kinds of X.509 certificate an account has (RFC 5280, Ed25519 by RFC 8410): the account's
 * own CA certificate, and one for each device; and the one of a name server.  All are functions of
 * their arguments: the same keys and names always give the same octets, so that every device that
 * knows the account's secret makes the same CA certificate.
 *
 *   CA      subject = issuer = CN domain, serial 1, CA:TRUE pathlen 0, keyCertSign; a later one
 *           (identity/lineage.h) is signed by the one before it and has another serial
 *   device  subject CN host label, SAN dNSName full name and iPAddress ULA, CA:FALSE,
 *           digitalSignature
 *   server  subject = issuer = CN autotunnel-dnsd, SAN dNSName its name, CA:FALSE,
 *           digitalSignature; known by its pin (pin.h), not by an authority
 * Valid from 2020 (a device may start without a clock) and never expiring (RFC 5280 4.1.2.5).
 */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "crypto/ed25519.h"

#include <sys/types.h>

#define CERT_NAME_MAX 65 /* a common name and NUL (X.520's limit) */
#define CERT_DNS_MAX 256

struct cert_info {
	uint8_t public_key[ED25519_PUBLIC_LEN];
	int is_ca;
	char common_name[CERT_NAME_MAX];
	char issuer[CERT_NAME_MAX]; /* its common name */
	char dns_name[CERT_DNS_MAX]; /* this and address: devices only */
	uint8_t address[16];
};

/* Write the CA certificate of this seed as DER.  Returns its length, -1 when name is empty or
 * longer than CERT_NAME_MAX - 1, or when it does not fit. */
ssize_t cert_make_ca(
    const char *name, const uint8_t seed[ED25519_SEED_LEN], uint8_t *out, size_t size);

/* The same for a CA's key that the CA before it, whose seed this is, hands over to. */
ssize_t cert_make_next_ca(const char *name, const uint8_t key[ED25519_PUBLIC_LEN],
    const uint8_t issuer_seed[ED25519_SEED_LEN], uint8_t *out, size_t size);

/* Either of them again from its public parts: the signature is its last ED25519_SIGNATURE_LEN
 * octets.  Does not say whether that is good: cert_issued_by does. */
ssize_t cert_rebuild_ca(const char *name, const uint8_t key[ED25519_PUBLIC_LEN],
    const uint8_t issuer_key[ED25519_PUBLIC_LEN], const uint8_t signature[ED25519_SIGNATURE_LEN],
    uint8_t *out, size_t size);

/* Write a device's certificate as DER, signed by the CA of this seed; info says all but is_ca. */
ssize_t cert_make_device(const struct cert_info *info, const uint8_t ca_seed[ED25519_SEED_LEN],
    uint8_t *out, size_t size);

/* Write a name server's certificate as DER, signed by itself. */
ssize_t cert_make_server(
    const char *dns_name, const uint8_t seed[ED25519_SEED_LEN], uint8_t *out, size_t size);

/* How many octets the first certificate in der has; 0 when it begins with none. */
size_t cert_length(const void *der, size_t len);

/* Read a certificate of an account's two kinds.  0; -1 when it is not exactly one DER certificate,
 * not Ed25519, or has not just the names its kind has.  Checks no signature. */
int cert_read(const void *der, size_t len, struct cert_info *out);

/* 1 when ca names itself as the issuer of cert and its key made cert's signature. */
int cert_issued_by(const void *cert, size_t cert_len, const void *ca, size_t ca_len);

#endif
