#include "dnsupdate/server/load.h"

#include "base/file.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/text.h"
#include "identity/tsig_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What secondaries and caches do by (protocols: a peer that is looked up too early must not be
 * missing for long). */
#define SOA_TTL 3600
#define SOA_REFRESH 600
#define SOA_RETRY 120
#define SOA_EXPIRE 604800
#define SOA_MINIMUM 30
#define DEFAULT_TTL 300

static int
fail(struct conf_error *error, const char *where, const char *what)
{
	snprintf(error->text, sizeof error->text, "%.100s: %.140s", where, what);
	return -1;
}

static void
put_soa(struct zone *z, const struct name *server)
{
	struct name mail;
	struct rdata rd;
	struct buf b = buf_writer(rd.data, sizeof rd.data);

	if (name_prepend(&mail, "hostmaster", &z->name) == -1)
		mail = z->name;
	name_put(&b, server);
	name_put(&b, &mail);
	buf_put_u32(&b, 1);
	buf_put_u32(&b, SOA_REFRESH);
	buf_put_u32(&b, SOA_RETRY);
	buf_put_u32(&b, SOA_EXPIRE);
	buf_put_u32(&b, SOA_MINIMUM);
	zone_put(z, &z->name, TYPE_SOA, SOA_TTL, rd.data, (uint16_t)b.pos, 0);
	zone_put(z, &z->name, TYPE_NS, SOA_TTL, server->wire, server->len, 0);
}

static int
put_server(struct zone *z, const struct conf_zone *cz, struct conf_error *error)
{
	struct name server;
	struct rdata rd;
	int rc = cz->name_server[0] == '\0' ? name_prepend(&server, "ns", &z->name)
					    : name_parse(&server, cz->name_server);

	if (rc == -1)
		return fail(error, cz->name, "the name server's name is too long");
	put_soa(z, &server);
	if (!name_in(&server, &z->name))
		return 0;
	for (unsigned i = 0; i < cz->address.count; i++)
		if (rdata_address(&rd, &cz->address.at[i]) == 0)
			zone_put(z, &server, rd.type, SOA_TTL, rd.data, rd.len, 0);
	return 0;
}

struct zone *
load_zone(const struct conf_zone *cz, struct conf_error *error)
{
	struct zone *z;
	struct name name;

	if (name_parse(&name, cz->name) == -1) {
		fail(error, cz->name, "not a domain name");
		return NULL;
	}
	z = zone_new(&name);
	z->is_private = cz->is_private != 0;
	if (put_server(z, cz, error) == -1) {
		zone_free(z);
		return NULL;
	}
	return z;
}

static int
add_keys(struct server *s, const char *path, enum key_kind kind, struct zone *z,
    struct conf_error *error)
{
	struct tsig_file file;
	char why[MSG_TEXT_MAX];
	struct name name;
	int rc = 0;

	if (path[0] == '\0')
		return 0;
	if (tsig_file_load(path, &file, why) == -1)
		return fail(error, "keys", why);
	for (int i = 0; i < file.keys && rc == 0; i++) {
		const struct tsig_key *k = &file.key[i];

		if (name_parse(&name, k->name) == -1)
			rc = fail(error, path, "a key's name is no domain name");
		else if (kind == KEY_DEVICE &&
		    (!name_in(&name, &z->name) || name_equal(&name, &z->name)))
			rc = fail(
			    error, path, "a device's key is named like the device, in the zone");
		else
			keyring_add(s->keys, &name, kind, (enum tsig_algorithm)k->algorithm,
			    k->secret, k->secret_len, z)
			    ->from_file = 1;
	}
	crypto_wipe(&file, sizeof file);
	return rc;
}

int
load_keys(struct server *s, const struct conf_zone *cz, struct zone *z, struct conf_error *error)
{
	if (add_keys(s, cz->transfer_keys, KEY_TRANSFER, z, error) == -1 ||
	    add_keys(s, cz->device_keys, KEY_DEVICE, z, error) == -1)
		return -1;
	return add_keys(s, cz->account_keys, KEY_ACCOUNT, z, error);
}
