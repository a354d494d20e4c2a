#include "dnsupdate/server/update/policy.h"

int
policy_may_read(const struct key *key, const struct zone *z)
{
	return !z->is_private || (key != NULL && key->zone == z);
}

int
policy_may_transfer(const struct key *key, const struct zone *z)
{
	return key != NULL && key->zone == z &&
	    (key->kind == KEY_ACCOUNT || key->kind == KEY_TRANSFER);
}

int
policy_may_update(const struct key *key, const struct zone *z)
{
	return key != NULL && key->zone == z &&
	    (key->kind == KEY_ACCOUNT || key->kind == KEY_DEVICE);
}

int
policy_may_touch(const struct key *key, const struct zone *z, const struct name *owner)
{
	struct name own;

	if (!policy_may_update(key, z))
		return 0;
	if (key->kind == KEY_ACCOUNT)
		return name_in(owner, &z->name);
	key_name(key, &own);
	return name_in(owner, &own) && name_in(&own, &z->name) && !name_equal(&own, &z->name);
}

int
policy_may_write_type(const struct key *key, uint16_t type)
{
	switch (type) {
	case TYPE_A:
	case TYPE_AAAA:
	case TYPE_SRV:
	case TYPE_TXT:
	case TYPE_ANY:
		return 1;
	}
	return key->kind == KEY_ACCOUNT;
}
