/* Who is believed over TLS by certificate: servers by authority and name, devices by account. */
#include "crypto_tls_pair.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_authority),
	    cmocka_unit_test(test_unknown_authority),
	    cmocka_unit_test(test_pin_of_expired),
	    cmocka_unit_test(test_device),
	    cmocka_unit_test(test_device_of_next_ca),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
