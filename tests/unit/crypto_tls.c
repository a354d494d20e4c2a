/*
 * Both sides of TLS over a socket pair.  Where one side must misbehave, OpenSSL itself plays it.
 */
#include "crypto_tls_pair.h"

/* ---- the ordinary case ---- */

static void
test_pinned(void **state)
{
	struct pin seen;
	struct pair p;
	char name[TLS_NAME_MAX];
	unsigned ca;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	carry(&p.client, &p.server, "who is there");
	carry(&p.server, &p.client, "I am");
	assert_int_equal(tls_peer_pin(p.client.tls, &seen), 0);
	assert_memory_equal(&seen, &p.pin, sizeof seen);
	assert_int_equal(tls_peer_pin(p.server.tls, &seen), -1);
	assert_int_equal(tls_peer_name(p.server.tls, name, &ca), -1);
	assert_string_equal(tls_error(p.client.tls), "");
	teardown(&p);
}

/* A spare pin may be the right one; none of two wrong ones is. */
static void
test_pins(void **state)
{
	struct pin pins[2] = {{{1}}, {{2}}};
	struct tls_settings s = {.pins = pins, .pin_count = 2};
	char want[TLS_TEXT_MAX], text[PIN_TEXT_MAX];
	struct pair p;

	setup(&p, &s);
	assert_int_equal(shake(&p), -1);
	snprintf(want, sizeof want, "the server's key is not the pinned one; its pin is %s",
	    pin_text(&p.pin, text));
	assert_string_equal(tls_error(p.client.tls), want);
	assert_int_equal(tls_write(p.client.tls, "x", 1), -1);
	assert_int_equal(errno, EPROTO);
	pins[1] = p.pin;
	teardown(&p);
	setup(&p, &s);
	assert_int_equal(shake(&p), 0);
	teardown(&p);
}

/* Nobody is believed without a reason, and settings that cannot work say why. */
static void
test_settings(void **state)
{
	struct tls_settings none = {0}, name = {.name = NAME},
			    junk = {.name = NAME, .authorities = {"junk", 4}};
	struct tls_settings server = {.key = {"junk", 4}, .cert = {"junk", 4}};
	char why[TLS_TEXT_MAX];
	struct pair p;

	assert_null(tls_client_context(&none, why));
	assert_string_equal(
	    why, "neither a pin nor a name is known by which to recognise the server");
	assert_null(tls_client_context(&name, why));
	assert_string_equal(why, "no authority is known that could vouch for the server");
	assert_null(tls_client_context(&junk, why));
	assert_null(tls_server_context(&server, why));
	assert_string_equal(why, "the private key cannot be read (PKCS#8, no passphrase)");
	memset(&p, 0, sizeof p);
	make_server_key(&p);
	server.key = (struct tls_bytes) {p.key, sizeof p.key};
	assert_null(tls_server_context(&server, why));
	assert_string_equal(why, "the certificate cannot be read");
	server.cert = (struct tls_bytes) {p.cert, p.cert_len};
	p.key[ED25519_PKCS8_LEN - 1] ^= 1;
	assert_null(tls_server_context(&server, why));
	assert_string_equal(why, "the certificate is not that of the private key");
}

/* More than a socket holds: writes are short or wait, reads find all of it in order. */
static void
test_bulk(void **state)
{
	static uint8_t out[1 << 20], in[1 << 20];
	size_t sent = 0, got = 0;
	struct pair p;
	int waited = 0;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 31 >> 3);
	while (got < sizeof in) {
		ssize_t n =
		    sent < sizeof out ? tls_write(p.client.tls, out + sent, sizeof out - sent) : -1;

		if (n > 0)
			sent += (size_t)n;
		else if (sent < sizeof out)
			waited += tls_wants(p.client.tls) == TLS_WANT_WRITE;
		if (n > 0)
			continue;
		while ((n = tls_read(p.server.tls, in + got, sizeof in - got)) > 0)
			got += (size_t)n;
		assert_int_equal(errno, EAGAIN);
	}
	assert_memory_equal(in, out, sizeof in);
	assert_true(waited > 0);
	teardown(&p);
}

/* What was read ahead is announced. */
static void
test_pending(void **state)
{
	struct pair p;
	char c;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	assert_int_equal(tls_write(p.client.tls, "ab", 2), 2);
	assert_int_equal(tls_write(p.client.tls, "cd", 2), 2);
	for (const char *want = "abcd"; *want != '\0'; want++) {
		assert_int_equal(tls_read(p.server.tls, &c, 1), 1);
		assert_int_equal(c, *want);
		assert_int_equal(tls_has_pending(p.server.tls) != 0, *want != 'd');
	}
	teardown(&p);
}

/* ---- endings ---- */

