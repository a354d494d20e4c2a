/*
 * Both sides of TLS over a socket pair.  Where one side must misbehave, OpenSSL itself plays it.
 */
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

static void
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

static void
make_server(struct pair *p)
{
	struct tls_settings s = {.cert = {p->cert, p->cert_len}, .key = {p->key, sizeof p->key}};

	p->server.context = tls_server_context(&s, p->why);
	assert_string_equal(p->why, "");
	assert_non_null(p->server.context);
}

static void
make_sockets(struct pair *p)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	p->client.fd = fd[0];
	p->server.fd = fd[1];
}

static void
start_side(struct side *s)
{
	s->tls = tls_new(s->context, s->fd);
	assert_non_null(s->tls);
}

static void
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

static void
end_side(struct side *s)
{
	tls_free(s->tls);
	tls_context_free(s->context);
	if (s->fd >= 0)
		close(s->fd);
}

static void
teardown(struct pair *p)
{
	end_side(&p->client);
	end_side(&p->server);
}

/* Let both go on until neither waits any more: 0 when both are through. */
static int
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
static void
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

/* ---- the ordinary case ---- */

static void
test_pinned(void **state)
{
	struct pin seen;
	struct pair p;
	char name[TLS_NAME_MAX];
	unsigned ca;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	carry(&p.client, &p.server, "who is there");
	carry(&p.server, &p.client, "I am");
	assert_int_equal(tls_peer_pin(p.client.tls, &seen), 0);
	assert_memory_equal(&seen, &p.pin, sizeof seen);
	assert_int_equal(tls_peer_pin(p.server.tls, &seen), -1);
	assert_int_equal(tls_peer_name(p.server.tls, name, &ca), -1);
	assert_string_equal(tls_error(p.client.tls), "");
	teardown(&p);
}

/* A spare pin may be the right one; none of two wrong ones is. */
static void
test_pins(void **state)
{
	struct pin pins[2] = {{{1}}, {{2}}};
	struct tls_settings s = {.pins = pins, .pin_count = 2};
	char want[TLS_TEXT_MAX], text[PIN_TEXT_MAX];
	struct pair p;

	setup(&p, &s);
	assert_int_equal(shake(&p), -1);
	snprintf(want, sizeof want, "the server's key is not the pinned one; its pin is %s",
	    pin_text(&p.pin, text));
	assert_string_equal(tls_error(p.client.tls), want);
	assert_int_equal(tls_write(p.client.tls, "x", 1), -1);
	assert_int_equal(errno, EPROTO);
	pins[1] = p.pin;
	teardown(&p);
	setup(&p, &s);
	assert_int_equal(shake(&p), 0);
	teardown(&p);
}

/* Nobody is believed without a reason, and settings that cannot work say why. */
static void
test_settings(void **state)
{
	struct tls_settings none = {0}, name = {.name = NAME},
			    junk = {.name = NAME, .authorities = {"junk", 4}};
	struct tls_settings server = {.key = {"junk", 4}, .cert = {"junk", 4}};
	char why[TLS_TEXT_MAX];
	struct pair p;

	assert_null(tls_client_context(&none, why));
	assert_string_equal(
	    why, "neither a pin nor a name is known by which to recognise the server");
	assert_null(tls_client_context(&name, why));
	assert_string_equal(why, "no authority is known that could vouch for the server");
	assert_null(tls_client_context(&junk, why));
	assert_null(tls_server_context(&server, why));
	assert_string_equal(why, "the private key cannot be read (PKCS#8, no passphrase)");
	memset(&p, 0, sizeof p);
	make_server_key(&p);
	server.key = (struct tls_bytes) {p.key, sizeof p.key};
	assert_null(tls_server_context(&server, why));
	assert_string_equal(why, "the certificate cannot be read");
	server.cert = (struct tls_bytes) {p.cert, p.cert_len};
	p.key[ED25519_PKCS8_LEN - 1] ^= 1;
	assert_null(tls_server_context(&server, why));
	assert_string_equal(why, "the certificate is not that of the private key");
}

