/* Making certificates.  Everything is set by hand, so that the same arguments give the same DER. */
#include "crypto/cert.h"

#include "base/str.h"
#include "crypto/hash.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define NOT_BEFORE "20200101000000Z"
#define NOT_AFTER "99991231235959Z" /* "no well-defined expiration", RFC 5280 4.1.2.5 */
#define SERVER_NAME "autotunnel-dnsd"
#define SERIAL_LEN 8
#define KEY_ID_LEN 20

static int
add_ext(X509 *x, int nid, void *value, int critical)
{
	return value != NULL && X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_APPEND) == 1;
}

static int
set_name(X509_NAME *name, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= CERT_NAME_MAX)
		return 0;
	return X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
		   (const unsigned char *)text, (int)len, -1, 0) == 1;
}

static int
set_times(X509 *x)
{
	return ASN1_TIME_set_string_X509(X509_getm_notBefore(x), NOT_BEFORE) == 1 &&
	    ASN1_TIME_set_string_X509(X509_getm_notAfter(x), NOT_AFTER) == 1;
}

/* The CA that signed itself is number 1; all others are numbered by their key. */
static int
set_serial(X509 *x, const uint8_t *subject_key, int is_root)
{
	uint8_t hash[SHA256_LEN];
	uint64_t n = 0;

	if (is_root)
		return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), 1);
	sha256(subject_key, ED25519_PUBLIC_LEN, hash);
	for (int i = 0; i < SERIAL_LEN; i++)
		n = n << 8 | hash[i];
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), n >> 1 | 2);
}

static int
add_basic_constraints(X509 *x, int is_ca)
{
	BASIC_CONSTRAINTS *c = BASIC_CONSTRAINTS_new();
	int ok = c != NULL;

	if (ok && is_ca) {
		c->ca = 1;
		c->pathlen = ASN1_INTEGER_new();
		ok = c->pathlen != NULL && ASN1_INTEGER_set(c->pathlen, 0);
	}
	ok = ok && add_ext(x, NID_basic_constraints, c, 1);
	BASIC_CONSTRAINTS_free(c);
	return ok;
}

static int
add_key_usage(X509 *x, int is_ca)
{
	ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
	int bit = is_ca ? 5 : 0; /* keyCertSign or digitalSignature, RFC 5280 4.2.1.3 */
	int ok = usage != NULL && ASN1_BIT_STRING_set_bit(usage, bit, 1) &&
	    add_ext(x, NID_key_usage, usage, 1);

	ASN1_BIT_STRING_free(usage);
	return ok;
}

/* Key identifiers by RFC 7093, method 1: the first 160 bits of SHA-256. */
static ASN1_OCTET_STRING *
key_id(const uint8_t *public_key)
{
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	uint8_t hash[SHA256_LEN];

	sha256(public_key, ED25519_PUBLIC_LEN, hash);
	if (id != NULL && !ASN1_OCTET_STRING_set(id, hash, KEY_ID_LEN)) {
		ASN1_OCTET_STRING_free(id);
		id = NULL;
	}
	return id;
}

static int
add_key_ids(X509 *x, const uint8_t *subject_key, const uint8_t *issuer_key)
{
	AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
	ASN1_OCTET_STRING *subject = key_id(subject_key);
	int ok;

	if (authority != NULL)
		authority->keyid = key_id(issuer_key);
	ok = authority != NULL && authority->keyid != NULL &&
	    add_ext(x, NID_subject_key_identifier, subject, 0) &&
	    add_ext(x, NID_authority_key_identifier, authority, 0);
	AUTHORITY_KEYID_free(authority);
	ASN1_OCTET_STRING_free(subject);
	return ok;
}

static int
push_alt_name(GENERAL_NAMES *names, int type, const void *data, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value =
	    ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

	if (name != NULL && value != NULL && ASN1_STRING_set(value, data, (int)len)) {
		GENERAL_NAME_set0_value(name, type, value);
		value = NULL;
		if (sk_GENERAL_NAME_push(names, name) > 0)
			return 1;
	}
	ASN1_STRING_free(value);
	GENERAL_NAME_free(name);
	return 0;
}

static int
add_alt_names(X509 *x, const struct cert_info *info)
{
	static const uint8_t none[sizeof info->address];
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	int ok = names != NULL &&
	    push_alt_name(names, GEN_DNS, info->dns_name, strlen(info->dns_name)) &&
	    (memcmp(info->address, none, sizeof none) == 0 ||
		push_alt_name(names, GEN_IPADD, info->address, sizeof info->address)) &&
	    add_ext(x, NID_subject_alt_name, names, 0);

	GENERAL_NAMES_free(names);
	return ok;
}

static int
set_subject_key(X509 *x, const uint8_t *public_key)
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_PUBLIC_LEN);
	int ok = key != NULL && X509_set_pubkey(x, key) == 1;

	EVP_PKEY_free(key);
	return ok;
}

