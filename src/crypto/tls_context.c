/*
 * What TLS connections have in common: our certificate, whom to believe.
 *
 * A pinned server is its key: no date, name or authority in its certificate counts, so that a
 * machine with a wrong clock reaches its server and a home server needs no authority.  Without pins
 * the ordinary rules hold (RFC 8310 section 8.1): a chain to a known root, valid today, for the
 * name.
 *
 * A server believes the certificates that an account's own authority gave to its devices.  A client
 * whose certificate nobody vouches for is let in as a stranger: what a stranger may do is decided
 * by who answers the questions, and TSIG may still tell who it is.
 */
#include "crypto/tls_inner.h"

#include "base/log.h"
#include "base/str.h"
#include "crypto/mac.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define CERT_LIST_MAX 16384 /* octets of a chain that the other side may send */

static const unsigned char alpn[] = {3, 'd', 'o', 't'};

static SSL_CTX *
new_ctx(int server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_max_cert_list(ctx, CERT_LIST_MAX);
	return ctx;
}

void
tls_prepare(void)
{
	SSL_CTX *ctx;

	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	if ((ctx = new_ctx(1)) == NULL)
		fatalx("OpenSSL has no TLS 1.3");
	SSL_CTX_free(ctx);
}

/* ---- reading what is given ---- */

static int
is_pem(const struct tls_bytes *b)
{
	return b->len > 10 && memmem(b->data, b->len, "-----BEGIN", 10) != NULL;
}

