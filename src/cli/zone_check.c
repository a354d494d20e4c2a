#include "cli/zone_check.h"

#include "cli/cmd.h"
#include "cli/find_server.h"
#include "cli/resolvers.h"
#include "cli/talk.h"
#include "cli/tls_probe.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/lease.h"
#include "dnsupdate/wire/records.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHECK_LABEL "autotunnel-check"
#define LEASE_SEC 3600
#define SECONDARIES_MAX 16
#define STEP_SEC 10 /* a secondary may be behind by so much */

enum verdict { GOOD, NOTE, BAD };

struct check {
	const struct identity *id;
	const struct config_dns *dns;
	uint8_t servers;
	struct endpoint server[MSG_SERVERS_MAX];
	struct talk talk;
	char why[MSG_TEXT_MAX];
	struct name host;
	uint32_t serial;
	int may_write;
	int lease_known;
	struct lease_option lease;
	int bad;
};

static void __attribute__((format(printf, 4, 5)))
say(struct check *c, enum verdict v, const char *what, const char *fmt, ...)
{
	static const char *const words[] = {"ok", "note", "BAD"};
	va_list ap;

	printf("%-11s %-4s  ", what, words[v]);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	c->bad |= v == BAD;
}

/* ---- the server and our key ---- */

static int
set_servers(struct check *c)
{
	const struct identity *id = c->id;

	c->servers = c->dns->servers > 0 ? (uint8_t)c->dns->servers : id->servers;
	memcpy(c->server, c->dns->servers > 0 ? c->dns->server : id->server, sizeof c->server);
	if (c->servers == 0)
		c->servers = find_server(id->domain, c->server);
	return c->servers > 0 ? 0 : -1;
}

/* The first server that answers our key. */
static int
check_server(struct check *c)
{
	char text[ENDPOINT_TEXT_MAX];
	struct soa soa;
	enum talk_result result = TALK_LATER;

	for (unsigned i = 0; i < c->servers && result != TALK_DONE; i++) {
		c->talk.server = &c->server[i];
		result = talk_find_zone(&c->talk);
	}
	if (result != TALK_DONE) {
		say(c, BAD, "server", "%s", c->why);
		return -1;
	}
	if (message_zone(&c->talk.reply->message, &c->talk.domain, &c->talk.zone, &soa) == 0)
		c->serial = soa.serial;
	say(c, GOOD, "server",
	    "%s answers to the key \"%s\"; the clocks agree; the zone is at serial %" PRIu32,
	    endpoint_text(c->talk.server, text), c->id->tsig.name, c->serial);
	return 0;
}

/* Add or delete a TXT record at name; TALK_DONE when the server says that it did. */
static enum talk_result
write_txt(struct check *c, const struct name *name, int add)
{
	static uint8_t room[MESSAGE_UDP_MAX], option[LEASE_OPTION_MAX];
	static const char *const text[] = {"made by autotunnel zone check"};
	const struct lease_option lease = {
	    .lease = LEASE_SEC, .key_lease = LEASE_SEC, .has_key_lease = 1};
	struct buf b = buf_writer(option, sizeof option);
	struct rdata rd;
	struct update u;

	lease_option_put(&b, &lease);
	talk_update_begin(&c->talk, &u, room, sizeof room);
	rdata_txt(&rd, text, 1);
	update_delete_rrset(&u, name, TYPE_TXT);
	if (add)
		update_add(&u, name, 60, &rd);
	return talk_update_options(&c->talk, &u, option, b.pos);
}

/* Does such a record stand there? */
static int
stands(struct check *c, const struct name *name)
{
	struct question q = {.name = *name, .type = TYPE_TXT, .class = CLASS_IN};
	size_t pos = 0;

	return talk_ask(&c->talk, &q) == TALK_DONE &&
	    message_next(&c->talk.reply->message, &pos, SECTION_ANSWER, name, TYPE_TXT) != NULL;
}

static void
check_update(struct check *c)
{
	struct name name;
	enum talk_result result;

	if (name_prepend(&name, CHECK_LABEL, &c->host) == -1)
		return;
	result = write_txt(c, &name, 1);
	if (result == TALK_DONE)
		c->lease_known = lease_option_get(&c->talk.reply->message, &c->lease) == 1;
	if (result != TALK_DONE) {
		say(c, BAD, "update", "%s", c->why);
	} else if (!stands(c, &name)) {
		say(c, BAD, "update",
		    "the server says that it took a change of %s, but did not make it:"
		    " its policy does not let this key write",
		    c->id->name);
	} else {
		c->may_write = 1;
		say(c, GOOD, "update", "this machine's key may change its own records");
	}
	write_txt(c, &name, 0);
	if (stands(c, &name))
		say(c, BAD, "update", "what was written below %s cannot be taken away",
		    c->id->name);
}

