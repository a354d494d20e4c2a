/*
 * What the tests of dnsupdate/server share: a whole server without a socket.  It has the zone
 * z.example with the keys k.z.example (account), h.z.example and g.z.example (devices) and
 * t.z.example (transfer), all of the secret 00..1f, and its clock stands still.
 */
#ifndef UNIT_DNSD_TEST_H
#define UNIT_DNSD_TEST_H

#include "tests/unit/wire_test.h"

#include "dnsupdate/server/server.h"
#include "dnsupdate/server/update/updates.h"
#include "dnsupdate/wire/lease.h"
#include "dnsupdate/wire/update.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW VECTOR_TIME

struct test_server {
	struct server s;
	struct zone *z;
	struct request r;
	uint8_t room[65535];
	uint64_t now_sec;
	/* the last reply, from either way */
	uint8_t reply[65535];
	size_t reply_len;
	unsigned replies;
	struct message m; /* it, parsed */
	/* the request being written */
	struct update u;
	uint8_t request[65535];
	size_t request_len;
	struct tsig_context tsig;
	struct tsig_signer signer;
	uint16_t id;
};

static inline void
test_send(void *ctx, const struct requester *to, const void *data, size_t len)
{
	struct test_server *t = ctx;

	(void)to;
	memcpy(t->reply, data, len);
	t->reply_len = len;
	t->replies++;
}

static inline void
test_put(struct zone *z, const char *owner, uint32_t ttl, const struct rdata *rd)
{
	struct name n = name_of(owner);

	assert_int_equal(zone_put(z, &n, rd->type, ttl, rd->data, rd->len, 0), 0);
}

static inline struct rdata
rd_a(const char *text)
{
	struct rdata rd;
	uint8_t addr[4];

	assert_int_equal(inet_pton(AF_INET, text, addr), 1);
	rdata_a(&rd, addr);
	return rd;
}

static inline struct rdata
rd_name(uint16_t type, const char *target)
{
	struct name n = name_of(target);
	struct rdata rd;

	rdata_ptr(&rd, &n);
	rd.type = type;
	return rd;
}

static inline struct rdata
rd_txt(const char *text)
{
	struct rdata rd;

	assert_int_equal(rdata_txt(&rd, &text, 1), 0);
	return rd;
}

static inline struct rdata
rd_soa(uint32_t serial)
{
	struct name server = name_of("ns.z.example"), mail = name_of("hostmaster.z.example");
	struct rdata rd = {.type = TYPE_SOA};
	struct buf b = buf_writer(rd.data, sizeof rd.data);

	name_put(&b, &server);
	name_put(&b, &mail);
	buf_put_u32(&b, serial);
	buf_put_u32(&b, 600);
	buf_put_u32(&b, 120);
	buf_put_u32(&b, 604800);
	buf_put_u32(&b, 30);
	rd.len = (uint16_t)b.pos;
	return rd;
}

static inline void
test_key(struct test_server *t, const char *name, enum key_kind kind)
{
	struct name n = name_of(name);

	keyring_add(t->s.keys, &n, kind, TSIG_HMAC_SHA256, vector_secret(), 32, t->z);
}

static inline int
test_setup(void **state)
{
	struct test_server *t = calloc(1, sizeof *t);
	struct name apex = name_of("z.example");
	struct rdata rd;

	server_init(&t->s);
	t->s.send = test_send;
	t->s.send_ctx = t;
	t->now_sec = NOW;
	t->z = zone_new(&apex);
	zones_add(&t->s.zones, t->z);
	rd = rd_soa(100);
	test_put(t->z, "z.example", 3600, &rd);
	rd = rd_name(TYPE_NS, "ns.z.example");
	test_put(t->z, "z.example", 3600, &rd);
	rd = rd_a("192.0.2.53");
	test_put(t->z, "ns.z.example", 3600, &rd);
	test_key(t, "k.z.example", KEY_ACCOUNT);
	test_key(t, "h.z.example", KEY_DEVICE);
	test_key(t, "g.z.example", KEY_DEVICE);
	test_key(t, "t.z.example", KEY_TRANSFER);
	*state = t;
	return 0;
}

static inline int
test_teardown(void **state)
{
	struct test_server *t = *state;

	tsig_forget(&t->tsig);
	server_free(&t->s);
	free(t);
	return 0;
}

/* Hand bytes to the server as from 192.0.2.1:1234; waiting updates are carried out.  1 when there
 * is a reply, which is parsed then. */