X509 *
tls_first_cert(const void *data, size_t len)
{
	struct tls_bytes b = {data, len};
	BIO *bio = len > 0 && len <= INT32_MAX ? BIO_new_mem_buf(data, (int)len) : NULL;
	X509 *x = NULL;

	if (bio != NULL)
		x = is_pem(&b) ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : d2i_X509_bio(bio, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return x;
}

/* Call take for each certificate in PEM; how many it took. */
static int
each_cert(const struct tls_bytes *pem, int (*take)(SSL_CTX *ctx, X509 *x), SSL_CTX *ctx)
{
	BIO *bio = pem->len <= INT32_MAX ? BIO_new_mem_buf(pem->data, (int)pem->len) : NULL;
	X509 *x;
	int n = 0;

	while (bio != NULL && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		n += take(ctx, x) == 1;
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	return n;
}

static EVP_PKEY *
read_key(const struct tls_bytes *b)
{
	BIO *bio = b->len > 0 && b->len <= INT32_MAX ? BIO_new_mem_buf(b->data, (int)b->len) : NULL;
	EVP_PKEY *key = NULL;

	/* An empty passphrase, else OpenSSL asks at the terminal for one. */
	if (bio != NULL)
		key = is_pem(b) ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "")
				: d2i_PrivateKey_bio(bio, NULL);
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

/* ---- our own certificate ---- */

static int
add_leaf(SSL_CTX *ctx, X509 *x)
{
	if (SSL_CTX_get0_certificate(ctx) == NULL)
		return SSL_CTX_use_certificate(ctx, x);
	return SSL_CTX_add1_chain_cert(ctx, x) == 1;
}

static int
set_cert(SSL_CTX *ctx, const struct tls_bytes *cert)
{
	X509 *x;
	int ok;

	if (is_pem(cert))
		return each_cert(cert, add_leaf, ctx) > 0;
	x = tls_first_cert(cert->data, cert->len);
	ok = x != NULL && SSL_CTX_use_certificate(ctx, x) == 1;
	X509_free(x);
	return ok;
}

static int
set_own(SSL_CTX *ctx, const struct tls_settings *s, char *why)
{
	EVP_PKEY *key = read_key(&s->key);
	int ok = 0;

	if (key == NULL)
		str_copy(
		    why, TLS_TEXT_MAX, "the private key cannot be read (PKCS#8, no passphrase)");
	else if (!set_cert(ctx, &s->cert))
		str_copy(why, TLS_TEXT_MAX, "the certificate cannot be read");
	else if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		str_copy(why, TLS_TEXT_MAX, "the certificate is not that of the private key");
	else
		ok = 1;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

/* ---- whom a client believes ---- */

/* The connection that is being verified. */
static struct tls *
connection(X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	return SSL_get_app_data(ssl);
}

/* Instead of OpenSSL's look at the chain. */
static int
check_pin(X509_STORE_CTX *store, void *arg)
{
	const struct tls_context *c = arg;
	struct tls *t = connection(store);
	X509 *x = X509_STORE_CTX_get0_cert(store);
	int ok = 0;

	if (x != NULL && tls_pin_of(x, &t->seen) == 0) {
		t->shown = 1;
		for (size_t i = 0; i < c->pin_count; i++)
			ok |= crypto_equal(&t->seen, &c->pins[i], sizeof t->seen);
	}
	X509_STORE_CTX_set_error(store, ok ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
	return ok;
}

static int
add_root(SSL_CTX *ctx, X509 *x)
{
	return X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x);
}

static int
believe_authorities(SSL_CTX *ctx, const struct tls_settings *s, char *why)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	if (s->name == NULL || s->name[0] == '\0' || strlen(s->name) >= TLS_NAME_MAX) {
		str_copy(why, TLS_TEXT_MAX,
		    "neither a pin nor a name is known by which to recognise the server");
		return 0;
	}
	if (s->authorities.data == NULL || each_cert(&s->authorities, add_root, ctx) == 0) {
		str_copy(
		    why, TLS_TEXT_MAX, "no authority is known that could vouch for the server");
		return 0;
	}
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return X509_VERIFY_PARAM_set1_host(param, s->name, 0) == 1;
}

static int
set_client(struct tls_context *c, const struct tls_settings *s, char *why)
{
	if (s->name != NULL)
		str_copy(c->name, sizeof c->name, s->name);
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_alpn_protos(c->ctx, alpn, sizeof alpn) != 0)
		return 0;
	if (s->cert.data != NULL && !set_own(c->ctx, s, why))
		return 0;
	if (s->pin_count == 0)
		return believe_authorities(c->ctx, s, why);
	if (s->pin_count > TLS_PINS_MAX) {
		str_copy(why, TLS_TEXT_MAX, "too many pins");
		return 0;
	}
	c->pin_count = s->pin_count;
	memcpy(c->pins, s->pins, s->pin_count * sizeof s->pins[0]);
	SSL_CTX_set_cert_verify_callback(c->ctx, check_pin, c);
	return 1;
}

/* ---- what a server does ---- */

static int
let_in(int ok, X509_STORE_CTX *store)
{
	if (!ok)
		connection(store)->stranger = 1;
	return 1;
}

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned in_len, void *arg)
{
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, alpn, sizeof alpn, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

int
tls_server_add_ca(struct tls_context *c, struct tls_bytes ca)
{
	X509 *x = ca.data == NULL ? NULL : tls_first_cert(ca.data, ca.len);
	X509 **more;

	if (x == NULL)
		return -1;
	more = realloc(c->ca, (c->cas + 1) * sizeof *more);
	if (more != NULL)
		c->ca = more;
	if (more == NULL || !(X509_get_extension_flags(x) & EXFLAG_CA) || !add_root(c->ctx, x)) {
		X509_free(x);
		return -1;
	}
	c->ca[c->cas] = x;
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, let_in);
	return (int)c->cas++;
}

/* ---- contexts ---- */

static struct tls_context *
new_context(int server, const struct tls_settings *s, char *why)
{
	struct tls_context *c = calloc(1, sizeof *c);
	int ok;

	str_copy(why, TLS_TEXT_MAX, "OpenSSL cannot set up TLS 1.3");
	if (c == NULL || (c->ctx = new_ctx(server)) == NULL) {
		free(c);
		return NULL;
	}
	c->server = server;
	if (server)
		SSL_CTX_set_alpn_select_cb(c->ctx, choose_alpn, NULL);
	ok = server ? set_own(c->ctx, s, why) : set_client(c, s, why);
	if (!ok) {
		tls_context_free(c);
		return NULL;
	}
	why[0] = '\0';
	return c;
}

struct tls_context *
tls_client_context(const struct tls_settings *s, char why[TLS_TEXT_MAX])
{
	return new_context(0, s, why);
}

struct tls_context *
tls_server_context(const struct tls_settings *s, char why[TLS_TEXT_MAX])
{
	return new_context(1, s, why);
}

void
tls_context_free(struct tls_context *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->cas; i++)
		X509_free(c->ca[i]);
	free(c->ca);
	SSL_CTX_free(c->ctx);
	free(c);
}