static void
check_isolation(struct check *c)
{
	struct name name;

	if (!c->may_write || name_prepend(&name, CHECK_LABEL, &c->talk.domain) == -1)
		return;
	write_txt(c, &name, 1);
	if (!stands(c, &name)) {
		say(c, GOOD, "isolation", "it may not change those of others");
		return;
	}
	write_txt(c, &name, 0);
	say(c, BAD, "isolation",
	    "it may change anything in %s: any machine can take another one's name;"
	    " see \"autotunnel zone\" for the right rules",
	    c->id->domain);
}

static void
check_lease(struct check *c)
{
	if (!c->may_write)
		return;
	if (c->lease_known)
		say(c, GOOD, "lease",
		    "the server removes a machine's records when it is not heard of (%" PRIu32
		    " s granted)",
		    c->lease.lease);
	else
		say(c, NOTE, "lease",
		    "the server knows no leases: a machine that dies stays in the zone, and the"
		    " others go by the time it has left (x=)");
}

/* ---- how changes are told ---- */

/* The first SRV record of this service in the zone, asked of the server itself. */
static int
find_service(struct check *c, const char *label, struct srv *srv)
{
	struct question q = {.type = TYPE_SRV, .class = CLASS_IN};
	const struct message *m = &c->talk.reply->message;
	const struct rr *rr;
	size_t pos = 0;

	if (name_prepend(&q.name, label, &c->talk.zone) == -1 ||
	    talk_ask(&c->talk, &q) != TALK_DONE)
		return -1;
	while ((rr = message_next(m, &pos, SECTION_ANSWER, &q.name, TYPE_SRV)) != NULL)
		if (rr_srv(m, rr, srv) == 0 && srv->port != 0)
			return 0;
	return -1;
}

static void
check_tls(struct check *c, const struct endpoint *server)
{
	char text[ENDPOINT_TEXT_MAX], pin[PIN_TEXT_MAX], why[TLS_TEXT_MAX];
	struct pin seen;

	switch (tls_probe(server, c->dns, &seen, why)) {
	case TLS_PROBE_VERIFIED:
		say(c, GOOD, "tls", "%s is the server that autotunnel.conf names",
		    endpoint_text(server, text));
		break;
	case TLS_PROBE_UNVERIFIED:
		say(c, NOTE, "tls",
		    "%s speaks TLS 1.3; to use it, compare its pin with what the server says and"
		    " put it into autotunnel.conf: tls-pin = %s",
		    endpoint_text(server, text), pin_text(&seen, pin));
		break;
	case TLS_PROBE_FAILED:
		say(c, c->dns->tls_pins > 0 || c->dns->tls_name[0] != '\0' ? BAD : NOTE, "tls",
		    "%s: %s", endpoint_text(server, text), why);
		break;
	}
}

/* Where the server speaks TLS: at its own address, on the port that SRV or the configuration says.
 */
static void
check_push(struct check *c)
{
	struct endpoint server = *c->talk.server;
	struct srv srv;
	int push = find_service(c, "_dns-push-tls._tcp", &srv) == 0;

	server.port = push ? srv.port : (uint16_t)c->dns->tls_port;
	check_tls(c, &server);
	if (push)
		say(c, GOOD, "push", "changes are pushed, over TLS on port %u", srv.port);
	else if (find_service(c, "_dns-llq._udp", &srv) == 0)
		say(c, GOOD, "push", "changes are told to long-lived queries, on UDP port %u",
		    srv.port);
	else
		say(c, NOTE, "push",
		    "the server tells nobody of changes: machines look by themselves, each 5 to"
		    " 60 seconds");
}

/* ---- the rest of the world ---- */

/* The serial of the zone at a server, as anybody may ask for it.  0, or -1. */
static int
serial_at(struct check *c, const struct endpoint *server, uint32_t *serial)
{
	struct question q = {.name = c->talk.zone, .type = TYPE_SOA, .class = CLASS_IN};
	uint8_t room[MESSAGE_UDP_MAX];
	struct buf b = buf_writer(room, sizeof room);
	struct exchange_reply *reply = c->talk.reply;
	const struct rr *rr;
	struct soa soa;
	uint16_t id;
	size_t pos = 0;

	crypto_random(&id, sizeof id);
	if (query_build(&b, id, &q, 0) == -1)
		return -1;
	exchange(&b, NULL, server, reply);
	if (reply->result != EXCHANGE_ANSWERED ||
	    (rr = message_next(&reply->message, &pos, SECTION_ANSWER, &q.name, TYPE_SOA)) == NULL ||
	    rr_soa(&reply->message, rr, &soa) != 0)
		return -1;
	*serial = soa.serial;
	return 0;
}

/* The serial our server has now. */
static uint32_t
serial_now(struct check *c)
{
	struct soa soa;

	if (talk_find_zone(&c->talk) == TALK_DONE &&
	    message_zone(&c->talk.reply->message, &c->talk.domain, &c->talk.zone, &soa) == 0)
		c->serial = soa.serial;
	return c->serial;
}

