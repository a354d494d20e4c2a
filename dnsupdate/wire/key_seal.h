/*
 * A device's TSIG key on its way to the name server, in a record of the account's own update:
 *
 *	_tsig.HOST  TYPE65281  version (1), algorithm (1), nonce (12), secret sealed, tag (16)
 *
 * sealed by AES-256-GCM under HKDF-SHA256(secret of the account's key that signs the update, no
 * salt, "autotunnel-tsig-seal"), with HOST's wire format, lower case, and the algorithm as
 * additional data.  So it may travel over UDP and through a server that knows nothing of it, which
 * then stores it as a record of an unknown type: whoever reads that learns nothing.
 */
#ifndef DNSUPDATE_WIRE_KEY_SEAL_H
#define DNSUPDATE_WIRE_KEY_SEAL_H

#include "dnsupdate/wire/tsig.h"

#define TYPE_SEALED_KEY 65281 /* of the private range, RFC 6895 section 3.1 */
#define KEY_SEAL_LABEL "_tsig"

/* _tsig.HOST; -1 when too long.  And back: -1 when owner is no such name. */
int key_seal_owner(struct name *out, const struct name *host);
int key_seal_host(struct name *out, const struct name *owner);

/* key's name is the host's.  0, or -1 when the engine fails. */
int key_seal(struct rdata *out, const struct tsig_signer *key, const void *account_secret,
    size_t account_len);

/* Open the data of such a record for host; out->secret then points into secret.  0, or -1 when it
 * was sealed for another host or by another account, or is malformed. */
int key_open(struct tsig_signer *out, uint8_t secret[MSG_SECRET_MAX], const struct rdata *rd,
    const struct name *host, const void *account_secret, size_t account_len);

#endif