/* More than a socket holds: writes are short or wait, reads find all of it in order. */
static void
test_bulk(void **state)
{
	static uint8_t out[1 << 20], in[1 << 20];
	size_t sent = 0, got = 0;
	struct pair p;
	int waited = 0;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 31 >> 3);
	while (got < sizeof in) {
		ssize_t n =
		    sent < sizeof out ? tls_write(p.client.tls, out + sent, sizeof out - sent) : -1;

		if (n > 0)
			sent += (size_t)n;
		else if (sent < sizeof out)
			waited += tls_wants(p.client.tls) == TLS_WANT_WRITE;
		if (n > 0)
			continue;
		while ((n = tls_read(p.server.tls, in + got, sizeof in - got)) > 0)
			got += (size_t)n;
		assert_int_equal(errno, EAGAIN);
	}
	assert_memory_equal(in, out, sizeof in);
	assert_true(waited > 0);
	teardown(&p);
}

/* What was read ahead is announced. */
static void
test_pending(void **state)
{
	struct pair p;
	char c;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	assert_int_equal(tls_write(p.client.tls, "ab", 2), 2);
	assert_int_equal(tls_write(p.client.tls, "cd", 2), 2);
	for (const char *want = "abcd"; *want != '\0'; want++) {
		assert_int_equal(tls_read(p.server.tls, &c, 1), 1);
		assert_int_equal(c, *want);
		assert_int_equal(tls_has_pending(p.server.tls) != 0, *want != 'd');
	}
	teardown(&p);
}

/* ---- endings ---- */

static void
test_half_close(void **state)
{
	struct pair p;
	char c;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	assert_int_equal(tls_close(p.client.tls), 0);
	assert_int_equal(tls_read(p.server.tls, &c, 1), 0);
	/* The client says no more, but listens. */
	carry(&p.server, &p.client, "last words");
	assert_int_equal(tls_close(p.server.tls), 0);
	assert_int_equal(tls_read(p.client.tls, &c, 1), 0);
	teardown(&p);
}

static void
test_cut(void **state)
{
	struct pair p;
	char c;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	close(p.client.fd);
	p.client.fd = -1;
	assert_int_equal(tls_read(p.server.tls, &c, 1), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(tls_error(p.server.tls), "the connection was cut off");
	/* No SIGPIPE, and it stays over. */
	assert_int_equal(tls_write(p.server.tls, "x", 1), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(tls_close(p.server.tls), -1);
	teardown(&p);
}

static void
test_close_too_early(void **state)
{
	struct pair p;

	setup(&p, NULL);
	assert_int_equal(tls_close(p.client.tls), -1);
	assert_int_equal(shake(&p), 0);
	teardown(&p);
}

static void
test_garbage(void **state)
{
	static const char *const texts[] = {"GET / HTTP/1.0\r\n\r\n", "\x00\x1d\x12\x34\x01",
	    "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "\x15\x03\x03\x00\x02\x02\x28"};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		size_t len = i == 0 ? strlen(texts[0]) : i == 1 ? 5 : i == 2 ? 10 : 7;
		struct pair p;

		for (int side = 0; side < 2; side++) {
			struct side *s;

			setup(&p, NULL);
			s = side == 0 ? &p.client : &p.server;
			assert_int_equal(
			    write(side == 0 ? p.server.fd : p.client.fd, texts[i], len), len);
			for (int turn = 0; turn < 3; turn++)
				assert_int_equal(tls_handshake(s->tls), -1);
			if (errno == EAGAIN) { /* five octets may be the head of a long record */
				close(side == 0 ? p.server.fd : p.client.fd);
				*(side == 0 ? &p.server.fd : &p.client.fd) = -1;
				assert_int_equal(tls_handshake(s->tls), -1);
			}
			assert_int_equal(errno, EPROTO);
			assert_string_not_equal(tls_error(s->tls), "");
			teardown(&p);
		}
	}
}

/* ---- OpenSSL itself at the other end ---- */

static SSL *
raw_new(SSL_CTX *ctx, int fd, int server)
{
	SSL *ssl = SSL_new(ctx);

	assert_non_null(ssl);
	SSL_set_fd(ssl, fd);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

/* Ours and a raw one, until neither goes on; returns what ours came to. */
static int
shake_raw(struct side *ours, SSL *raw)
{
	int rc = -1;

	for (int i = 0; i < TURNS; i++) {
		SSL_do_handshake(raw);
		ERR_clear_error();
		if (rc == -1 && (rc = tls_handshake(ours->tls)) == -1 && errno != EAGAIN)
			rc = -2;
	}
	return rc;
}

static void
test_old_client(void **state)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct pair p;
	SSL *raw;

	setup(&p, NULL);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	raw = raw_new(ctx, p.client.fd, 0);
	assert_int_equal(shake_raw(&p.server, raw), -2);
	assert_string_equal(tls_error(p.server.tls), "the other side does not speak TLS 1.3");
	SSL_free(raw);
	SSL_CTX_free(ctx);
	teardown(&p);
}

static SSL_CTX *
raw_server_ctx(const struct pair *p)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	assert_int_equal(SSL_CTX_use_certificate_ASN1(ctx, (int)p->cert_len, p->cert), 1);
	assert_int_equal(
	    SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_ED25519, ctx, p->key, sizeof p->key), 1);
	return ctx;
}

