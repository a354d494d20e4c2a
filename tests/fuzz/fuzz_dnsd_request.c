/*
 * Messages into a whole name server, replies out.  The input is a row of messages, each behind an
 * octet of choices and its length: over UDP or TCP, signed by nobody, a device or the account, on a
 * disk that works or fails.  The signature is put on here, so that what an attacker with a key can
 * send is reached too.
 */
#include "crypto/hash.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/server.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1700000000u

enum { OVER_TCP = 1, BY_DEVICE = 2, BY_ACCOUNT = 4, DISK_FAILS = 8, TIME_PASSES = 16 };

static const uint8_t secret[32] = {1, 2, 3};
static struct server server;
static struct zone *zone;
static uint64_t now_sec;
static int disk_fails;
static unsigned sent;
static size_t limit;

static void
must(int ok)
{
	if (!ok)
		abort();
}

static struct name
name(const char *text)
{
	struct name n;

	must(name_parse(&n, text) == 0);
	return n;
}

static void
check_reply(const uint8_t *data, size_t len)
{
	static struct message m;

	must(len <= limit && message_parse(&m, data, len) == 0 && (m.flags & FLAG_QR) != 0);
}

static void
take(void *ctx, const struct requester *to, const void *data, size_t len)
{
	if (len > 0)
		check_reply(data, len);
	sent++;
}

static int
knock(void *ctx, const struct requester *who, uint16_t port, const uint8_t *nonce)
{
	must(who->transport != TRANSPORT_UDP && port != 0 && nonce != NULL);
	return 0;
}

static int
append(void *ctx, const struct commit_record *r)
{
	return 0;
}

static int
finish(void *ctx, int must_sync)
{
	return disk_fails && must_sync == 1 ? -1 : 0;
}

static const struct commit_journal journal = {append, finish, NULL};

static void
add_key(const char *text, enum key_kind kind)
{
	struct name n = name(text);

	keyring_add(server.keys, &n, kind, TSIG_HMAC_SHA256, secret, sizeof secret, zone);
}

static void
put(const char *owner, uint16_t type, const void *data, size_t len)
{
	struct name n = name(owner);

	must(zone_put(zone, &n, type, 60, data, (uint16_t)len, 0) == 0);
}

static void
begin(void)
{
	static const uint8_t soa[] =
	    "\2ns\1z\7example\0\4mail\1z\7example\0\0\0\0\1\0\0\0\1\0\0\0\1"
	    "\0\0\0\1\0\0\0\1";
	struct name apex = name("z.example");

	now_sec = NOW;
	server_init(&server);
	server.send = take;
	server.hooks.knock = knock;
	commit_set_journal(server.commit, &journal);
	zone = zone_new(&apex);
	zone->max_records = 2000;
	zones_add(&server.zones, zone);
	put("z.example", TYPE_SOA, soa, sizeof soa - 1);
	put("z.example", TYPE_NS, "\2ns\1z\7example", 14);
	put("h.z.example", TYPE_A, "1234", 4);
	put("c.z.example", TYPE_CNAME, "\1h\1z\7example", 13);
	put("*.w.z.example", TYPE_TXT, "\1a", 2);
	put("d.z.example", TYPE_NS, "\2ns\1z\7example", 14);
	add_key("h.z.example", KEY_DEVICE);
	add_key("k.z.example", KEY_ACCOUNT);
}

/* What the world sees of the zone, in no order; and do its own counts agree? */
static uint64_t
digest(void)
{
	size_t records = 0, octets = 0, names = 0;
	uint64_t sum = 0;
	struct node *n = NULL;
	struct record r;

	while ((n = zone_next(zone, n)) != NULL) {
		struct name owner;

		node_name(zone, n, &owner);
		must(zone_node(zone, &owner) == n);
		must(n->parent == NULL || n->sets != NULL || n->child != NULL);
		names++;
		for (const struct rrset *set = n->sets; set != NULL; set = set->next)
			for (size_t pos = 0; rrset_next(set, &pos, &r); records++) {
				uint8_t room[1400], hash[SHA256_LEN];
				struct buf b = buf_writer(room, sizeof room);
				uint64_t part;

				must(r.lease == 0 || lease_get(zone->leases, r.lease) != NULL);
				name_put(&b, &owner);
				buf_put_u16(&b, set->type);
				buf_put_u32(&b, set->ttl);
				buf_put(&b, r.data, r.len);
				sha256(room, b.pos, hash);
				memcpy(&part, hash, sizeof part);
				sum += part;
				octets += r.len;
			}
	}
	must(records == zone->records && octets == zone->octets && names == zone->names);
	must(node_rrset(zone->apex, TYPE_SOA)->count == 1);
	must(node_rrset(zone->apex, TYPE_NS) != NULL);
	return sum;
}

static size_t
sign(const char *key, uint8_t *room, size_t size, size_t len)
{
	struct tsig_signer signer;
	struct tsig_context ctx;
	struct buf b = buf_writer(room, size);

	b.pos = len;
	must(tsig_signer_init(&signer, key, TSIG_HMAC_SHA256, secret, sizeof secret) == 0);
	if (len >= MESSAGE_HEADER && tsig_sign(&ctx, &signer, &b, now_sec) == 0) {
		tsig_forget(&ctx);
		return b.pos;
	}
	return len;
}

static void
one_message(unsigned mode, const uint8_t *data, size_t len)
{
	static uint8_t request[65535], reply[65535];
	static struct request r;
	uint64_t before = digest();
	uint32_t serial = zone->serial;

	disk_fails = (mode & DISK_FAILS) != 0;
	now_sec += (mode & TIME_PASSES) != 0 ? 2000 : 1;
	memcpy(request, data, len);
	if ((mode & (BY_DEVICE | BY_ACCOUNT)) != 0)
		len = sign((mode & BY_ACCOUNT) != 0 ? "k.z.example" : "h.z.example", request,
		    sizeof request, len);
	r.from = (struct requester) {
	    .transport = (mode & OVER_TCP) != 0 ? TRANSPORT_TCP : TRANSPORT_UDP};
	r.from.from.in.sin_family = AF_INET;
	r.data = request;
	r.len = len;
	r.now_sec = now_sec;
	r.now_ms = now_sec * 1000;
	limit = (mode & OVER_TCP) != 0 ? sizeof reply : 1232;
	r.reply = buf_writer(reply, limit);
	sent = 0;
	switch (request_handle(&server, &r)) {
	case REQUEST_REPLY:
		check_reply(r.reply.data, r.reply.pos);
		break;
	case REQUEST_PENDING:
		server_commit(&server, now_sec);
		must(sent == 1);
		break;
	case REQUEST_DROP:
	case REQUEST_CLOSE:
		break;
	}
	if (disk_fails) /* all as it was; a lease alone does not wait for the disk */
		must(zone->serial == serial && digest() == before);
	server_expire(&server, now_sec);
	digest();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	while (size >= 3) {
		unsigned mode = data[0];
		size_t len = (size_t)data[1] << 8 | data[2];

		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		if (len < 60000)
			one_message(mode, data, len);
		data += len;
		size -= len;
	}
	server_free(&server);
	return 0;
}
