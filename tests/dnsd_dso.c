/*
 * Sessions with a real autotunnel-dnsd, over TLS: what a client may do, and what it must not.
 *
 *	dnsd_dso ca FILE			write the account's CA certificate
 *	dnsd_dso check PORT TLSPORT PIN DUMP	go through all checks; messages go to DUMP as
 * text2pcap reads them
 *	dnsd_dso revoked PORT TLSPORT PIN CTL	CTL: how to call autotunnel-dnsctl
 *	dnsd_dso flood PORT TLSPORT PIN		ill-meaning clients, while one other goes on hearing
 *	dnsd_dso leave|stay TLSPORT PIN PID	end the server: leave when asked, or stay
 *
 * The server has z.example and, private, p.example, each with the account key k.ZONE.  Prints a
 * line for each check.  Status 1 at the first that fails.
 */
#include "base/clock.h"
#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/tls.h"
#include "dnsupdate/wire/lease.h"
#include "dnsupdate/wire/push.h"
#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/tsig.h"
#include "dnsupdate/wire/update.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 5000
#define ACCOUNT "p.example"

static const uint8_t secret[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
    19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
static const uint8_t ca_seed[ED25519_SEED_LEN] = {1}, device_seed[ED25519_SEED_LEN] = {2};
static uint16_t port, tls_port;
static struct pin pin;
static FILE *dump;

/* A connection, and what has come on it. */
struct client {
	int fd;
	struct tls_context *context;
	struct tls *tls; /* NULL: clear text */
	uint8_t data[70000];
	size_t have;
	uint8_t message[MESSAGE_MAX];
	size_t len;
	uint8_t kept[MESSAGE_MAX]; /* a PUSH that came when something else was waited for */
	size_t kept_len;
};

static __attribute__((format(printf, 1, 2), noreturn)) void
fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("dnsd_dso: FAIL: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static void
ok(const char *what)
{
	printf("ok: %s\n", what);
	fflush(stdout);
}

/* ---- connections ---- */

static int
tcp_connect(uint16_t to_port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(to_port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(1, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* Wait until it can be read, or written; 0 when time is up. */
static int
wait_for(const struct client *c, short events, int ms)
{
	struct pollfd p = {.fd = c->fd, .events = events};

	return poll(&p, 1, ms) == 1;
}

static void
give_certificate(struct tls_settings *s, uint8_t *cert, size_t size, uint8_t der[ED25519_PKCS8_LEN])
{
	struct cert_info info = {.common_name = "h", .issuer = ACCOUNT, .dns_name = "h." ACCOUNT};
	ssize_t len;

	if (ed25519_public(device_seed, info.public_key) == -1)
		errx(1, "no public key");
	info.address[0] = 0xfd;
	len = cert_make_device(&info, ca_seed, cert, size);
	if (len == -1)
		errx(1, "no device certificate");
	ed25519_to_pkcs8(device_seed, der);
	s->cert = (struct tls_bytes) {cert, (size_t)len};
	s->key = (struct tls_bytes) {der, ED25519_PKCS8_LEN};
}

static struct client *
open_tls(int with_certificate)
{
	struct client *c = calloc(1, sizeof(*c));
	struct tls_settings s = {.pins = &pin, .pin_count = 1};
	uint8_t cert[2048], der[ED25519_PKCS8_LEN];
	char why[TLS_TEXT_MAX];

	if (with_certificate)
		give_certificate(&s, cert, sizeof(cert), der);
	c->context = tls_client_context(&s, why);
	if (c->context == NULL)
		errx(1, "%s", why);
	c->fd = tcp_connect(tls_port);
	c->tls = tls_new(c->context, c->fd);
	while (tls_handshake(c->tls) == -1) {
		if (errno != EAGAIN)
			fail("handshake: %s", tls_error(c->tls));
		wait_for(c, tls_wants(c->tls) == TLS_WANT_WRITE ? POLLOUT : POLLIN, PATIENCE_MS);
	}
	return c;
}

static struct client *
open_clear(void)
{
	struct client *c = calloc(1, sizeof(*c));

	c->fd = tcp_connect(port);
	return c;
}

static void
close_client(struct client *c)
{
	tls_free(c->tls);
	tls_context_free(c->context);
	close(c->fd);
	free(c);
}

static void
write_all(struct client *c, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = c->tls != NULL ? tls_write(c->tls, data, len)
					   : send(c->fd, data, len, MSG_NOSIGNAL);

		if (n == -1 && errno == EAGAIN)
			wait_for(c, POLLOUT, 100);
		else if (n == -1)
			return; /* what the server thinks of it is seen when reading */
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static void
dump_message(const uint8_t *data, size_t len)
{
	if (dump == NULL)
		return;
	fputs("0000", dump);
	for (size_t i = 0; i < len; i++)
		fprintf(dump, " %02x", data[i]);
	fputs("\n", dump);
}

static void
say(struct client *c, const void *message, size_t len)
{
	uint8_t room[STREAM_PREFIX + 2000];

	if (stream_prefix(room, len) == -1 || len > sizeof(room) - STREAM_PREFIX)
		errx(1, "message of %zu octets", len);
	memcpy(room + STREAM_PREFIX, message, len);
	write_all(c, room, len + STREAM_PREFIX);
}

static unsigned
nibble(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void
say_hex(struct client *c, const char *hex)
{
	uint8_t data[1000];
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	say(c, data, len);
}

enum heard { HEARD, HEARD_NOTHING, HEARD_END, HEARD_RESET };

/* The next message, into c->message; or how it ended. */
static enum heard
hear(struct client *c, int ms)
{
	const uint8_t *message;
	ssize_t n;

	while (stream_next(c->data, c->have, MESSAGE_MAX, &message, &c->len) != 1) {
		n = c->tls != NULL
		    ? tls_read(c->tls, c->data + c->have, sizeof(c->data) - c->have)
		    : recv(c->fd, c->data + c->have, sizeof(c->data) - c->have, MSG_DONTWAIT);
		if (n == 0)
			return HEARD_END;
		if (n == -1 && errno != EAGAIN)
			return errno == ECONNRESET ||
				(c->tls != NULL &&
				    strcmp(tls_error(c->tls), strerror(ECONNRESET)) == 0)
			    ? HEARD_RESET
			    : HEARD_END;
		if (n == -1 && !wait_for(c, POLLIN, ms))
			return HEARD_NOTHING;
		c->have += n > 0 ? (size_t)n : 0;
	}
	memcpy(c->message, message, c->len);
	dump_message(c->data, c->len + STREAM_PREFIX);
	c->have -= c->len + STREAM_PREFIX;
	memmove(c->data, c->data + c->len + STREAM_PREFIX, c->have);
	return HEARD;
}

static void
want(const char *what, enum heard got, enum heard wanted)
{
	static const char *const words[] = {"a message", "nothing", "its end", "a reset"};

	if (got != wanted)
		fail("%s: %s instead of %s", what, words[got], words[wanted]);
}

/* ---- sessions ---- */

#define ID "0001"
#define REQUEST "30000000000000000000"
#define ONE_WAY "0000" REQUEST
#define KEEPALIVE "0001000800003a98000493e0"
#define HOST "0168017a076578616d706c6500" /* h.z.example */
#define SUBSCRIBE "00400011" HOST "001c0001"
#define SUBSCRIBE_ANY "00400011" HOST "00ff0001"
#define SUBSCRIBE_PRIVATE                                                                          \
	"00400011"                                                                                 \
	"01680170076578616d706c6500"                                                               \
	"001c0001"

/* The response to request id; its rcode. */
static unsigned
answer_to(struct client *c, const char *what, uint16_t id)
{
	struct dso_message m;

	want(what, hear(c, PATIENCE_MS), HEARD);
	if (dso_parse(&m, c->message, c->len) == -1 || m.kind != DSO_RESPONSE || m.id != id)
		fail("%s: not the answer", what);
	return m.rcode;
}

static struct client *
session(void)
{
	struct client *c = open_tls(0);

	say_hex(c, ID REQUEST KEEPALIVE);
	if (answer_to(c, "keepalive", 1) != RCODE_NOERROR)
		fail("no session");
	return c;
}

/* The next PUSH says this: "+AAAA =TXT ". */
static void
want_push(struct client *c, const char *what, const char *text)
{
	struct push_change change;
	char said[400] = "";
	struct dso_message m;
	struct dso_tlv tlv;
	size_t pos = 0;

	if (c->kept_len > 0)
		memcpy(c->message, c->kept, c->len = c->kept_len);
	else
		want(what, hear(c, PATIENCE_MS), HEARD);
	c->kept_len = 0;
	if (dso_parse(&m, c->message, c->len) == -1 || !dso_find(&m, 0, DSO_PUSH, &tlv))
		fail("%s: no PUSH", what);
	while (push_next(&m, &tlv, &pos, &change) == 1)
		snprintf(said + strlen(said), sizeof(said) - strlen(said), "%c%s ",
		    change.what == PUSH_ADD          ? '+'
			: change.what == PUSH_REMOVE ? '-'
						     : '=',
		    type_text(change.type));
	if (strcmp(said, text) != 0)
		fail("%s: \"%s\" instead of \"%s\"", what, said, text);
}

/* A kilobyte that differs from one change to the next. */
static void
add_weight(struct update *u, const struct name *host, unsigned value)
{
	char fill[251], number[16];
	const char *const strings[] = {number, fill, fill, fill};
	struct rdata rd;

	memset(fill, 'x', sizeof(fill) - 1);
	fill[sizeof(fill) - 1] = '\0';
	snprintf(number, sizeof(number), "%u", value);
	rdata_txt(&rd, strings, 4);
	update_delete_rrset(u, host, TYPE_TXT);
	update_add(u, host, 60, &rd);
}

static int heavy; /* updates bring a kilobyte more */
static uint32_t lease_sec; /* updates ask for this lease; 0: for none */

/* An update that lets host have this address (last octet), or none for 0, signed; on c, or over a
 * connection of its own when c is NULL. */
static void
update(struct client *on, const char *zone_text, uint8_t last)
{
	struct client *c = on != NULL ? on : open_clear();
	uint8_t room[1900], addr[16] = {0xfd, [15] = last}, option_room[LEASE_OPTION_MAX];
	struct lease_option lease = {.lease = lease_sec};
	struct buf option = buf_writer(option_room, sizeof(option_room));
	struct tsig_context ctx = {0};
	struct tsig_signer key;
	struct name zone, host;
	static struct message m;
	static uint16_t id;
	char key_name[64];
	struct update u;
	struct rdata rd;

	snprintf(key_name, sizeof(key_name), "k.%s", zone_text);
	tsig_signer_init(&key, key_name, TSIG_HMAC_SHA256, secret, sizeof(secret));
	name_parse(&zone, zone_text);
	name_prepend(&host, "h", &zone);
	rdata_aaaa(&rd, addr);
	update_begin(&u, room, sizeof(room), ++id, &zone); /* not the same octets twice */
	update_delete_rrset(&u, &host, TYPE_AAAA);
	if (last != 0)
		update_add(&u, &host, 60, &rd);
	if (heavy)
		add_weight(&u, &host, id);
	lease_option_put(&option, &lease);
	update_finish(&u, lease_sec > 0 ? option_room : NULL, lease_sec > 0 ? option.pos : 0);
	tsig_sign(&ctx, &key, &u.b, clock_wall_sec());
	say(c, room, u.b.pos);
	/* what is pushed may overtake the acknowledgement */
	for (want("update", hear(c, PATIENCE_MS), HEARD); dso_is(c->message, c->len);
	     want("update", hear(c, PATIENCE_MS), HEARD)) {
		c->kept_len = c->len;
		memcpy(c->kept, c->message, c->len);
	}
	if (message_parse(&m, c->message, c->len) == -1 ||
	    tsig_verify(&ctx, &m, clock_wall_sec(), NULL) != TSIG_OK || m.rcode != RCODE_NOERROR)
		fail("the update was not acknowledged");
	tsig_forget(&ctx);
	if (on == NULL)
		close_client(c);
}

/* ---- checks ---- */

static void
all_on_one_connection(void)
{
	static const char question[] = "0009010000010000000000000168017a076578616d706c6500001c0001";
	static struct message m;
	struct client *c = session();

	update(NULL, "z.example", 1);
	say_hex(c, "0002" REQUEST SUBSCRIBE);
	if (answer_to(c, "subscribe", 2) != RCODE_NOERROR)
		fail("subscribe: refused");
	want_push(c, "what there is", "+AAAA ");
	update(NULL, "z.example", 2);
	want_push(c, "a change", "-AAAA +AAAA ");
	update(c, "z.example", 3);
	want_push(c, "a change of one's own", "-AAAA +AAAA ");
	say_hex(c, question);
	want("a query", hear(c, PATIENCE_MS), HEARD);
	if (message_parse(&m, c->message, c->len) == -1 || m.id != 9 || m.count != 1)
		fail("a query was not answered in a session");
	update(NULL, "z.example", 0);
	want_push(c, "no longer there", "=AAAA ");
	say_hex(c,
	    ONE_WAY "00420002"
		    "0002");
	say_hex(c, "0003" REQUEST KEEPALIVE); /* after its answer the end is known to be read */
	if (answer_to(c, "keepalive", 3) != RCODE_NOERROR)
		fail("keepalive: refused");
	update(NULL, "z.example", 4);
	want("after the end of the subscription", hear(c, 300), HEARD_NOTHING);
	close_client(c);
	ok("subscriptions, updates and queries on one connection");
}

static void
subscribing_begins_a_session(void)
{
	struct client *c = open_tls(0);
	struct dso_message m;
	struct dso_tlv tlv;

	update(NULL, "z.example", 0);
	say_hex(c, "0002" REQUEST SUBSCRIBE);
	if (answer_to(c, "subscribe", 2) != RCODE_NOERROR)
		fail("subscribe: refused");
	want("timeouts", hear(c, PATIENCE_MS), HEARD);
	if (dso_parse(&m, c->message, c->len) == -1 || m.kind != DSO_UNIDIRECTIONAL ||
	    !dso_find(&m, 0, DSO_KEEPALIVE, &tlv))
		fail("no timeouts after a session that subscribing began");
	update(NULL, "z.example", 5);
	want_push(c, "a change", "+AAAA ");
	close_client(c);
	ok("a session begun by subscribing");
}

/* What expires is told like any other change. */
static void
leases(void)
{
	struct client *c = session();
	uint64_t start;

	update(NULL, "z.example", 0);
	say_hex(c, "0002" REQUEST SUBSCRIBE);
	if (answer_to(c, "subscribe", 2) != RCODE_NOERROR)
		fail("subscribe: refused");
	lease_sec = 2;
	update(NULL, "z.example", 6);
	want_push(c, "leased", "+AAAA ");
	start = clock_boot_ms();
	lease_sec = 0;
	want_push(c, "the end of a lease", "=AAAA ");
	if (clock_boot_ms() - start < 1000)
		fail("a lease of 2 s ended after %llu ms",
		    (unsigned long long)(clock_boot_ms() - start));
	close_client(c);
	ok("the end of a lease is told");
}

static const struct {
	const char *what, *hex;
} fatal[] = {
    {"keepalive without id", ONE_WAY KEEPALIVE},
    {"retry delay", ONE_WAY "000200040000ea60"},
    {"a response to nothing", ID "b0000000000000000000" KEEPALIVE},
    {"a response without id",
	"0000"
	"b0000000000000000000"},
    {"push", ONE_WAY "00410000"},
    {"subscribe without id", ONE_WAY SUBSCRIBE},
    {"unsubscribe with id",
	ID REQUEST "00420002"
		   "0002"},
    {"unknown and one-way", ONE_WAY "f8000000"},
    {"a count and one-way",
	"0000"
	"3000"
	"0001000000000000"
	"00420002"
	"0002"},
    {"the same subscription twice", "0007" REQUEST SUBSCRIBE},
    {"the same in upper case",
	"0007" REQUEST "00400011"
	"0148015a074558414d504c4500"
	"001c0001"},
    {"an id in use", "0002" REQUEST "00400011" HOST "00100001"},
    {"edns-tcp-keepalive",
	"00090000000100000000000101"
	"68017a076578616d706c6500001c0001"
	"0000290480000000000004000b0000"},
};

static void
fatal_is_a_reset(void)
{
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		struct client *c = session();
		enum heard how;

		say_hex(c, "0002" REQUEST SUBSCRIBE);
		if (answer_to(c, "subscribe", 2) != RCODE_NOERROR)
			fail("subscribe: refused");
		say_hex(c, fatal[i].hex);
		while ((how = hear(c, PATIENCE_MS)) == HEARD)
			;
		want(fatal[i].what, how, HEARD_RESET);
		close_client(c);
	}
	ok("what is fatal is answered with a reset");
}

static void
before_a_session(void)
{
	struct client *c = open_tls(0);

	say_hex(c,
	    ONE_WAY "00420002"
		    "0002");
	want("unsubscribe before a session", hear(c, PATIENCE_MS), HEARD_RESET);
	close_client(c);
	c = open_tls(0);
	say_hex(c, "0005" REQUEST "f8000000");
	if (answer_to(c, "unknown", 5) != RCODE_DSOTYPENI)
		fail("an unknown request is not DSOTYPENI");
	say_hex(c,
	    "0006"
	    "3000"
	    "0001000000000000");
	if (answer_to(c, "a count", 6) != RCODE_FORMERR)
		fail("a count is not FORMERR");
	close_client(c);
	ok("before a session");
}

static void
without_tls(void)
{
	struct client *c = open_clear();

	say_hex(c, ID REQUEST KEEPALIVE);
	if (answer_to(c, "keepalive over TCP", 1) != RCODE_NOERROR)
		fail("no session over TCP");
	say_hex(c, "0002" REQUEST SUBSCRIBE);
	if (answer_to(c, "subscribe over TCP", 2) != RCODE_DSOTYPENI)
		fail("a subscription in clear text");
	close_client(c);
	ok("no subscription without TLS");
}

static void
not_ours(void)
{
	struct client *c = session();

	say_hex(c,
	    "0002" REQUEST "00400009"
	    "03636f6d00"
	    "001c0001");
	if (answer_to(c, "com", 2) != RCODE_NOTAUTH)
		fail("a zone of others is not NOTAUTH");
	close_client(c);
	ok("no subscription to others' zones");
}

/* A signed query that was sent in clear text, and heard. */
static void
captured(void)
{
	struct question q = {.type = TYPE_SOA, .class = CLASS_IN};
	struct client *clear = open_clear(), *c = session();
	struct tsig_context ctx = {0};
	struct tsig_signer key;
	uint8_t room[512];
	struct buf b = buf_writer(room, sizeof(room));

	tsig_signer_init(&key, "k." ACCOUNT, TSIG_HMAC_SHA256, secret, sizeof(secret));
	name_parse(&q.name, ACCOUNT);
	query_build(&b, 99, &q, 0);
	tsig_sign(&ctx, &key, &b, clock_wall_sec());
	tsig_forget(&ctx);
	say(clear, room, b.pos);
	want("signed query", hear(clear, PATIENCE_MS), HEARD);
	say(c, room, b.pos);
	want("the same again", hear(c, PATIENCE_MS), HEARD);
	say_hex(c, "0002" REQUEST SUBSCRIBE_PRIVATE);
	if (answer_to(c, "private", 2) != RCODE_REFUSED)
		fail("a captured query opened a private zone");
	close_client(clear);
	close_client(c);
	ok("a captured query opens nothing");
}

static void
private_zones(void)
{
	struct client *c = session();

	say_hex(c, "0002" REQUEST SUBSCRIBE_PRIVATE);
	if (answer_to(c, "private", 2) != RCODE_REFUSED)
		fail("a stranger subscribed to a private zone");
	update(c, ACCOUNT, 1);
	say_hex(c, "0003" REQUEST SUBSCRIBE_PRIVATE);
	if (answer_to(c, "private", 3) != RCODE_NOERROR)
		fail("who has signed was refused");
	want_push(c, "private", "+AAAA ");
	close_client(c);
	c = open_tls(1);
	say_hex(c, "0002" REQUEST SUBSCRIBE_PRIVATE);
	if (answer_to(c, "private, certificate", 2) != RCODE_NOERROR)
		fail("a certificate of the account was refused");
	close_client(c);
	ok("private zones: a signature or a certificate");
}

/* A key that is taken away while its owner listens. */
static void
revoked(const char *ctl)
{
	static const char name[] = "x." ACCOUNT;
	struct question q = {.type = TYPE_SOA, .class = CLASS_IN};
	struct client *c = session();
	struct tsig_context ctx = {0};
	struct tsig_signer key;
	char command[600];
	uint8_t room[512];
	struct buf b = buf_writer(room, sizeof(room));
	enum heard how;

	snprintf(command, sizeof(command), "%s key add " ACCOUNT " device %s >/dev/null", ctl,
	    "hmac-sha256:x." ACCOUNT ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
	if (system(command) != 0)
		fail("%s", command);
	tsig_signer_init(&key, name, TSIG_HMAC_SHA256, secret, sizeof(secret));
	name_parse(&q.name, ACCOUNT);
	query_build(&b, 8, &q, 0);
	tsig_sign(&ctx, &key, &b, clock_wall_sec());
	say(c, room, b.pos);
	want("signed query", hear(c, PATIENCE_MS), HEARD);
	tsig_forget(&ctx);
	say_hex(c, "0002" REQUEST SUBSCRIBE_PRIVATE);
	if (answer_to(c, "private", 2) != RCODE_NOERROR)
		fail("a device's key was refused");
	want_push(c, "what there is", "+AAAA ");
	update(NULL, ACCOUNT, 9);
	want_push(c, "private", "-AAAA +AAAA ");
	snprintf(command, sizeof(command), "%s key del %s >/dev/null", ctl, name);
	if (system(command) != 0)
		fail("%s", command);
	update(NULL, ACCOUNT, 10);
	how = hear(c, PATIENCE_MS);
	want("a key that was taken away", how, HEARD_RESET);
	close_client(c);
	ok("who loses his key hears no more");
}

static void
check(void)
{
	all_on_one_connection();
	subscribing_begins_a_session();
	leases();
	fatal_is_a_reset();
	before_a_session();
	without_tls();
	not_ours();
	private_zones();
	captured();
}

/* ---- those who mean ill ---- */

#define SLOW 20
#define CHANGES 1500
#define GARBAGE 200

/* He wakes up.  What he hears is less than all that happened, and leads to what there is now;
 * unless he has slept so long that he was cut off. */
static void
wake_up(struct client *c, unsigned changes, uint8_t last)
{
	unsigned messages = 0;
	uint8_t addr = 0;
	enum heard how;

	while ((how = hear(c, 3000)) == HEARD) {
		static struct push_change change;
		struct dso_message m;
		struct dso_tlv tlv;
		size_t pos = 0;

		if (dso_parse(&m, c->message, c->len) == -1 || !dso_find(&m, 0, DSO_PUSH, &tlv))
			continue;
		messages++;
		while (push_next(&m, &tlv, &pos, &change) == 1)
			if (change.what == PUSH_ADD && change.type == TYPE_AAAA)
				addr = change.rdata.data[15];
	}
	if (how == HEARD_RESET)
		return;
	want("who wakes up", how, HEARD_NOTHING);
	if (messages >= changes)
		fail("who did not read was queued for: %u messages", messages);
	if (addr != last)
		fail("who woke up believes in %u, not %u", addr, last);
	printf("   who wakes up is told %u changes in %u messages\n", changes, messages);
}

/* Clients who subscribe and do not read, while the name they follow changes and changes. */
static void
slow_readers(struct client *good)
{
	struct client *slow[SLOW];
	uint64_t start = clock_boot_ms();
	uint8_t last = 0;

	for (int i = 0; i < SLOW; i++) {
		slow[i] = session();
		say_hex(slow[i], "0002" REQUEST SUBSCRIBE_ANY);
	}
	heavy = 1;
	for (unsigned n = 0; n < CHANGES; n++) {
		last = (uint8_t)(1 + n % 200);
		update(NULL, "z.example", last);
		want_push(good, "a change beside slow readers", "-AAAA +AAAA ");
	}
	heavy = 0;
	printf("   %d changes beside %d who do not read: %llu ms\n", CHANGES, SLOW,
	    (unsigned long long)(clock_boot_ms() - start));
	wake_up(slow[0], CHANGES, last);
	for (int i = 0; i < SLOW; i++)
		close_client(slow[i]);
	ok("slow readers hold up nobody");
}

static void
garbage(struct client *good)
{
	uint32_t seed = 1;

	for (int i = 0; i < GARBAGE; i++) {
		struct client *c = i % 2 == 0 ? session() : open_tls(0);
		uint8_t data[300];

		for (size_t n = 0; n < sizeof(data); n++)
			data[n] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
		if (i % 3 == 0)
			write_all(c, data, sizeof(data));
		else {
			data[2] = 0x30; /* at least it is DSO */
			data[3] = 0;
			memset(data + 4, 0, 8);
			say(c, data, 12 + (size_t)data[20] % 100);
		}
		close_client(c);
	}
	update(NULL, "z.example", 250);
	want_push(good, "a change after garbage", "-AAAA +AAAA ");
	ok("garbage");
}

/* More subscriptions than one connection may have. */
static void
too_many(struct client *good)
{
	struct client *c = session();
	unsigned refused = 0;

	for (unsigned i = 0; i < 9000; i++) {
		uint8_t room[256];
		struct buf b = buf_writer(room, sizeof(room));
		struct question q = {.type = TYPE_AAAA, .class = CLASS_IN};
		char text[64];

		snprintf(text, sizeof(text), "x%u.z.example", i);
		name_parse(&q.name, text);
		push_subscribe_build(&b, (uint16_t)(i + 1), &q, 0);
		say(c, room, b.pos);
		if (answer_to(c, "a flood of subscriptions", (uint16_t)(i + 1)) != RCODE_NOERROR)
			refused++;
	}
	if (refused != 9000 - 8192)
		fail("%u of 9000 subscriptions were refused", refused);
	close_client(c);
	update(NULL, "z.example", 251);
	want_push(good, "a change after a flood", "-AAAA +AAAA ");
	ok("a flood of subscriptions meets its limit");
}

static void
flood(void)
{
	struct client *good = session();

	update(NULL, "z.example", 255);
	say_hex(good, "0002" REQUEST SUBSCRIBE);
	if (answer_to(good, "subscribe", 2) != RCODE_NOERROR)
		fail("subscribe: refused");
	want_push(good, "what there is", "+AAAA ");
	slow_readers(good);
	garbage(good);
	too_many(good);
	close_client(good);
}

/* ---- the server's end ---- */

/* Clients come back sooner than asked; none may keep a server that ends. */
static pid_t
try_session(void)
{
	pid_t child = fork();

	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		session();
		_exit(0);
	}
	return child;
}

/* Stays when asked to leave, until it is reset. */
static void
stay(struct client *c)
{
	uint64_t start = clock_boot_ms(), ms;
	pid_t late = try_session();
	int status;

	say_hex(c, "0002" REQUEST SUBSCRIBE); /* nothing counts any more */
	want("who stays", hear(c, 10000), HEARD_RESET);
	ms = clock_boot_ms() - start;
	if (ms < 1000 || ms > 5000)
		fail("reset after %llu ms", (unsigned long long)ms);
	if (waitpid(late, &status, 0) != late || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		fail("a session began while the server ended");
	ok("who stays is reset, and nobody comes in his place");
}

static void
at_the_end(pid_t server, int leaves)
{
	struct client *c = session();
	struct dso_message m;
	struct dso_tlv tlv;
	uint32_t ms;

	kill(server, SIGTERM);
	want("retry delay", hear(c, PATIENCE_MS), HEARD);
	if (dso_parse(&m, c->message, c->len) == -1 || m.kind != DSO_UNIDIRECTIONAL ||
	    !dso_find(&m, 0, DSO_RETRY_DELAY, &tlv) || dso_get_retry_delay(&tlv, &ms) == -1)
		fail("the server did not ask to come back");
	if (ms < 100 || ms > 10000)
		fail("to come back after %u ms", ms);
	if (!leaves) {
		stay(c);
		return;
	}
	close_client(c);
	ok("asked to come back later");
}

/* ---- begin ---- */

static int
write_ca(const char *path)
{
	uint8_t der[2048];
	ssize_t len = cert_make_ca(ACCOUNT, ca_seed, der, sizeof(der));

	if (len == -1 || file_write_atomic(path, der, (size_t)len, 0644) == -1)
		err(1, "%s", path);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (strcmp(what, "ca") == 0)
		return write_ca(argv[2]);
	if (argc < (strcmp(what, "revoked") == 0 ? 6 : 5))
		errx(2, "see the comment");
	tls_prepare();
	if (strcmp(what, "check") == 0 || strcmp(what, "flood") == 0 ||
	    strcmp(what, "revoked") == 0) {
		port = (uint16_t)atoi(argv[2]);
		argv++;
	}
	tls_port = (uint16_t)atoi(argv[2]);
	if (pin_parse(argv[3], &pin) == -1)
		errx(2, "%s is no pin", argv[3]);
	if (strcmp(what, "check") == 0 && argv[4] != NULL && (dump = fopen(argv[4], "w")) == NULL)
		err(1, "%s", argv[4]);
	if (strcmp(what, "check") == 0)
		check();
	else if (strcmp(what, "flood") == 0)
		flood();
	else if (strcmp(what, "revoked") == 0)
		revoked(argv[4]);
	else
		at_the_end(atoi(argv[4]), strcmp(what, "leave") == 0);
	if (dump != NULL)
		fclose(dump);
	return 0;
}
