#include "dnsupdate/server/net/secure.h"

#include "base/file.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/name.h"
#include "identity/base64.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_FILE_MAX 65536
#define CERT_MAX 4096
#define KEY_BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define KEY_END "\n-----END PRIVATE KEY-----\n"

/* Authorities are numbered by tls.h, from 0. */
struct account {
	const struct zone *zone;
};

struct secure {
	struct tls_context *context;
	struct pin pin;
	struct account *account;
	unsigned accounts;
};

/* A connection. */
struct secure_io {
	struct tls *tls;
	uint8_t more; /* the last read found something */
};

/* ---- the key ---- */

/* A new key file with this seed. */
static int
write_key(const char *path, const uint8_t seed[ED25519_SEED_LEN])
{
	uint8_t der[ED25519_PKCS8_LEN];
	char base64[BASE64_SIZE(ED25519_PKCS8_LEN)];
	char text[sizeof KEY_BEGIN + sizeof base64 + sizeof KEY_END];
	int len, rc;

	ed25519_to_pkcs8(seed, der);
	base64_encode(der, sizeof der, base64);
	len = snprintf(text, sizeof text, KEY_BEGIN "%s" KEY_END, base64);
	rc = file_write_atomic(path, text, (size_t)len, 0600);
	crypto_wipe(der, sizeof der);
	crypto_wipe(base64, sizeof base64);
	crypto_wipe(text, sizeof text);
	return rc;
}

/* The seed of an Ed25519 key in PEM; -1 when there is none. */
static int
find_seed(const char *text, uint8_t seed[ED25519_SEED_LEN])
{
	uint8_t der[ED25519_PKCS8_LEN];
	char base64[BASE64_SIZE(ED25519_PKCS8_LEN)];
	const char *at = strstr(text, KEY_BEGIN);
	int rc = -1;

	if (at != NULL && strlen(at) >= sizeof KEY_BEGIN - 1 + sizeof base64 - 1) {
		memcpy(base64, at + sizeof KEY_BEGIN - 1, sizeof base64 - 1);
		base64[sizeof base64 - 1] = '\0';
		if (base64_decode(base64, der, sizeof der) == (int)sizeof der)
			rc = ed25519_from_pkcs8(der, sizeof der, seed);
	}
	crypto_wipe(der, sizeof der);
	crypto_wipe(base64, sizeof base64);
	return rc;
}

/* Read the file, or make it.  Returns its length, -1 with errno. */
static ssize_t
read_or_make(const char *path, char *text, size_t size)
{
	uint8_t seed[ED25519_SEED_LEN];
	ssize_t len = file_read(path, text, size - 1);
	int rc;

	if (len == -1 && errno == ENOENT) {
		crypto_random(seed, sizeof seed);
		rc = write_key(path, seed);
		crypto_wipe(seed, sizeof seed);
		len = rc == -1 ? -1 : file_read(path, text, size - 1);
		if (len != -1)
			log_notice("made a new key for TLS in %s", path);
	}
	text[len == -1 ? 0 : len] = '\0';
	return len;
}

/* A context for a key alone, with a certificate of our own making. */
static struct tls_context *
self_signed(const char *text, const char *name, struct pin *pin, char why[TLS_TEXT_MAX])
{
	uint8_t seed[ED25519_SEED_LEN], der[ED25519_PKCS8_LEN], cert[CERT_MAX];
	struct tls_settings settings = {.key = {der, sizeof der}};
	struct tls_context *c = NULL;
	ssize_t len;

	if (find_seed(text, seed) == -1) {
		snprintf(why, TLS_TEXT_MAX,
		    "neither certificates and their key, nor an Ed25519 key in PKCS#8 (PEM)");
		return NULL;
	}
	ed25519_to_pkcs8(seed, der);
	len = cert_make_server(name, seed, cert, sizeof cert);
	if (len > 0 && pin_of_seed(seed, pin) == 0) {
		settings.cert = (struct tls_bytes) {cert, (size_t)len};
		c = tls_server_context(&settings, why);
	} else {
		snprintf(why, TLS_TEXT_MAX, "no certificate can be made for the name %s", name);
	}
	crypto_wipe(seed, sizeof seed);
	crypto_wipe(der, sizeof der);
	return c;
}

static struct tls_context *
context_of(const char *text, size_t len, const char *name, struct pin *pin, char why[TLS_TEXT_MAX])
{
	struct tls_settings settings = {.cert = {text, len}, .key = {text, len}};

	if (strstr(text, "-----BEGIN CERTIFICATE-----") == NULL)
		return self_signed(text, name, pin, why);
	if (pin_of_cert(text, len, pin) == -1) {
		snprintf(why, TLS_TEXT_MAX, "the first certificate cannot be read");
		return NULL;
	}
	return tls_server_context(&settings, why);
}

