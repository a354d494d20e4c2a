#include "identity/lineage.h"

#include "crypto/cert.h"
#include "identity/base64.h"

#include <stdio.h>
#include <string.h>

static int
is_blank(const struct lineage_ca *ca)
{
	static const struct lineage_ca none;

	return memcmp(ca, &none, sizeof none) == 0;
}

/* ---- certificates ---- */

int
lineage_add_cert(struct lineage *l, const void *der, size_t len)
{
	struct cert_info info;
	struct lineage_ca *ca;

	if (l->count == LINEAGE_MAX || len < ED25519_SIGNATURE_LEN ||
	    cert_read(der, len, &info) == -1 || !info.is_ca)
		return -1;
	ca = &l->ca[l->count++];
	memcpy(ca->key, info.public_key, sizeof ca->key);
	memcpy(
	    ca->signature, (const uint8_t *)der + len - sizeof ca->signature, sizeof ca->signature);
	return 0;
}

int
lineage_hand_over(struct lineage *l, const char *domain,
    const uint8_t present_seed[ED25519_SEED_LEN], const uint8_t key[ED25519_PUBLIC_LEN])
{
	uint8_t der[MSG_DER_MAX];
	ssize_t len = cert_make_next_ca(domain, key, present_seed, der, sizeof der);

	return len == -1 ? -1 : lineage_add_cert(l, der, (size_t)len);
}

ssize_t
lineage_cert(const struct lineage *l, unsigned i, const char *domain, uint8_t *out, size_t size)
{
	const struct lineage_ca *ca = &l->ca[i], *issuer = i == 0 ? ca : ca - 1;

	return cert_rebuild_ca(domain, ca->key, issuer->key, ca->signature, out, size);
}

int
lineage_issued(const struct lineage *l, const char *domain, const void *cert, size_t len)
{
	uint8_t der[MSG_DER_MAX];

	for (unsigned i = 0; i < l->count; i++) {
		ssize_t n = lineage_cert(l, i, domain, der, sizeof der);

		if (n != -1 && cert_issued_by(cert, len, der, (size_t)n))
			return 1;
	}
	return 0;
}

/* ---- who follows whom ---- */

int
lineage_valid(const struct lineage *l, const char *domain)
{
	uint8_t der[2][MSG_DER_MAX];
	ssize_t len[2] = {0, 0};

	for (unsigned i = 0; i < l->count; i++) {
		unsigned issuer = i == 0 ? 0 : (i - 1) % 2;

		len[i % 2] = lineage_cert(l, i, domain, der[i % 2], sizeof der[0]);
		if (len[i % 2] == -1 || lineage_find(l, l->ca[i].key) != (int)i ||
		    !cert_issued_by(
			der[i % 2], (size_t)len[i % 2], der[issuer], (size_t)len[issuer]))
			return 0;
	}
	return l->count > 0;
}

int
lineage_extends(const struct lineage *l, const struct lineage *known)
{
	if (known->count > l->count)
		return 0;
	for (unsigned i = 0; i < known->count; i++)
		if (memcmp(l->ca[i].key, known->ca[i].key, sizeof l->ca[i].key) != 0)
			return 0;
	return 1;
}

int
lineage_find(const struct lineage *l, const uint8_t key[ED25519_PUBLIC_LEN])
{
	for (unsigned i = 0; i < l->count; i++)
		if (memcmp(l->ca[i].key, key, ED25519_PUBLIC_LEN) == 0)
			return (int)i;
	return -1;
}

const uint8_t *
lineage_present(const struct lineage *l)
{
	return l->ca[l->count - 1].key;
}

/* ---- text ---- */

void
lineage_line(const struct lineage *l, unsigned i, char out[LINEAGE_LINE_MAX])
{
	char key[BASE64_SIZE(ED25519_PUBLIC_LEN)], signature[BASE64_SIZE(ED25519_SIGNATURE_LEN)];

	base64_encode(l->ca[i].key, sizeof l->ca[i].key, key);
	base64_encode(l->ca[i].signature, sizeof l->ca[i].signature, signature);
	snprintf(out, LINEAGE_LINE_MAX, "@%u %s %s", i + 1, key, signature);
}

int
lineage_read_line(struct lineage *l, const char *line)
{
	char key[BASE64_SIZE(ED25519_PUBLIC_LEN) + 1];
	char signature[BASE64_SIZE(ED25519_SIGNATURE_LEN) + 1], number, more;
	struct lineage_ca *ca;

	if (sscanf(line, "@%c %45s %89s%c", &number, key, signature, &more) != 3 || number < '1' ||
	    number > '0' + LINEAGE_MAX)
		return -1;
	ca = &l->ca[number - '1'];
	if (!is_blank(ca) || base64_decode(key, ca->key, sizeof ca->key) != sizeof ca->key ||
	    base64_decode(signature, ca->signature, sizeof ca->signature) != sizeof ca->signature ||
	    is_blank(ca))
		return -1;
	if (number - '0' > l->count)
		l->count = (uint8_t)(number - '0');
	return 0;
}

int
lineage_whole(const struct lineage *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (is_blank(&l->ca[i]))
			return 0;
	return 1;
}
