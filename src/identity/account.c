#include "identity/account.h"

#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/kdf.h"
#include "crypto/mac.h"
#include "identity/ula.h"

#include <stdio.h>
#include <string.h>

#define SALT_HEAD "autotunnel-v1"
#define TSIG_SECRET_LEN 32

static const struct argon2_cost cost = {.passes = 3, .memory_kib = 64 * 1024, .lanes = 4};

static int
derive_master(struct account *a, const uint8_t entropy[PHRASE_ENTROPY])
{
	char salt[sizeof SALT_HEAD + MSG_NAME_MAX];
	int len = snprintf(salt, sizeof salt, SALT_HEAD "%s", a->domain);

	return argon2id(
	    &cost, entropy, PHRASE_ENTROPY, salt, (size_t)len, a->master, sizeof a->master);
}

static int
derive(const struct account *a, const char *label, uint8_t *out, size_t len)
{
	return hkdf_sha256(a->master, sizeof a->master, NULL, 0, label, strlen(label), out, len);
}

static int
derive_tsig(const struct account *a, const char *label, struct tsig_key *out)
{
	out->algorithm = TSIG_HMAC_SHA256;
	out->secret_len = TSIG_SECRET_LEN;
	return derive(a, label, out->secret, TSIG_SECRET_LEN);
}

static int
make_ca(struct account *a)
{
	ssize_t len = cert_make_ca(a->domain, a->ca_seed, a->ca.data, sizeof a->ca.data);

	a->ca.len = len == -1 ? 0 : (uint16_t)len;
	return len == -1 ? -1 : lineage_add_cert(&a->cas, a->ca.data, a->ca.len);
}

int
account_adopt(struct account *a, const struct lineage *cas)
{
	uint8_t key[ED25519_PUBLIC_LEN];
	ssize_t len;

	if (cas->count == 0 || ed25519_public(a->ca_seed, key) == -1 ||
	    memcmp(key, lineage_present(cas), sizeof key) != 0)
		return -1;
	len = lineage_cert(cas, 0, a->domain, a->ca.data, sizeof a->ca.data);
	if (len == -1)
		return -1;
	a->ca.len = (uint16_t)len;
	a->cas = *cas;
	return 0;
}

int
account_hand_over(const struct account *a, struct account *next)
{
	struct lineage cas = a->cas;

	if (lineage_hand_over(&cas, a->domain, a->ca_seed, lineage_present(&next->cas)) == -1)
		return -1;
	return account_adopt(next, &cas);
}

int
account_derive(const char *domain, const uint8_t entropy[PHRASE_ENTROPY], struct account *out)
{
	memset(out, 0, sizeof *out);
	if (str_copy(out->domain, sizeof out->domain, domain) == -1)
		return -1;
	str_lower(out->domain);
	if (snprintf(out->tsig.name, sizeof out->tsig.name, ACCOUNT_KEY_LABEL ".%s", out->domain) >=
	    (int)sizeof out->tsig.name)
		return -1;
	if (derive_master(out, entropy) == -1 ||
	    derive_tsig(out, "tsig-account", &out->tsig) == -1 ||
	    derive(out, "ca", out->ca_seed, sizeof out->ca_seed) == -1)
		return -1;
	return make_ca(out);
}

void
account_wipe(struct account *a)
{
	crypto_wipe(a, sizeof *a);
}

void
account_seal(struct account *a)
{
	crypto_wipe(a->master, sizeof a->master);
}

int
account_device_tsig(
    const struct account *a, const char *host, unsigned generation, struct tsig_key *out)
{
	char label[sizeof "tsig-device::4294967295" + MSG_NAME_MAX];
	int len;

	memset(out, 0, sizeof *out);
	if (str_copy(out->name, sizeof out->name, host) == -1)
		return -1;
	str_lower(out->name);
	len = snprintf(label, sizeof label, "tsig-device:%s", out->name);
	if (generation > 0)
		snprintf(label + len, sizeof label - (size_t)len, ":%u", generation);
	return derive_tsig(a, label, out);
}

/* The certificate's subject is the host label: it always fits, and people see it in tools. */
static int
make_cert(const struct account *a, const uint8_t *public_key, struct identity *id)
{
	struct cert_info info = {0};
	ssize_t len;

	memcpy(info.public_key, public_key, sizeof info.public_key);
	memcpy(info.address, id->ula, sizeof info.address);
	snprintf(info.common_name, sizeof info.common_name, "%.*s", (int)strcspn(id->name, "."),
	    id->name);
	if (str_copy(info.issuer, sizeof info.issuer, a->domain) == -1 ||
	    str_copy(info.dns_name, sizeof info.dns_name, id->name) == -1)
		return -1;
	len = cert_make_device(&info, a->ca_seed, id->cert.data, sizeof id->cert.data);
	id->cert.len = len == -1 ? 0 : (uint16_t)len;
	return len == -1 ? -1 : 0;
}

int
account_invite_tsig(const struct account *a, unsigned slot, struct tsig_key *out)
{
	char label[sizeof "tsig-invite:" + MSG_NAME_MAX];

	memset(out, 0, sizeof *out);
	if (snprintf(out->name, sizeof out->name, "invite%u._join.%s", slot, a->domain) >=
	    (int)sizeof out->name)
		return -1;
	snprintf(label, sizeof label, "tsig-invite:%s", out->name);
	out->algorithm = TSIG_HMAC_SHA256;
	out->secret_len = ACCOUNT_INVITE_SECRET;
	return derive(a, label, out->secret, ACCOUNT_INVITE_SECRET);
}

int
account_issue_key(const struct account *a, const char *host, unsigned generation,
    const uint8_t public_key[ED25519_PUBLIC_LEN], struct identity *id)
{
	memset(id, 0, sizeof *id);
	if (account_device_tsig(a, host, generation, &id->tsig) == -1)
		return -1;
	memcpy(id->domain, a->domain, sizeof id->domain);
	memcpy(id->name, id->tsig.name, sizeof id->name);
	ula_derive(a->cas.ca[0].key, public_key, id->ula);
	id->ca = a->ca;
	id->cas = a->cas;
	return make_cert(a, public_key, id);
}

int
account_issue(const struct account *a, const char *host, const uint8_t seed[ED25519_SEED_LEN],
    struct identity *id)
{
	uint8_t key[ED25519_PUBLIC_LEN];

	if (ed25519_public(seed, key) == -1 || account_issue_key(a, host, 0, key, id) == -1)
		return -1;
	ed25519_to_pkcs8(seed, id->key.data);
	id->key.len = ED25519_PKCS8_LEN;
	return 0;
}
