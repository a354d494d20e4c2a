#include "dnsupdate/server/update/keyops.h"

#include "base/log.h"
#include "crypto/mac.h"

int
keyops_is(const struct rr *rr)
{
	return rr->section == SECTION_UPDATE && rr->type == TYPE_SEALED_KEY;
}

static int
open_record(const struct message *m, const struct rr *rr, const struct name *host,
    const struct key *signer, struct tsig_signer *out, uint8_t secret[MSG_SECRET_MAX])
{
	struct tsig_signer account;
	struct rdata rd;

	key_signer(signer, &account);
	return rr_rdata(m, rr, &rd) == -1
	    ? -1
	    : key_open(out, secret, &rd, host, account.secret, account.secret_len);
}

/* The host a record speaks of; -1 when it is none of the zone's. */
static int
host_of(const struct message *m, const struct rr *rr, const struct zone *z, struct name *out)
{
	struct name owner;

	rr_owner(m, rr, &owner);
	if (key_seal_host(out, &owner) == -1 || !name_in(out, &z->name) ||
	    name_equal(out, &z->name))
		return -1;
	return 0;
}

unsigned
keyops_scan(
    const struct message *m, const struct rr *rr, const struct zone *z, const struct key *signer)
{
	uint8_t secret[MSG_SECRET_MAX];
	struct tsig_signer key;
	struct name host;
	int rc;

	if (host_of(m, rr, z, &host) == -1)
		return RCODE_REFUSED;
	if (rr->class != CLASS_IN)
		return RCODE_NOERROR;
	rc = open_record(m, rr, &host, signer, &key, secret);
	crypto_wipe(secret, sizeof secret);
	return rc == 0 ? RCODE_NOERROR : RCODE_FORMERR;
}

/* Devices' keys, and the account's key itself may give way to another (a new recovery phrase).
 * Others', and those for transfers, are the administrator's. */
static int
may_change(const struct keyring *ring, const struct zone *z, const struct name *host,
    const struct key *signer, int removes)
{
	const struct key *old = keyring_find(ring, host);

	if (old == NULL || (old == signer && !removes))
		return 1;
	return old->kind == KEY_DEVICE && old->zone == z;
}

/* The same key as before: what the configuration said already. */
static int
is_known(const struct key *old, const struct tsig_signer *key)
{
	struct tsig_signer s;

	if (old == NULL)
		return 0;
	key_signer(old, &s);
	return s.algorithm == key->algorithm && s.secret_len == key->secret_len &&
	    crypto_equal(s.secret, key->secret, key->secret_len);
}

static size_t
add(struct keyring *ring, struct zone *z, const struct name *host, const struct tsig_signer *key)
{
	const struct key *old = keyring_find(ring, host);
	int shadows = old != NULL && (old->from_file || old->shadows);
	enum key_kind kind = old == NULL ? KEY_DEVICE : (enum key_kind)old->kind;

	if (is_known(old, key))
		return 0;
	keyring_add(ring, host, kind, key->algorithm, key->secret, key->secret_len, z)->shadows =
	    shadows != 0;
	return 1;
}

/* One that the configuration names would be back after the next start: in its place comes one whose
 * secret nobody knows. */
static size_t
take_away(struct keyring *ring, struct zone *z, const struct name *host)
{
	const struct key *old = keyring_find(ring, host);
	uint8_t nobodys[32];

	if (old == NULL)
		return 0;
	if (!old->from_file && !old->shadows)
		return keyring_remove(ring, host) == 0;
	crypto_random(nobodys, sizeof nobodys);
	keyring_add(ring, host, KEY_DEVICE, TSIG_HMAC_SHA256, nobodys, sizeof nobodys, z)->shadows =
	    1;
	crypto_wipe(nobodys, sizeof nobodys);
	return 1;
}

static size_t
run_one(struct keyring *ring, const struct message *m, const struct rr *rr, struct zone *z,
    const struct key *signer)
{
	uint8_t secret[MSG_SECRET_MAX];
	char text[NAME_TEXT_MAX];
	struct tsig_signer key;
	struct name host;
	size_t changed = 0;

	if (host_of(m, rr, z, &host) == -1 ||
	    !may_change(ring, z, &host, signer, rr->class != CLASS_IN))
		return 0;
	if (rr->class != CLASS_IN) {
		changed = take_away(ring, z, &host);
		if (changed)
			log_notice("key %s removed", name_text(&host, text));
	} else if (open_record(m, rr, &host, signer, &key, secret) == 0) {
		changed = add(ring, z, &host, &key);
		if (changed)
			log_notice("key %s added", name_text(&host, text));
	}
	crypto_wipe(secret, sizeof secret);
	return changed;
}

size_t
keyops_run(struct keyring *ring, const struct message *m, struct zone *z, const struct key *signer)
{
	size_t changed = 0;

	for (unsigned i = 0; i < m->count; i++)
		if (keyops_is(&m->rr[i]))
			changed += run_one(ring, m, &m->rr[i], z, signer);
	return changed;
}
