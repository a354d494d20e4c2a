/*
 * TLS connections.  OpenSSL reads and writes the socket through a BIO of our own, for its own one
 * has no MSG_NOSIGNAL; it buffers nothing that is not under way (SSL_MODE_RELEASE_BUFFERS), so an
 * idle connection costs little.
 */
#include "crypto/tls_inner.h"

#include "base/str.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- the socket, as OpenSSL sees it ---- */

static int
moved(BIO *bio, ssize_t n, int retry)
{
	BIO_clear_retry_flags(bio);
	if (n == -1 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN))
		BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
	return (int)n;
}

static int
sock_read(BIO *bio, char *data, int size)
{
	struct tls *t = BIO_get_data(bio);
	ssize_t n = recv(t->fd, data, (size_t)size, MSG_DONTWAIT);

	t->eof |= n == 0;
	return moved(bio, n, BIO_FLAGS_READ);
}

static int
sock_write(BIO *bio, const char *data, int len)
{
	struct tls *t = BIO_get_data(bio);

	return moved(
	    bio, send(t->fd, data, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

static long
sock_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	struct tls *t = BIO_get_data(bio);

	(void)num;
	(void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return t->eof;
	default:
		return 0;
	}
}

static BIO_METHOD *sock_method;
static pthread_once_t sock_once = PTHREAD_ONCE_INIT;

static void
make_method(void)
{
	sock_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
	if (sock_method == NULL)
		return;
	BIO_meth_set_read(sock_method, sock_read);
	BIO_meth_set_write(sock_method, sock_write);
	BIO_meth_set_ctrl(sock_method, sock_ctrl);
}

static int
add_bio(struct tls *t)
{
	BIO *bio;

	pthread_once(&sock_once, make_method);
	if (sock_method == NULL || (bio = BIO_new(sock_method)) == NULL)
		return -1;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	return 0;
}

/* ---- connections ---- */

struct tls *
tls_new(struct tls_context *c, int fd)
{
	struct tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->context = c;
	t->fd = fd;
	t->wants = c->server ? TLS_WANT_READ : TLS_WANT_WRITE;
	if ((t->ssl = SSL_new(c->ctx)) == NULL || add_bio(t) == -1 ||
	    (c->name[0] != '\0' && SSL_set_tlsext_host_name(t->ssl, c->name) != 1)) {
		tls_free(t);
		return NULL;
	}
	SSL_set_app_data(t->ssl, t);
	if (c->server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	ERR_clear_error();
	free(t);
}

/* What came of a call that returned rc: 1 = it worked, 0 = the other side ended it properly, -1
 * with errno. */
static int
outcome(struct tls *t, int rc)
{
	int system = errno;

	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_NONE:
		t->wants = TLS_WANT_READ;
		return 1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_WANT_READ:
		t->wants = TLS_WANT_READ;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		t->wants = TLS_WANT_WRITE;
		errno = EAGAIN;
		return -1;
	default:
		t->failed = 1;
		t->wants = 0;
		tls_explain(t, system);
		errno = EPROTO;
		return -1;
	}
}

/* Before each call: what is over stays so, and the error queue and errno tell of this call alone.
 */
static int
begin(const struct tls *t)
{
	errno = t->failed ? EPROTO : 0;
	ERR_clear_error();
	return t->failed ? -1 : 0;
}

int
tls_handshake(struct tls *t)
{
	int rc;

	if (begin(t) == -1)
		return -1;
	rc = outcome(t, SSL_do_handshake(t->ssl));
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	t->failed = 1;
	str_copy(t->error, sizeof t->error, "the other side closed the connection at once");
	errno = EPROTO;
	return -1;
}

ssize_t
tls_read(struct tls *t, void *data, size_t size)
{
	size_t n = 0;
	int rc;

	if (begin(t) == -1)
		return -1;
	rc = outcome(t, SSL_read_ex(t->ssl, data, size, &n));
	return rc == 1 ? (ssize_t)n : rc;
}

ssize_t
tls_write(struct tls *t, const void *data, size_t len)
{
	size_t n = 0;
	int rc;

	if (begin(t) == -1)
		return -1;
	rc = outcome(t, SSL_write_ex(t->ssl, data, len, &n));
	if (rc == 1)
		return (ssize_t)n;
	if (rc == 0)
		errno = EPROTO;
	return -1;
}

int
tls_close(struct tls *t)
{
	int rc;

	/* SSL_shutdown during a handshake is an error of its own. */
	if (begin(t) == -1 || !SSL_is_init_finished(t->ssl))
		return -1;
	rc = SSL_shutdown(t->ssl);
	ERR_clear_error();
	return rc >= 0 ? 0 : -1;
}

int
tls_wants(const struct tls *t)
{
	return t->wants;
}

int
tls_has_pending(const struct tls *t)
{
	return SSL_has_pending(t->ssl);
}

const char *
tls_error(const struct tls *t)
{
	return t->error;
}

/* ---- the other side ---- */

int
tls_peer_pin(const struct tls *t, struct pin *out)
{
	X509 *x = SSL_get0_peer_certificate(t->ssl);

	if (x != NULL)
		return tls_pin_of(x, out);
	if (t->shown)
		*out = t->seen;
	return t->shown ? 0 : -1;
}

/* The number of the authority at the end of the verified chain, or -1. */
static int
vouching_ca(const struct tls *t)
{
	STACK_OF(X509) *chain = SSL_get0_verified_chain(t->ssl);
	int last = chain == NULL ? 0 : sk_X509_num(chain);

	if (last < 2 || t->stranger || SSL_get_verify_result(t->ssl) != X509_V_OK)
		return -1;
	for (unsigned i = 0; i < t->context->cas; i++)
		if (X509_cmp(sk_X509_value(chain, last - 1), t->context->ca[i]) == 0)
			return (int)i;
	return -1;
}

static int
first_dns_name(X509 *x, char out[TLS_NAME_MAX])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int rc = -1;

	for (int i = 0; rc == -1 && i < sk_GENERAL_NAME_num(names); i++) {
		int type;
		const ASN1_STRING *v =
		    GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
		size_t len = type == GEN_DNS ? (size_t)ASN1_STRING_length(v) : 0;

		if (len == 0 || len >= TLS_NAME_MAX ||
		    memchr(ASN1_STRING_get0_data(v), '\0', len) != NULL)
			continue;
		memcpy(out, ASN1_STRING_get0_data(v), len);
		out[len] = '\0';
		rc = 0;
	}
	GENERAL_NAMES_free(names);
	return rc;
}

int
tls_peer_name(const struct tls *t, char out[TLS_NAME_MAX], unsigned *ca)
{
	X509 *x = SSL_get0_peer_certificate(t->ssl);
	int number = x == NULL || !t->context->server ? -1 : vouching_ca(t);

	if (number == -1 || first_dns_name(x, out) == -1)
		return -1;
	*ca = (unsigned)number;
	return 0;
}
