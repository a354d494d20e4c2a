#include "cli/server_keys.h"

#include "crypto/mac.h"
#include "dnsupdate/wire/key_seal.h"

/* Nobody else makes up this record; with a TTL it would be somebody's own. */
int
server_keys_taken(struct talk *t)
{
	struct question q = {.type = TYPE_TXT, .class = CLASS_IN};
	const struct message *m = &t->reply->message;
	const struct rr *rr;
	size_t pos = 0;

	if (name_prepend(&q.name, "whoami", &t->zone) == -1 || talk_ask(t, &q) != TALK_DONE)
		return 0;
	rr = message_next(m, &pos, SECTION_ANSWER, &q.name, TYPE_TXT);
	return rr != NULL && rr->ttl == 0;
}

int
server_keys_add(struct talk *t, struct update *u, const struct tsig_key *key)
{
	struct tsig_signer device;
	struct name owner;
	struct rdata rd;
	int rc = tsig_signer_init(&device, key->name, key->algorithm, key->secret, key->secret_len);

	if (rc == 0)
		rc = key_seal_owner(&owner, &device.name);
	if (rc == 0)
		rc = key_seal(&rd, &device, t->key->secret, t->key->secret_len);
	if (rc == 0)
		update_add(u, &owner, 0, &rd);
	return rc;
}

int
server_keys_remove(struct update *u, const struct name *host)
{
	struct name owner;

	if (key_seal_owner(&owner, host) == -1)
		return -1;
	update_delete_rrset(u, &owner, TYPE_SEALED_KEY);
	return 0;
}
