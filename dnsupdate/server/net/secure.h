/*
 * The server's TLS: its key, the connections, and the certificates of clients.
 *
 * The key is a file.  One that has certificates in it, PEM, is used as it is.  One with an Ed25519
 * key alone, which is what is made when there is no file, gets a certificate that it signs itself:
 * clients know the server by the pin of its key (RFC 7858 section 4.2), which this prints.
 */
#ifndef DNSUPDATE_SERVER_NET_SECURE_H
#define DNSUPDATE_SERVER_NET_SECURE_H

#include "crypto/tls.h"
#include "dnsupdate/server/net/conn.h"

#define SECURE_WHY_MAX 320

struct secure;

/* Read the key, which is made when the file is missing; name stands in the certificate we make.
 * NULL with a sentence in why. */
struct secure *secure_new(const char *key_path, const char *name, char why[SECURE_WHY_MAX]);
/* After the connections; NULL is fine. */
void secure_free(struct secure *s);

/* The pin of the key, in base64. */
const char *secure_pin(const struct secure *s, char out[PIN_TEXT_MAX]);

/* Clients with a certificate of this account (a file with its CA certificate) may read z.  0, or -1
 * with a sentence in why. */
int secure_add_account(
    struct secure *s, const struct zone *z, const char *ca_path, char why[SECURE_WHY_MAX]);
/* Did the client of c show one that counts for z?  ctx is a struct secure. */
int secure_certified(void *ctx, const struct conn *c, const struct zone *z);
/* z is going. */
void secure_zone_gone(struct secure *s, const struct zone *z);

/* A client has connected to a TLS port: conn_new. */
void secure_accept(struct secure *s, struct conns *cs, int fd, const union socket_address *from);

#endif