static inline int
test_raw(struct test_server *t, const void *data, size_t len, enum transport transport)
{
	unsigned before = t->replies;
	uint8_t copy[65535];

	memcpy(copy, data, len);
	t->r.from = (struct requester) {.transport = transport};
	t->r.from.from.in = (struct sockaddr_in) {
	    .sin_family = AF_INET, .sin_port = htons(1234), .sin_addr.s_addr = htonl(0xc0000201)};
	t->r.data = copy;
	t->r.len = len;
	t->r.now_sec = t->now_sec;
	t->r.now_ms = t->now_sec * 1000;
	t->r.reply = buf_writer(t->room, sizeof t->room);
	switch (request_handle(&t->s, &t->r)) {
	case REQUEST_REPLY:
		test_send(t, &t->r.from, t->r.reply.data, t->r.reply.pos);
		break;
	case REQUEST_PENDING:
		server_commit(&t->s, t->now_sec);
		break;
	case REQUEST_DROP:
	case REQUEST_CLOSE:
		break;
	}
	if (t->replies == before)
		return 0;
	assert_int_equal(t->replies, before + 1);
	assert_int_equal(message_parse(&t->m, t->reply, t->reply_len), 0);
	return 1;
}

/* Ask over UDP with EDNS; the rcode of the answer. */
static inline unsigned
test_ask(struct test_server *t, const char *name, uint16_t type)
{
	struct question q = {.name = name_of(name), .type = type, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);

	assert_int_equal(query_build(&b, ++t->id, &q, 0), 0);
	assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.id, t->id);
	assert_true(t->m.flags & FLAG_QR);
	return t->m.rcode;
}

static inline void
test_update(struct test_server *t)
{
	struct name apex = name_of("z.example");

	update_begin(&t->u, t->request, sizeof t->request, ++t->id, &apex);
}

static inline void
test_signer(struct test_server *t, const char *key)
{
	assert_int_equal(
	    tsig_signer_init(&t->signer, key, TSIG_HMAC_SHA256, vector_secret(), 32), 0);
}

/* Sign what stands in t->request and send it over TCP; the answer's signature must be right. */
static inline unsigned
test_signed(struct test_server *t, const char *key)
{
	struct buf b = buf_writer(t->request, sizeof t->request);
	enum tsig_verdict verdict;

	b.pos = t->request_len;
	test_signer(t, key);
	tsig_forget(&t->tsig);
	assert_int_equal(tsig_sign(&t->tsig, &t->signer, &b, t->now_sec), 0);
	t->request_len = b.pos;
	assert_int_equal(test_raw(t, t->request, t->request_len, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.id, t->id);
	verdict = tsig_verify(&t->tsig, &t->m, t->now_sec, NULL);
	assert_int_equal(verdict, TSIG_OK);
	return t->m.rcode;
}

/* End the update in t->u, with a lease (0 = without), sign, send. */
static inline unsigned
test_finish(struct test_server *t, const char *key, uint32_t lease_sec)
{
	uint8_t option[LEASE_OPTION_MAX];
	struct buf b = buf_writer(option, sizeof option);
	struct lease_option l = {.lease = lease_sec, .key_lease = lease_sec};

	if (lease_sec > 0)
		lease_option_put(&b, &l);
	t->request_len = update_finish(&t->u, lease_sec > 0 ? option : NULL, b.pos);
	assert_true(t->request_len > 0);
	return test_signed(t, key);
}

static inline unsigned
test_add(
    struct test_server *t, const char *key, const char *owner, uint32_t ttl, const struct rdata *rd)
{
	struct name n = name_of(owner);

	test_update(t);
	update_add(&t->u, &n, ttl, rd);
	return test_finish(t, key, 0);
}

/* How many records of this type stand at a name of the zone. */
static inline unsigned
test_count(const struct test_server *t, const char *owner, uint16_t type)
{
	struct name n = name_of(owner);
	const struct node *node = zone_node(t->z, &n);
	const struct rrset *set = node == NULL ? NULL : node_rrset(node, type);

	return set == NULL ? 0 : set->count;
}

static inline unsigned
test_section(const struct test_server *t, enum dns_section section)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->m.count; i++)
		n += t->m.rr[i].section == section && t->m.rr[i].type != TYPE_OPT &&
		    t->m.rr[i].type != TYPE_TSIG;
	return n;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)

#endif