struct secure *
secure_new(const char *key_path, const char *name, char why[SECURE_WHY_MAX])
{
	struct secure *s = calloc(1, sizeof *s);
	char *text = malloc(KEY_FILE_MAX);
	char reason[TLS_TEXT_MAX] = "";
	ssize_t len;

	if (s == NULL || text == NULL)
		fatalx("out of memory");
	len = read_or_make(key_path, text, KEY_FILE_MAX);
	if (len == -1)
		snprintf(why, SECURE_WHY_MAX, "%s: %s", key_path, strerror(errno));
	else
		s->context = context_of(text, (size_t)len, name, &s->pin, reason);
	if (len != -1 && s->context == NULL)
		snprintf(why, SECURE_WHY_MAX, "%s: %s", key_path, reason);
	crypto_wipe(text, KEY_FILE_MAX);
	free(text);
	if (s->context != NULL)
		return s;
	free(s);
	return NULL;
}

void
secure_free(struct secure *s)
{
	if (s == NULL)
		return;
	tls_context_free(s->context);
	free(s->account);
	free(s);
}

const char *
secure_pin(const struct secure *s, char out[PIN_TEXT_MAX])
{
	return pin_text(&s->pin, out);
}

/* ---- clients' certificates ---- */

static int
add_authority(struct secure *s, const struct zone *z, const uint8_t *cert, size_t len)
{
	int number = tls_server_add_ca(s->context, (struct tls_bytes) {cert, len});

	if (number == -1)
		return -1;
	if ((unsigned)number >= s->accounts) {
		s->accounts = (unsigned)number + 1;
		s->account = realloc(s->account, s->accounts * sizeof *s->account);
		if (s->account == NULL)
			fatalx("out of memory");
	}
	s->account[number].zone = z;
	return 0;
}

/* An account that has had several phrases has as many certificates in its file, all as DER; as PEM
 * there is one. */
static size_t
next_cert(const uint8_t *cert, size_t len)
{
	size_t n = cert_length(cert, len);

	return n > 0 ? n : len;
}

int
secure_add_account(
    struct secure *s, const struct zone *z, const char *ca_path, char why[SECURE_WHY_MAX])
{
	uint8_t data[CERT_MAX];
	ssize_t len = file_read(ca_path, data, sizeof data);
	size_t at = 0;

	if (len == -1) {
		snprintf(why, SECURE_WHY_MAX, "%s: %s", ca_path, strerror(errno));
		return -1;
	}
	do {
		if (add_authority(s, z, data + at, (size_t)len - at) == -1) {
			snprintf(
			    why, SECURE_WHY_MAX, "%s: no certificate of an authority", ca_path);
			return -1;
		}
		at += next_cert(data + at, (size_t)len - at);
	} while (at < (size_t)len);
	return 0;
}

/* A device's certificate names it; it must be one of the zone's names too. */
int
secure_certified(void *ctx, const struct conn *c, const struct zone *z)
{
	const struct secure *s = ctx;
	const struct secure_io *io = conn_io_ctx(c);
	char text[TLS_NAME_MAX];
	struct name name;
	unsigned number;

	if (conn_transport(c) != TRANSPORT_TLS || tls_peer_name(io->tls, text, &number) == -1)
		return 0;
	return number < s->accounts && s->account[number].zone == z &&
	    name_parse(&name, text) == 0 && name_in(&name, &z->name);
}

void
secure_zone_gone(struct secure *s, const struct zone *z)
{
	for (unsigned i = 0; i < s->accounts; i++)
		if (s->account[i].zone == z)
			s->account[i].zone = NULL;
}

/* ---- connections ---- */

static ssize_t
io_read(void *io, void *data, size_t size)
{
	struct secure_io *s = io;
	ssize_t n = tls_read(s->tls, data, size);

	s->more = n > 0;
	return n;
}

static ssize_t
io_write(void *io, const void *data, size_t len)
{
	const struct secure_io *s = io;

	return tls_write(s->tls, data, len);
}

/* To read is natural. */
static int
io_wants(void *io)
{
	const struct secure_io *s = io;

	return tls_wants(s->tls) == TLS_WANT_WRITE ? LOOP_WRITE : 0;
}

/* A part of a record that has not come whole is nothing to read. */
static int
io_pending(void *io)
{
	const struct secure_io *s = io;

	return s->more && tls_has_pending(s->tls);
}

static void
io_close(void *io, int abort)
{
	struct secure_io *s = io;

	if (!abort)
		tls_close(s->tls);
	tls_free(s->tls);
	free(s);
}

void
secure_accept(struct secure *s, struct conns *cs, int fd, const union socket_address *from)
{
	static const struct conn_io ops = {io_read, io_write, io_wants, io_pending, io_close};
	struct secure_io *io = calloc(1, sizeof *io);

	if (io == NULL)
		fatalx("out of memory");
	io->tls = tls_new(s->context, fd);
	if (io->tls != NULL) {
		conn_new(cs, fd, TRANSPORT_TLS, from, &ops, io);
		return;
	}
	free(io);
	close(fd);
}
