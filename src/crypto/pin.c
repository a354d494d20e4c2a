#include "crypto/pin.h"

#include "crypto/mac.h"
#include "crypto/tls_inner.h"

#include <openssl/evp.h>
#include <string.h>

/* The ASN.1 in front of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410 section 4). */
static const uint8_t spki_head[] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

int
tls_pin_of(X509 *x, struct pin *out)
{
	unsigned char *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);

	if (n > 0)
		sha256(spki, (size_t)n, out->sha256);
	OPENSSL_free(spki);
	return n > 0 ? 0 : -1;
}

int
pin_of_cert(const void *cert, size_t len, struct pin *out)
{
	X509 *x = tls_first_cert(cert, len);
	int rc = x == NULL ? -1 : tls_pin_of(x, out);

	X509_free(x);
	return rc;
}

int
pin_of_seed(const uint8_t seed[ED25519_SEED_LEN], struct pin *out)
{
	uint8_t spki[sizeof spki_head + ED25519_PUBLIC_LEN];

	memcpy(spki, spki_head, sizeof spki_head);
	if (ed25519_public(seed, spki + sizeof spki_head) == -1)
		return -1;
	sha256(spki, sizeof spki, out->sha256);
	return 0;
}

const char *
pin_text(const struct pin *p, char out[PIN_TEXT_MAX])
{
	EVP_EncodeBlock((unsigned char *)out, p->sha256, SHA256_LEN);
	return out;
}

int
pin_parse(const char *text, struct pin *out)
{
	uint8_t room[SHA256_LEN + 3];
	char again[PIN_TEXT_MAX];
	struct pin p;

	if (strlen(text) != PIN_TEXT_MAX - 1 ||
	    EVP_DecodeBlock(room, (const unsigned char *)text, PIN_TEXT_MAX - 1) != SHA256_LEN + 1)
		return -1;
	memcpy(p.sha256, room, SHA256_LEN);
	/* The last character has two bits to spare: there is one way to write a pin. */
	if (strcmp(pin_text(&p, again), text) != 0)
		return -1;
	*out = p;
	return 0;
}