static void
test_half_close(void **state)
{
	struct pair p;
	char c;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	assert_int_equal(tls_close(p.client.tls), 0);
	assert_int_equal(tls_read(p.server.tls, &c, 1), 0);
	/* The client says no more, but listens. */
	carry(&p.server, &p.client, "last words");
	assert_int_equal(tls_close(p.server.tls), 0);
	assert_int_equal(tls_read(p.client.tls, &c, 1), 0);
	teardown(&p);
}

static void
test_cut(void **state)
{
	struct pair p;
	char c;

	setup(&p, NULL);
	assert_int_equal(shake(&p), 0);
	close(p.client.fd);
	p.client.fd = -1;
	assert_int_equal(tls_read(p.server.tls, &c, 1), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(tls_error(p.server.tls), "the connection was cut off");
	/* No SIGPIPE, and it stays over. */
	assert_int_equal(tls_write(p.server.tls, "x", 1), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(tls_close(p.server.tls), -1);
	teardown(&p);
}

static void
test_close_too_early(void **state)
{
	struct pair p;

	setup(&p, NULL);
	assert_int_equal(tls_close(p.client.tls), -1);
	assert_int_equal(shake(&p), 0);
	teardown(&p);
}

static void
test_garbage(void **state)
{
	static const char *const texts[] = {"GET / HTTP/1.0\r\n\r\n", "\x00\x1d\x12\x34\x01",
	    "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "\x15\x03\x03\x00\x02\x02\x28"};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		size_t len = i == 0 ? strlen(texts[0]) : i == 1 ? 5 : i == 2 ? 10 : 7;
		struct pair p;

		for (int side = 0; side < 2; side++) {
			struct side *s;

			setup(&p, NULL);
			s = side == 0 ? &p.client : &p.server;
			assert_int_equal(
			    write(side == 0 ? p.server.fd : p.client.fd, texts[i], len), len);
			for (int turn = 0; turn < 3; turn++)
				assert_int_equal(tls_handshake(s->tls), -1);
			if (errno == EAGAIN) { /* five octets may be the head of a long record */
				close(side == 0 ? p.server.fd : p.client.fd);
				*(side == 0 ? &p.server.fd : &p.client.fd) = -1;
				assert_int_equal(tls_handshake(s->tls), -1);
			}
			assert_int_equal(errno, EPROTO);
			assert_string_not_equal(tls_error(s->tls), "");
			teardown(&p);
		}
	}
}

/* ---- pins ---- */

static void
test_pin_text(void **state)
{
	struct pin p, q;
	char text[PIN_TEXT_MAX + 2];
	struct pair pair = {0};

	make_server_key(&pair);
	assert_int_equal(pin_of_cert(pair.cert, pair.cert_len, &p), 0);
	assert_memory_equal(&p, &pair.pin, sizeof p);
	assert_int_equal(pin_of_cert("junk", 4, &p), -1);
	assert_int_equal(pin_parse(pin_text(&pair.pin, text), &q), 0);
	assert_memory_equal(&q, &pair.pin, sizeof q);
	text[3] = '!';
	assert_int_equal(pin_parse(text, &q), -1);
	pin_text(&pair.pin, text);
	strcat(text, "=");
	assert_int_equal(pin_parse(text, &q), -1);
	text[42] = '\0';
	assert_int_equal(pin_parse(text, &q), -1);
	/* two spare bits */
	assert_int_equal(pin_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &q), 0);
	assert_int_equal(pin_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", &q), -1);
	assert_int_equal(pin_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", &q), -1);
}

/* ---- without files ---- */

static void
make_pair(struct pair *p, const struct pin *believed)
{
	make_server_key(p);
	make_server(p);
	p->client.context =
	    tls_client_context(&(struct tls_settings) {.pins = believed, .pin_count = 1}, p->why);
	start_side(&p->client);
	start_side(&p->server);
}

/* The exit status of a locked-in process that goes through a good handshake and a bad one. */
static int
all_inside(void)
{
	static const struct pin wrong = {{1}};
	struct pair good, bad;
	int rc;

	make_sockets(&good);
	make_sockets(&bad);
	tls_prepare();
	worker_lock(ROLE_DNSUPDATE, &(struct worker_options) {.log_level = LOG_LEVEL_ERROR});
	make_pair(&good, &good.pin);
	make_pair(&bad, &wrong);
	rc = shake(&good) == 0 ? 0 : 1;
	if (rc == 0)
		carry(&good.client, &good.server, "inside");
	if (shake(&bad) == 0 || strstr(tls_error(bad.client.tls), "pinned") == NULL)
		rc = 2;
	teardown(&good);
	teardown(&bad);
	return rc;
}

static void
test_sandboxed(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(all_inside());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sandboxed),
	    cmocka_unit_test(test_pinned),
	    cmocka_unit_test(test_pins),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_bulk),
	    cmocka_unit_test(test_pending),
	    cmocka_unit_test(test_half_close),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_close_too_early),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_pin_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
