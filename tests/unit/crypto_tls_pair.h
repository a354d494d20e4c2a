/* Both sides of TLS over a socket pair, for the tests of it. */
#ifndef UNIT_CRYPTO_TLS_PAIR_H
#define UNIT_CRYPTO_TLS_PAIR_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/proc.h"
#include "crypto/cert.h"
#include "crypto/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS 200
#define NAME "ns.alice.example.com"
#define DER_MAX 2048

/* ---- a server, a client, and what they need ---- */

struct side {
	struct tls_context *context;
	struct tls *tls;
	int fd;
};

struct pair {
	struct side client, server;
	uint8_t seed[ED25519_SEED_LEN], key[ED25519_PKCS8_LEN], cert[DER_MAX];
	size_t cert_len;
	struct pin pin;
	char why[TLS_TEXT_MAX];
};

static inline void
make_server_key(struct pair *p)
{
	ssize_t len;

	memset(p->seed, 7, sizeof p->seed);
	ed25519_to_pkcs8(p->seed, p->key);
	len = cert_make_server(NAME, p->seed, p->cert, sizeof p->cert);
	assert_true(len > 0);
	p->cert_len = (size_t)len;
	assert_int_equal(pin_of_seed(p->seed, &p->pin), 0);
}

static inline void
make_server(struct pair *p)
{
	struct tls_settings s = {.cert = {p->cert, p->cert_len}, .key = {p->key, sizeof p->key}};

	p->server.context = tls_server_context(&s, p->why);
	assert_string_equal(p->why, "");
	assert_non_null(p->server.context);
}

static inline void
make_sockets(struct pair *p)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	p->client.fd = fd[0];
	p->server.fd = fd[1];
}

static inline void
start_side(struct side *s)
{
	s->tls = tls_new(s->context, s->fd);
	assert_non_null(s->tls);
}

static inline void
setup(struct pair *p, const struct tls_settings *client)
{
	const struct tls_settings pinned = {.pins = &p->pin, .pin_count = 1};

	memset(p, 0, sizeof *p);
	make_server_key(p);
	make_server(p);
	make_sockets(p);
	p->client.context = tls_client_context(client != NULL ? client : &pinned, p->why);
	assert_string_equal(p->why, "");
	assert_non_null(p->client.context);
	start_side(&p->client);
	start_side(&p->server);
}

static inline void
end_side(struct side *s)
{
	tls_free(s->tls);
	tls_context_free(s->context);
	if (s->fd >= 0)
		close(s->fd);
}

static inline void
teardown(struct pair *p)
{
	end_side(&p->client);
	end_side(&p->server);
}

/* Let both go on until neither waits any more: 0 when both are through. */
static inline int
shake(struct pair *p)
{
	int a = -1, b = -1;

	for (int i = 0; i < TURNS; i++) {
		if (a == -1 && (a = tls_handshake(p->client.tls)) == -1 && errno != EAGAIN)
			a = -2;
		if (b == -1 && (b = tls_handshake(p->server.tls)) == -1 && errno != EAGAIN)
			b = -2;
	}
	return a == 0 && b == 0 ? 0 : -1;
}

/* What one side says arrives at the other. */
static inline void
carry(struct side *from, struct side *to, const char *text)
{
	char got[64] = "";

	assert_int_equal(tls_write(from->tls, text, strlen(text)), strlen(text));
	assert_int_equal(tls_read(to->tls, got, sizeof got), strlen(text));
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(tls_read(to->tls, got, sizeof got), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(tls_wants(to->tls), TLS_WANT_READ);
}

#endif