static void
test_old_server(void **state)
{
	struct pair p;
	SSL_CTX *ctx;
	SSL *raw;

	setup(&p, NULL);
	ctx = raw_server_ctx(&p);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	raw = raw_new(ctx, p.server.fd, 1);
	assert_int_equal(shake_raw(&p.client, raw), -2);
	assert_string_equal(tls_error(p.client.tls), "the other side does not speak TLS 1.3");
	SSL_free(raw);
	SSL_CTX_free(ctx);
	teardown(&p);
}

/* TLS 1.3 has no renegotiation; what it has instead are new keys on demand. */
static void
test_new_keys(void **state)
{
	struct pair p;
	SSL_CTX *ctx;
	SSL *raw;
	char c;

	setup(&p, NULL);
	ctx = raw_server_ctx(&p);
	raw = raw_new(ctx, p.server.fd, 1);
	assert_int_equal(shake_raw(&p.client, raw), 0);
	assert_int_equal(SSL_renegotiate(raw), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(SSL_key_update(raw, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(raw, "k", 1), 1);
		assert_int_equal(tls_read(p.client.tls, &c, 1), 1);
		assert_int_equal(tls_write(p.client.tls, "r", 1), 1);
		assert_int_equal(SSL_read(raw, &c, 1), 1);
	}
	SSL_free(raw);
	SSL_CTX_free(ctx);
	teardown(&p);
}

static void
test_alpn(void **state)
{
	static const struct {
		unsigned char offer[16];
		unsigned len;
		int ok;
	} cases[] = {{"\x03"
		      "dot",
			 4, 1},
	    {"\x02h2\x03"
	     "dot",
		7, 1},
	    {"\x02h2", 3, 0}, {"", 0, 1}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
		const unsigned char *chosen;
		unsigned len;
		struct pair p;
		SSL *raw;

		setup(&p, NULL);
		SSL_CTX_set_alpn_protos(ctx, cases[i].offer, cases[i].len);
		raw = raw_new(ctx, p.client.fd, 0);
		assert_int_equal(shake_raw(&p.server, raw), cases[i].ok ? 0 : -2);
		SSL_get0_alpn_selected(raw, &chosen, &len);
		assert_int_equal(len, cases[i].ok && cases[i].len > 0 ? 3 : 0);
		SSL_free(raw);
		SSL_CTX_free(ctx);
		teardown(&p);
	}
}

/* ---- authorities and names ---- */

static EVP_PKEY *
raw_key(uint8_t fill)
{
	uint8_t seed[ED25519_SEED_LEN];

	memset(seed, fill, sizeof seed);
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
}

static void
add_text_ext(X509 *x, int nid, const char *text)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

/* A certificate of key `fill` for name, by the CA of key 99, valid for `days` from yesterday. */
static X509 *
make_cert(uint8_t fill, const char *name, long days)
{
	EVP_PKEY *key = raw_key(fill), *ca = raw_key(99);
	X509 *x = X509_new();
	char san[TLS_NAME_MAX + 8];

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), fill);
	X509_gmtime_adj(X509_getm_notBefore(x), -2 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(x), days * 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"test CA", -1, -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)(fill == 99 ? "test CA" : name), -1, -1, 0);
	add_text_ext(x, NID_basic_constraints, fill == 99 ? "critical,CA:TRUE" : "CA:FALSE");
	if (fill != 99) {
		snprintf(san, sizeof san, "DNS:%s", name);
		add_text_ext(x, NID_subject_alt_name, san);
	}
	assert_true(X509_sign(x, ca, NULL) > 0);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca);
	return x;
}

