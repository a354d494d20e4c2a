#include "dnsupdate/server/load.h"

#include "base/file.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/text.h"
#include "identity/base64.h"

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
#define SECRET_MIN 16 /* octets; less is a password */

static int
fail(struct config_error *error, const char *where, const char *what)
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
put_server(struct zone *z, const struct conf_zone *cz, struct config_error *error)
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
load_name(const struct conf_zone *cz, struct config_error *error)
{
	struct zone *z;
	struct name name;

	if (name_parse(&name, cz->name) == -1) {
		fail(error, cz->name, "not a domain name");
		return NULL;
	}
	z = zone_new(&name);
	z->is_private = cz->is_private != 0;
	z->max_records = cz->max_records;
	z->max_device_records = cz->max_device_records;
	return z;
}

int
load_zone(const struct conf_zone *cz, struct zone *z, struct config_error *error)
{
	return put_server(z, cz, error);
}

/* "hmac-sha256:NAME:SECRET", taken apart. */
static int
parse_key(const char *text, enum tsig_algorithm *algorithm, struct name *name,
    uint8_t secret[MSG_SECRET_MAX], struct config_error *error)
{
	const char *first = strchr(text, ':'), *last = strrchr(text, ':');
	char word[MSG_NAME_MAX];
	int len;

	snprintf(word, sizeof word, "%.*s", (int)(first - text), text);
	*algorithm = tsig_algorithm_parse(word);
	if (*algorithm == 0)
		return fail(
		    error, word, "the algorithm must be hmac-sha256, hmac-sha384 or hmac-sha512");
	snprintf(word, sizeof word, "%.*s", (int)(last - first - 1), first + 1);
	if (name_parse(name, word) == -1 || name_labels(name) == 0)
		return fail(error, word, "a key's name is a domain name");
	len = base64_decode(last + 1, secret, MSG_SECRET_MAX);
	if (len < SECRET_MIN)
		return fail(error, word, "the secret must be 16 to 64 octets in base64");
	return len;
}

/* A key of the past is kept in any case: to start without it would be no safer than to refuse it.
 */
static void
warn_of_weak(const struct server *s, const char *key, enum tsig_algorithm algorithm)
{
	if (!tsig_algorithm_is_weak(algorithm))
		return;
	if (s->weak_tsig)
		log_warnx("key %s is for %s, which is weak: give its client another as soon as it "
			  "can take it",
		    key, tsig_algorithm_text(algorithm));
	else
		log_warnx("key %s is for %s, which is weak, and is not accepted; give its client "
			  "one for hmac-sha256, or set \"weak-tsig = yes\" in [server]",
		    key, tsig_algorithm_text(algorithm));
}

struct key *
load_key(struct server *s, const char *text, enum key_kind kind, struct zone *z, int from_file,
    struct config_error *error)
{
	uint8_t secret[MSG_SECRET_MAX];
	enum tsig_algorithm algorithm;
	char shown[NAME_TEXT_MAX];
	struct key *key = NULL, *old;
	struct name name;
	int shadows, len = parse_key(text, &algorithm, &name, secret, error);

	if (len == -1)
		return NULL;
	name_text(&name, shown);
	old = keyring_find(s->keys, &name);
	/* what was added, or taken away, at run time goes before the configuration */
	shadows = old != NULL && old->from_file && !from_file;
	if (old != NULL && !shadows) {
		fail(error, shown, "two keys have this name");
	} else if (kind == KEY_DEVICE &&
	    (!name_in(&name, &z->name) || name_equal(&name, &z->name))) {
		fail(error, shown, "a device's key is named like the device, in the zone");
	} else {
		key = keyring_add(s->keys, &name, kind, algorithm, secret, (size_t)len, z);
		key->from_file = from_file != 0;
		key->shadows = shadows != 0;
		warn_of_weak(s, shown, algorithm);
	}
	crypto_wipe(secret, sizeof secret);
	return key;
}

static int
add_keys(struct server *s, const struct conf_key_text *k, enum key_kind kind, struct zone *z,
    int from_file, struct config_error *error)
{
	for (; k != NULL; k = k->next)
		if (load_key(s, k->text, kind, z, from_file, error) == NULL)
			return -1;
	return 0;
}

int
load_keys(struct server *s, const struct conf_zone *cz, struct zone *z, int from_file,
    struct config_error *error)
{
	if (add_keys(s, cz->account_key, KEY_ACCOUNT, z, from_file, error) == -1 ||
	    add_keys(s, cz->device_key, KEY_DEVICE, z, from_file, error) == -1)
		return -1;
	return add_keys(s, cz->transfer_key, KEY_TRANSFER, z, from_file, error);
}
