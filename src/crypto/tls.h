/*
 * TLS 1.3, both sides, over a non-blocking socket, for DNS over TLS (RFC 7858, 8310; strict, never
 * opportunistic).  OpenSSL behind it; no file is read once tls_prepare has been called, so it works
 * in a sandboxed process: keys, certificates and authorities are given as bytes.
 *
 * There are no older versions, no tickets, no resumption, no early data, no compression, no
 * renegotiation.  ALPN is "dot": offered by the client, chosen by the server; a client that offers
 * only other protocols is turned away.
 *
 * A context holds what connections have in common.  It must outlive them.
 */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include "crypto/pin.h"

#include <sys/types.h>

#define TLS_TEXT_MAX 160 /* a sentence for people */
#define TLS_NAME_MAX 256
#define TLS_PINS_MAX 8

struct tls_context;
struct tls;

struct tls_bytes {
	const void *data; /* NULL = none */
	size_t len;
};

/* All is copied. */
struct tls_settings {
	/* Our own certificate, and those between it and the root when PEM; its private key (PKCS#8
	 * DER or PEM).  A server must have them; a client shows them when it is asked. */
	struct tls_bytes cert, key;
	/* Client: the server is who has one of these keys, whatever its certificate says. */
	const struct pin *pins;
	size_t pin_count;
	/* Client, without pins: the server is who has a valid certificate for this name under one
	 * of these authorities (PEM).  The name is sent as SNI, in the other case too if it is set.
	 */
	const char *name;
	struct tls_bytes authorities;
};

/* Read OpenSSL's configuration and fetch what it needs: before the sandbox closes.  Ends the
 * process when there is no TLS 1.3 to be had. */
void tls_prepare(void);

/* NULL with why filled when the settings cannot work.  A client with neither pins nor name and
 * authorities cannot: there is no unverified TLS. */
struct tls_context *tls_client_context(const struct tls_settings *s, char why[TLS_TEXT_MAX]);
struct tls_context *tls_server_context(const struct tls_settings *s, char why[TLS_TEXT_MAX]);
/* NULL is fine. */
void tls_context_free(struct tls_context *c);

/* Server: ask each client for a certificate (it may have none) and believe those of this authority
 * (one certificate, DER or PEM).  May be called at any time, for later connections.  Returns the
 * authority's number, counted from 0, or -1 when it is none. */
int tls_server_add_ca(struct tls_context *c, struct tls_bytes ca);

/* A connection over fd, which stays the caller's and must be open until tls_free; it may still be
 * connecting.  Which side it is follows from the context.  Out of memory gives NULL. */
struct tls *tls_new(struct tls_context *c, int fd);
/* Says nothing to the other side; NULL is fine. */
void tls_free(struct tls *t);

/*
 * All of these never block.  -1 with errno EAGAIN means: come back when the descriptor is ready for
 * what tls_wants says (it may be "write" for a read and the other way about); with EPROTO: it is
 * over, tls_error says why.  tls_read must be called until EAGAIN: octets may be inside already
 * though the descriptor is silent.
 */
#define TLS_WANT_READ 1 /* as LOOP_READ, LOOP_WRITE */
#define TLS_WANT_WRITE 2

/* 0 when the handshake is done: the other side is who it should be. */
int tls_handshake(struct tls *t);
/* Octets read; 0 when the other side said that it will send no more (we still may). */
ssize_t tls_read(struct tls *t, void *data, size_t size);
/* Octets taken, at least one; fewer than len when the socket is full.  After EAGAIN the same octets
 * must be offered again first. */
ssize_t tls_write(struct tls *t, const void *data, size_t len);
/* Tell the other side that nothing more comes (close_notify).  Best effort: 0, or -1. */
int tls_close(struct tls *t);

int tls_wants(const struct tls *t);
/* Is there something to read that the descriptor does not show? */
int tls_has_pending(const struct tls *t);
/* A sentence without a full stop; empty while nothing went wrong. */
const char *tls_error(const struct tls *t);

/* The pin of the other side's key; 0, or -1 when it has shown none (yet). */
int tls_peer_pin(const struct tls *t, struct pin *out);
/* Server: the first dNSName of the client's verified certificate, and the number of its authority.
 * 0; -1 when it has none, or one that no authority of ours vouches for (the connection stands: it
 * is a stranger's). */
int tls_peer_name(const struct tls *t, char out[TLS_NAME_MAX], unsigned *ca);

#endif