static size_t
to_pem(X509 *x, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len;

	PEM_write_bio_X509(bio, x);
	len = BIO_read(bio, out, (int)size);
	assert_in_range(len, 1, size - 1);
	BIO_free(bio);
	X509_free(x);
	return (size_t)len;
}

/* A server with a certificate of an authority, and a client that asks for name; what it says. */
static void
try_authority(const char *cert_name, long days, const char *asked, const char *error)
{
	char root[DER_MAX], cert[DER_MAX];
	struct tls_settings client = {.name = asked}, server = {0};
	uint8_t seed[ED25519_SEED_LEN], key[ED25519_PKCS8_LEN];
	struct pair p = {0};

	client.authorities =
	    (struct tls_bytes) {root, to_pem(make_cert(99, "", 100), root, DER_MAX)};
	server.cert =
	    (struct tls_bytes) {cert, to_pem(make_cert(7, cert_name, days), cert, DER_MAX)};
	memset(seed, 7, sizeof seed);
	ed25519_to_pkcs8(seed, key);
	server.key = (struct tls_bytes) {key, sizeof key};
	make_sockets(&p);
	p.server.context = tls_server_context(&server, p.why);
	assert_string_equal(p.why, "");
	p.client.context = tls_client_context(&client, p.why);
	assert_string_equal(p.why, "");
	start_side(&p.client);
	start_side(&p.server);
	assert_int_equal(shake(&p), error == NULL ? 0 : -1);
	assert_string_equal(tls_error(p.client.tls), error == NULL ? "" : error);
	teardown(&p);
}

static void
test_authority(void **state)
{
	try_authority(NAME, 10, NAME, NULL);
	try_authority(
	    NAME, -1, NAME, "the server's certificate is not valid: certificate has expired");
	try_authority(NAME, 10, "other.example.com",
	    "the server's certificate is not for the name other.example.com");
	try_authority("*.example.com", 10, "ns.example.com", NULL);
	try_authority("n*.example.com", 10, "ns.example.com",
	    "the server's certificate is not for the name ns.example.com");
}

/* The name in the subject counts for nothing, nor does a server that vouches for itself. */
static void
test_unknown_authority(void **state)
{
	char root[DER_MAX];
	struct tls_settings s = {.name = NAME};
	struct pair p;

	s.authorities = (struct tls_bytes) {root, to_pem(make_cert(99, "", 100), root, DER_MAX)};
	setup(&p, &s);
	assert_int_equal(shake(&p), -1);
	assert_string_equal(tls_error(p.client.tls),
	    "the server's certificate is not valid: self-signed certificate");
	teardown(&p);
}

/* A pin needs no date: the key is who the server is. */
static void
test_pin_of_expired(void **state)
{
	char cert[DER_MAX];
	uint8_t seed[ED25519_SEED_LEN], key[ED25519_PKCS8_LEN];
	struct tls_settings server = {0}, client = {0};
	struct pair p = {0};

	server.cert = (struct tls_bytes) {cert, to_pem(make_cert(7, NAME, -1), cert, DER_MAX)};
	memset(seed, 7, sizeof seed);
	ed25519_to_pkcs8(seed, key);
	server.key = (struct tls_bytes) {key, sizeof key};
	assert_int_equal(pin_of_cert(cert, server.cert.len, &p.pin), 0);
	client.pins = &p.pin;
	client.pin_count = 1;
	make_sockets(&p);
	p.server.context = tls_server_context(&server, p.why);
	p.client.context = tls_client_context(&client, p.why);
	start_side(&p.client);
	start_side(&p.server);
	assert_int_equal(shake(&p), 0);
	teardown(&p);
}

