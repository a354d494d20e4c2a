/* Reading certificates; cert_make.c makes them. */
#include "crypto/cert.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

/* The whole of der as one certificate, or NULL. */
static X509 *
parse(const void *der, size_t len)
{
	const unsigned char *p = der;
	X509 *x = len > 0 && len <= 65535 ? d2i_X509(NULL, &p, (long)len) : NULL;

	if (x != NULL && p != (const unsigned char *)der + len) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

size_t
cert_length(const void *der, size_t len)
{
	const unsigned char *p = der;
	X509 *x = len > 0 && len <= 65535 ? d2i_X509(NULL, &p, (long)len) : NULL;
	size_t used = x == NULL ? 0 : (size_t)(p - (const unsigned char *)der);

	X509_free(x);
	return used;
}

/* Copy an ASN.1 string as text; -1 when it does not fit or hides a NUL. */
static int
copy_text(const ASN1_STRING *s, char *out, size_t size)
{
	size_t len = s == NULL ? 0 : (size_t)ASN1_STRING_length(s);

	if (len == 0 || len >= size || memchr(ASN1_STRING_get0_data(s), '\0', len) != NULL)
		return -1;
	memcpy(out, ASN1_STRING_get0_data(s), len);
	out[len] = '\0';
	return 0;
}

/* A name of ours is one common name. */
static int
read_common_name(const X509_NAME *name, char out[CERT_NAME_MAX])
{
	if (X509_NAME_entry_count(name) != 1 ||
	    X509_NAME_get_index_by_NID(name, NID_commonName, -1) != 0)
		return -1;
	return copy_text(
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, 0)), out, CERT_NAME_MAX);
}

static int
read_public_key(X509 *x, uint8_t out[ED25519_PUBLIC_LEN])
{
	EVP_PKEY *key = X509_get0_pubkey(x); /* stays the certificate's */
	size_t len = ED25519_PUBLIC_LEN;

	if (key == NULL || EVP_PKEY_base_id(key) != EVP_PKEY_ED25519)
		return -1;
	return EVP_PKEY_get_raw_public_key(key, out, &len) == 1 && len == ED25519_PUBLIC_LEN ? 0
											     : -1;
}

static int
read_alt_name(const GENERAL_NAME *name, struct cert_info *out, int *dns, int *address)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

	if (type == GEN_DNS) {
		++*dns;
		return copy_text(value, out->dns_name, sizeof out->dns_name);
	}
	if (type != GEN_IPADD || ASN1_STRING_length(value) != (int)sizeof out->address)
		return -1;
	++*address;
	memcpy(out->address, ASN1_STRING_get0_data(value), sizeof out->address);
	return 0;
}

/* A device has one dNSName and one IPv6 iPAddress, a CA neither. */
static int
read_alt_names(X509 *x, struct cert_info *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int dns = 0, address = 0, rc = 0;

	for (int i = 0; rc == 0 && i < sk_GENERAL_NAME_num(names); i++)
		rc = read_alt_name(sk_GENERAL_NAME_value(names, i), out, &dns, &address);
	if (out->is_ca ? names != NULL : dns != 1 || address != 1)
		rc = -1;
	GENERAL_NAMES_free(names);
	return rc;
}

int
cert_read(const void *der, size_t len, struct cert_info *out)
{
	X509 *x = parse(der, len);
	int rc = -1;

	if (x == NULL)
		return -1;
	memset(out, 0, sizeof *out);
	if (X509_get_extension_flags(x) & EXFLAG_INVALID)
		goto out;
	out->is_ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
	if (read_common_name(X509_get_subject_name(x), out->common_name) == -1 ||
	    read_common_name(X509_get_issuer_name(x), out->issuer) == -1 ||
	    read_public_key(x, out->public_key) == -1)
		goto out;
	rc = read_alt_names(x, out);
out:
	X509_free(x);
	return rc;
}

int
cert_issued_by(const void *cert, size_t cert_len, const void *ca, size_t ca_len)
{
	X509 *x = parse(cert, cert_len), *issuer = parse(ca, ca_len);
	int ok = x != NULL && issuer != NULL && X509_check_issued(issuer, x) == X509_V_OK &&
	    (X509_get_extension_flags(issuer) & EXFLAG_CA) != 0 &&
	    X509_verify(x, X509_get0_pubkey(issuer)) == 1;

	X509_free(x);
	X509_free(issuer);
	return ok;
}
