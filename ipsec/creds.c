#include "ipsec/creds.h"

#include "base/log.h"

#include <stdatomic.h>
#include <string.h>

static mem_cred_t *set;
static certificate_t *own;
/* Trust anchors, only ever added to: charon's threads read those below the count. */
static certificate_t *anchor[LINEAGE_MAX];
static atomic_uint anchors;
static struct lineage cas; /* the same */
static int have_key;

void
creds_init(void)
{
	set = mem_cred_create();
	lib->credmgr->add_set(lib->credmgr, &set->set);
}

static int
add_key(chunk_t der)
{
	private_key_t *key;

	key = lib->creds->create(
	    lib->creds, CRED_PRIVATE_KEY, KEY_ED25519, BUILD_BLOB_ASN1_DER, der, BUILD_END);
	if (key == NULL)
		return -1;
	set->add_key(set, key);
	have_key = 1;
	return 0;
}

static certificate_t *
parse_cert(chunk_t der)
{
	return lib->creds->create(
	    lib->creds, CRED_CERTIFICATE, CERT_X509, BUILD_BLOB_ASN1_DER, der, BUILD_END);
}

static int
add_own(chunk_t der)
{
	certificate_t *cert = parse_cert(der);

	if (cert == NULL)
		return -1;
	DESTROY_IF(own);
	own = set->add_cert_ref(set, FALSE, cert);
	return 0;
}

static int
add_anchor(chunk_t der)
{
	unsigned n = atomic_load(&anchors);
	certificate_t *cert = n == LINEAGE_MAX ? NULL : parse_cert(der);

	if (cert == NULL)
		return -1;
	anchor[n] = set->add_cert_ref(set, TRUE, cert);
	atomic_store(&anchors, n + 1);
	return 0;
}

int
creds_add(enum ipsec_credential kind, const uint8_t *der, size_t len)
{
	chunk_t data = chunk_create((u_char *)(uintptr_t)der, len);

	switch (kind) {
	case IPSEC_DEVICE_KEY:
		return add_key(data);
	case IPSEC_DEVICE_CERT:
		return add_own(data);
	case IPSEC_ACCOUNT_CA:
		return lineage_add_cert(&cas, der, len) == -1 ? -1 : add_anchor(data);
	default:
		return -1;
	}
}

const struct lineage *
creds_cas(void)
{
	return &cas;
}

void
creds_follow(const struct lineage *more, const char *domain)
{
	uint8_t der[MSG_DER_MAX];

	while (cas.count < more->count) {
		ssize_t len = lineage_cert(more, cas.count, domain, der, sizeof der);

		if (len == -1 || creds_add(IPSEC_ACCOUNT_CA, der, (size_t)len) == -1)
			fatalx("the account's new certification key cannot be used");
		log_notice("the account has recovery phrase number %u now; \"autotunnel join %s\" "
			   "gets this machine its new keys",
		    cas.count, domain);
	}
}

static int
is_ours(certificate_t *cert)
{
	for (unsigned i = 0, n = atomic_load(&anchors); i < n; i++)
		if (cert->issued_by(cert, anchor[i], NULL))
			return 1;
	return 0;
}

int
creds_complete(void)
{
	return have_key && own != NULL && is_ours(own);
}

certificate_t *
creds_own(void)
{
	return own->get_ref(own);
}

certificate_t *
creds_ca(void)
{
	return anchor[0]->get_ref(anchor[0]);
}

/* SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 section 4) has only one DER encoding, and the
 * key is its end. */
#define SPKI_LEN (12 + ED25519_PUBLIC_LEN)

int
creds_key(certificate_t *cert, uint8_t out[ED25519_PUBLIC_LEN])
{
	public_key_t *key = cert->get_public_key(cert);
	chunk_t der = chunk_empty;
	int rc = -1;

	if (key != NULL && key->get_type(key) == KEY_ED25519 &&
	    key->get_encoding(key, PUBKEY_SPKI_ASN1_DER, &der) && der.len == SPKI_LEN) {
		memcpy(out, der.ptr + der.len - ED25519_PUBLIC_LEN, ED25519_PUBLIC_LEN);
		rc = 0;
	}
	chunk_free(&der);
	DESTROY_IF(key);
	return rc;
}

static void
read_san(identification_t *san, const char *name, struct claim *out)
{
	chunk_t addr = san->get_encoding(san);
	char text[MSG_NAME_MAX];

	if (san->get_type(san) == ID_FQDN && fqdn_of(san, text, sizeof text) == 0)
		out->has_name |= strcasecmp(text, name) == 0;
	if (san->get_type(san) == ID_IPV6_ADDR && addr.len == 16 && out->ulas++ == 0)
		memcpy(out->ula, addr.ptr, 16);
}

void
creds_read(certificate_t *cert, const char *name, struct claim *out)
{
	enumerator_t *sans;
	identification_t *san;
	x509_t *x509 = (x509_t *)cert;
	uint8_t key[ED25519_PUBLIC_LEN];

	memset(out, 0, sizeof *out);
	if (cert == NULL || cert->get_type(cert) != CERT_X509)
		return;
	out->present = 1;
	out->by_our_ca = is_ours(cert);
	out->in_time = cert->get_validity(cert, NULL, NULL, NULL);
	out->has_key = creds_key(cert, key) == 0;
	if (out->has_key)
		roster_key(key, out->key);
	sans = x509->create_subjectAltName_enumerator(x509);
	while (sans->enumerate(sans, &san))
		read_san(san, name, out);
	sans->destroy(sans);
}

void
creds_free(void)
{
	DESTROY_IF(own);
	for (unsigned i = 0; i < atomic_load(&anchors); i++)
		anchor[i]->destroy(anchor[i]);
	atomic_store(&anchors, 0);
	if (set != NULL)
		set->destroy(set);
	own = NULL;
	set = NULL;
}