/* ---- devices at a server ---- */

struct device {
	uint8_t key[ED25519_PKCS8_LEN], cert[DER_MAX], ca[DER_MAX];
	size_t cert_len, ca_len;
	uint8_t next_ca[DER_MAX];
	size_t next_ca_len; /* 0 = there is none */
};

static void
make_device(struct device *d, uint8_t ca_fill, const char *domain)
{
	uint8_t ca_seed[ED25519_SEED_LEN], seed[ED25519_SEED_LEN];
	struct cert_info info = {.common_name = "nas"};

	d->next_ca_len = 0;
	memset(ca_seed, ca_fill, sizeof ca_seed);
	memset(seed, 5, sizeof seed);
	ed25519_to_pkcs8(seed, d->key);
	ed25519_public(seed, info.public_key);
	snprintf(info.issuer, sizeof info.issuer, "%s", domain);
	snprintf(info.dns_name, sizeof info.dns_name, "nas.%s", domain);
	memset(info.address, 0xfd, sizeof info.address);
	d->ca_len = (size_t)cert_make_ca(domain, ca_seed, d->ca, sizeof d->ca);
	d->cert_len = (size_t)cert_make_device(&info, ca_seed, d->cert, sizeof d->cert);
}

/* The name the server knows the device by; -1 when it is a stranger. */
static int
device_name(const struct device *shown, const struct device *known, char *name)
{
	struct tls_settings s = {.cert = {shown->cert, shown->cert_len},
	    .key = {shown->key, sizeof shown->key},
	    .pin_count = 1};
	struct device other;
	unsigned ca = 99;
	struct pair p = {0};
	int rc;

	make_server_key(&p);
	make_server(&p);
	s.pins = &p.pin;
	p.client.context = tls_client_context(&s, p.why);
	assert_string_equal(p.why, "");
	make_device(&other, 50, "bob.example.com");
	assert_int_equal(
	    tls_server_add_ca(p.server.context, (struct tls_bytes) {other.ca, other.ca_len}), 0);
	assert_int_equal(
	    tls_server_add_ca(p.server.context, (struct tls_bytes) {known->ca, known->ca_len}), 1);
	if (known->next_ca_len > 0)
		assert_int_equal(tls_server_add_ca(p.server.context,
				     (struct tls_bytes) {known->next_ca, known->next_ca_len}),
		    2);
	assert_int_equal(
	    tls_server_add_ca(p.server.context, (struct tls_bytes) {other.cert, other.cert_len}),
	    -1);
	make_sockets(&p);
	start_side(&p.client);
	start_side(&p.server);
	assert_int_equal(shake(&p), 0);
	rc = tls_peer_name(p.server.tls, name, &ca);
	assert_int_equal(ca, rc == 0 ? 1 : 99);
	carry(&p.server, &p.client, "a stranger may ask, too");
	teardown(&p);
	return rc;
}

static void
test_device(void **state)
{
	struct device mine, forged;
	char name[TLS_NAME_MAX];

	make_device(&mine, 40, "alice.example.com");
	assert_int_equal(device_name(&mine, &mine, name), 0);
	assert_string_equal(name, "nas.alice.example.com");
	/* The same names from another authority; and a CA that itself plays a device. */
	make_device(&forged, 41, "alice.example.com");
	assert_int_equal(device_name(&forged, &mine, name), -1);
	memcpy(forged.cert, mine.ca, mine.ca_len);
	forged.cert_len = mine.ca_len;
	memset(forged.key + ED25519_PKCS8_LEN - ED25519_SEED_LEN, 40, ED25519_SEED_LEN);
	assert_int_equal(device_name(&forged, &mine, name), -1);
}