/* Ed25519 signatures have no random part (RFC 8032 section 5.1.6). */
static int
sign(X509 *x, const uint8_t *seed)
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_LEN);
	int ok = key != NULL && X509_sign(x, key, NULL) > 0;

	EVP_PKEY_free(key);
	return ok;
}

static ssize_t
write_der(X509 *x, uint8_t *out, size_t size)
{
	int len = i2d_X509(x, NULL);

	if (len <= 0 || (size_t)len > size)
		return -1;
	return i2d_X509(x, &out);
}

/* All but the signature; NULL when it cannot be. */
static X509 *
fill(const struct cert_info *info, const uint8_t *issuer_key)
{
	int is_root = memcmp(info->public_key, issuer_key, ED25519_PUBLIC_LEN) == 0 && info->is_ca;
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    set_serial(x, info->public_key, is_root) &&
	    set_name(X509_get_subject_name(x), info->common_name) &&
	    set_name(X509_get_issuer_name(x), info->issuer) && set_times(x) &&
	    set_subject_key(x, info->public_key) && add_basic_constraints(x, info->is_ca) &&
	    add_key_usage(x, info->is_ca) && add_key_ids(x, info->public_key, issuer_key) &&
	    (info->is_ca || add_alt_names(x, info)))
		return x;
	X509_free(x);
	return NULL;
}

static ssize_t
make(const struct cert_info *info, const uint8_t *issuer_key, const uint8_t *signing_seed,
    uint8_t *out, size_t size)
{
	X509 *x = fill(info, issuer_key);
	ssize_t len = -1;

	if (x != NULL && sign(x, signing_seed))
		len = write_der(x, out, size);
	X509_free(x);
	return len;
}

static int
describe_ca(struct cert_info *info, const char *name, const uint8_t *key)
{
	memset(info, 0, sizeof *info);
	info->is_ca = 1;
	memcpy(info->public_key, key, sizeof info->public_key);
	return str_copy(info->common_name, sizeof info->common_name, name) == -1 ||
		str_copy(info->issuer, sizeof info->issuer, name) == -1
	    ? -1
	    : 0;
}

ssize_t
cert_make_ca(const char *name, const uint8_t seed[ED25519_SEED_LEN], uint8_t *out, size_t size)
{
	uint8_t key[ED25519_PUBLIC_LEN];

	return ed25519_public(seed, key) == -1 ? -1 : cert_make_next_ca(name, key, seed, out, size);
}

ssize_t
cert_make_next_ca(const char *name, const uint8_t key[ED25519_PUBLIC_LEN],
    const uint8_t issuer_seed[ED25519_SEED_LEN], uint8_t *out, size_t size)
{
	uint8_t issuer_key[ED25519_PUBLIC_LEN];
	struct cert_info info;

	if (describe_ca(&info, name, key) == -1 || ed25519_public(issuer_seed, issuer_key) == -1)
		return -1;
	return make(&info, issuer_key, issuer_seed, out, size);
}

/* An Ed25519 certificate ends with its signature, which always has the same length: so it can be
 * signed by anybody first. */
ssize_t
cert_rebuild_ca(const char *name, const uint8_t key[ED25519_PUBLIC_LEN],
    const uint8_t issuer_key[ED25519_PUBLIC_LEN], const uint8_t signature[ED25519_SIGNATURE_LEN],
    uint8_t *out, size_t size)
{
	static const uint8_t anybody[ED25519_SEED_LEN];
	struct cert_info info;
	ssize_t len;

	if (describe_ca(&info, name, key) == -1)
		return -1;
	len = make(&info, issuer_key, anybody, out, size);
	if (len != -1)
		memcpy(out + len - ED25519_SIGNATURE_LEN, signature, ED25519_SIGNATURE_LEN);
	return len;
}

ssize_t
cert_make_device(const struct cert_info *info, const uint8_t ca_seed[ED25519_SEED_LEN],
    uint8_t *out, size_t size)
{
	struct cert_info device = *info;
	uint8_t ca_key[ED25519_PUBLIC_LEN];

	device.is_ca = 0;
	return ed25519_public(ca_seed, ca_key) == -1 ? -1
						     : make(&device, ca_key, ca_seed, out, size);
}

ssize_t
cert_make_server(
    const char *dns_name, const uint8_t seed[ED25519_SEED_LEN], uint8_t *out, size_t size)
{
	struct cert_info info = {.common_name = SERVER_NAME, .issuer = SERVER_NAME};

	if (dns_name[0] == '\0' || str_copy(info.dns_name, sizeof info.dns_name, dns_name) == -1 ||
	    ed25519_public(seed, info.public_key) == -1)
		return -1;
	return make(&info, info.public_key, seed, out, size);
}
