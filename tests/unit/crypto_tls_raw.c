/* TLS with OpenSSL itself at the other end, where one side must be old or misbehave. */
#include "crypto_tls_pair.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_old_client),
	    cmocka_unit_test(test_old_server),
	    cmocka_unit_test(test_new_keys),
	    cmocka_unit_test(test_alpn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
