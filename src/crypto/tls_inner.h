/* What the files of TLS share: nobody else includes this. */
#ifndef CRYPTO_TLS_INNER_H
#define CRYPTO_TLS_INNER_H

#include "crypto/tls.h"

#include <openssl/ssl.h>

struct tls_context {
	SSL_CTX *ctx;
	int server;
	struct pin pins[TLS_PINS_MAX];
	size_t pin_count;
	char name[TLS_NAME_MAX]; /* empty = none */
	X509 **ca; /* server: the authorities in the order they came */
	unsigned cas;
};

struct tls {
	SSL *ssl;
	const struct tls_context *context;
	int fd;
	uint8_t eof; /* of the socket */
	uint8_t wants;
	uint8_t failed;
	uint8_t stranger; /* nobody vouches for the client's certificate */
	uint8_t shown; /* seen is set */
	struct pin seen; /* of the server's key, when it is not a pinned one */
	char error[TLS_TEXT_MAX];
};

/* Say in t->error why the last call of OpenSSL failed, from its error queue, which is emptied;
 * system is errno after that call. */
void tls_explain(struct tls *t, int system);

/* The pin of a certificate's key; 0 or -1. */
int tls_pin_of(X509 *x, struct pin *out);

/* The first certificate in DER or PEM, or NULL. */
X509 *tls_first_cert(const void *data, size_t len);

#endif