/* The account's key was handed over: a device with a certificate by the new one is known when the
 * server has both, and belongs to the first. */
static void
test_device_of_next_ca(void **state)
{
	struct device first, next;
	uint8_t seed[ED25519_SEED_LEN], next_seed[ED25519_SEED_LEN], key[ED25519_PUBLIC_LEN];
	char name[TLS_NAME_MAX];

	make_device(&first, 40, "alice.example.com");
	make_device(&next, 60, "alice.example.com");
	assert_int_equal(device_name(&next, &first, name), -1);
	memset(seed, 40, sizeof seed);
	memset(next_seed, 60, sizeof next_seed);
	assert_int_equal(ed25519_public(next_seed, key), 0);
	first.next_ca_len = (size_t)cert_make_next_ca(
	    "alice.example.com", key, seed, first.next_ca, sizeof first.next_ca);
	assert_int_equal(device_name(&next, &first, name), 0);
	assert_string_equal(name, "nas.alice.example.com");
	assert_int_equal(device_name(&first, &first, name), 0);
}

/* ---- pins ---- */

static void
test_pin_text(void **state)
{
	struct pin p, q;
	char text[PIN_TEXT_MAX + 2];
	struct pair pair = {0};

	make_server_key(&pair);
	assert_int_equal(pin_of_cert(pair.cert, pair.cert_len, &p), 0);
	assert_memory_equal(&p, &pair.pin, sizeof p);
	assert_int_equal(pin_of_cert("junk", 4, &p), -1);
	assert_int_equal(pin_parse(pin_text(&pair.pin, text), &q), 0);
	assert_memory_equal(&q, &pair.pin, sizeof q);
	text[3] = '!';
	assert_int_equal(pin_parse(text, &q), -1);
	pin_text(&pair.pin, text);
	strcat(text, "=");
	assert_int_equal(pin_parse(text, &q), -1);
	text[42] = '\0';
	assert_int_equal(pin_parse(text, &q), -1);
	/* two spare bits */
	assert_int_equal(pin_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &q), 0);
	assert_int_equal(pin_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", &q), -1);
	assert_int_equal(pin_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", &q), -1);
}

/* ---- without files ---- */

static void
make_pair(struct pair *p, const struct pin *believed)
{
	make_server_key(p);
	make_server(p);
	p->client.context =
	    tls_client_context(&(struct tls_settings) {.pins = believed, .pin_count = 1}, p->why);
	start_side(&p->client);
	start_side(&p->server);
}

/* The exit status of a locked-in process that goes through a good handshake and a bad one. */
static int
all_inside(void)
{
	static const struct pin wrong = {{1}};
	struct pair good, bad;
	int rc;

	make_sockets(&good);
	make_sockets(&bad);
	tls_prepare();
	worker_lock(ROLE_DNSUPDATE, &(struct worker_options) {.log_level = LOG_LEVEL_ERROR});
	make_pair(&good, &good.pin);
	make_pair(&bad, &wrong);
	rc = shake(&good) == 0 ? 0 : 1;
	if (rc == 0)
		carry(&good.client, &good.server, "inside");
	if (shake(&bad) == 0 || strstr(tls_error(bad.client.tls), "pinned") == NULL)
		rc = 2;
	teardown(&good);
	teardown(&bad);
	return rc;
}

static void
test_sandboxed(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(all_inside());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sandboxed),
	    cmocka_unit_test(test_pinned),
	    cmocka_unit_test(test_pins),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_bulk),
	    cmocka_unit_test(test_pending),
	    cmocka_unit_test(test_half_close),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_close_too_early),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_old_client),
	    cmocka_unit_test(test_old_server),
	    cmocka_unit_test(test_new_keys),
	    cmocka_unit_test(test_alpn),
	    cmocka_unit_test(test_authority),
	    cmocka_unit_test(test_unknown_authority),
	    cmocka_unit_test(test_pin_of_expired),
	    cmocka_unit_test(test_device),
	    cmocka_unit_test(test_device_of_next_ca),
	    cmocka_unit_test(test_pin_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