static void
check_secondary(struct check *c, const char *host, const struct endpoint *server)
{
	char text[ADDR_TEXT_MAX];
	uint32_t serial = 0, want = serial_now(c);
	int rc = serial_at(c, server, &serial), behind;

	/* Older (RFC 1982) than what our server had when the waiting began. */
	for (int i = 0; i < STEP_SEC && rc == 0 && (int32_t)(want - serial) > 0; i++) {
		sleep(1);
		rc = serial_at(c, server, &serial);
	}
	if (rc != 0) {
		say(c, NOTE, "secondary", "%s (%s) does not answer strangers", host,
		    endpoint_addr_text(server, text));
		return;
	}
	behind = (int32_t)(want - serial) > 0;
	if (behind)
		say(c, BAD, "secondary",
		    "%s (%s) is at serial %" PRIu32 ", the primary at %" PRIu32, host,
		    endpoint_addr_text(server, text), serial, want);
	else
		say(c, GOOD, "secondary", "%s (%s) is in step", host,
		    endpoint_addr_text(server, text));
}

/* The zone's name servers, as the resolvers see them. */
static unsigned
read_servers(struct check *c, struct name *out)
{
	const struct message *m = &c->talk.reply->message;
	const struct rr *rr;
	unsigned n = 0;
	size_t pos = 0;

	if (resolvers_ask(&c->talk.zone, TYPE_NS, c->talk.reply) != 0)
		return 0;
	while (n < SECONDARIES_MAX &&
	    (rr = message_next(m, &pos, SECTION_ANSWER, &c->talk.zone, TYPE_NS)) != NULL)
		if (rr_name(m, rr, &out[n]) == 0)
			n++;
	return n;
}

static void
check_delegation(struct check *c)
{
	static struct name ns[SECONDARIES_MAX];
	char host[NAME_TEXT_MAX], zone[NAME_TEXT_MAX];
	struct endpoint addr[MSG_SERVERS_MAX];
	unsigned n = read_servers(c, ns);

	name_text(&c->talk.zone, zone);
	if (n == 0) {
		say(c, c->dns->servers > 0 || c->id->servers > 0 ? NOTE : BAD, "delegation",
		    "the resolvers of this machine do not know the zone %s: it is not delegated; only"
		    " machines that are told the server's address find it",
		    zone);
		return;
	}
	say(c, GOOD, "delegation", "%s is delegated to %u name server%s", zone, n,
	    n == 1 ? "" : "s");
	for (unsigned i = 0; i < n; i++) {
		uint8_t count = resolvers_host(&ns[i], 53, c->talk.reply, addr, MSG_SERVERS_MAX);

		name_text(&ns[i], host);
		if (count == 0)
			say(c, BAD, "secondary", "%s has no address", host);
		for (uint8_t j = 0; j < count; j++)
			check_secondary(c, host, &addr[j]);
	}
}

/* Does our name have its address at the server? */
static int
is_published(struct check *c)
{
	struct question q = {.name = c->host, .type = TYPE_AAAA, .class = CLASS_IN};
	size_t pos = 0;

	return talk_ask(&c->talk, &q) == TALK_DONE &&
	    message_next(&c->talk.reply->message, &pos, SECTION_ANSWER, &c->host, TYPE_AAAA) !=
	    NULL;
}

/* Home routers drop answers with inner addresses ("rebinding"). */
static void
check_resolver(struct check *c)
{
	struct endpoint resolver[RESOLVERS_MAX];
	int n = resolvers_read(resolver);
	char text[ENDPOINT_TEXT_MAX];

	if (!is_published(c)) {
		say(c, NOTE, "resolver",
		    "not tried: %s has no address in the zone (is autotunneld up?)", c->id->name);
		return;
	}
	for (int i = 0; i < n; i++) {
		size_t pos = 0;

		endpoint_text(&resolver[i], text);
		if (resolver_ask(&resolver[i], &c->host, TYPE_AAAA, c->talk.reply) != 0)
			say(c, NOTE, "resolver", "%s does not find %s", text, c->id->name);
		else if (message_next(&c->talk.reply->message, &pos, SECTION_ANSWER, &c->host,
			     TYPE_AAAA) == NULL)
			say(c, NOTE, "resolver",
			    "%s keeps the address of %s back: a filter against rebinding, or the zone is"
			    " not delegated; names work through libnss_autotunnel(8) only",
			    text, c->id->name);
		else
			say(c, GOOD, "resolver", "%s gives out the address of %s", text,
			    c->id->name);
	}
	if (n == 0)
		say(c, NOTE, "resolver", "/etc/resolv.conf names none");
}

int
zone_check(const struct identity *id, const struct config_dns *dns)
{
	static struct check c;

	c = (struct check) {.id = id, .dns = dns};
	if (name_parse(&c.host, id->name) == -1 || set_servers(&c) == -1) {
		say(&c, BAD, "server", "none is known for %s: set \"server\" in autotunnel.conf",
		    id->domain);
		return EXIT_ERROR;
	}
	talk_begin(&c.talk, id->domain, &id->tsig, c.why);
	if (check_server(&c) == 0) {
		check_update(&c);
		check_isolation(&c);
		check_lease(&c);
		check_push(&c);
		check_delegation(&c);
		check_resolver(&c);
	}
	talk_end(&c.talk);
	return c.bad ? EXIT_ERROR : EXIT_OK;
}
