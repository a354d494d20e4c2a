/* What is believed of packets, search answers, URLs and the UPnP child. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "natpmp/igd.h"
#include "natpmp/pinhole.h"
#include "natpmp/pmp.h"
#include "natpmp/ssdp.h"

#include <netinet/in.h>
#include <string.h>

static const struct endpoint gateway = {.family = 4, .addr = {192, 168, 1, 1}};

/* ---- NAT-PMP ---- */

#define ADDRESS_OK "\x00\x80\x00\x00\x00\x00\x03\xe8\x0b\x16\x21\x02"
#define MAP_OK "\x00\x81\x00\x00\x00\x00\x03\xe8\x11\x94\x11\x95\x00\x00\x0e\x10"

static void
test_pmp_packets(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		enum pmp_op op;
		int fits;
	} cases[] = {
	    {ADDRESS_OK, 12, PMP_ADDRESS, 1},
	    {ADDRESS_OK, 11, PMP_ADDRESS, 0},
	    {ADDRESS_OK, 12, PMP_MAP, 0},
	    {ADDRESS_OK, 12, PMP_NONE, 0},
	    {MAP_OK, 16, PMP_MAP, 1},
	    {MAP_OK, 15, PMP_MAP, 0},
	    {MAP_OK, 16, PMP_ADDRESS, 0},
	    {MAP_OK, 0, PMP_MAP, 0},
	    {MAP_OK, 3, PMP_MAP, 0},
	    /* another internal port, another protocol, our own request echoed */
	    {"\x00\x81\x00\x00\x00\x00\x03\xe8\x11\x93\x11\x95\x00\x00\x0e\x10", 16, PMP_MAP, 0},
	    {"\x00\x82\x00\x00\x00\x00\x03\xe8\x11\x94\x11\x95\x00\x00\x0e\x10", 16, PMP_MAP, 0},
	    {"\x00\x01\x00\x00\x11\x94\x11\x94\x00\x00\x0e\x10", 12, PMP_MAP, 0},
	    /* refusals are shorter */
	    {"\x00\x80\x00\x03\x00\x00\x00\x01", 8, PMP_ADDRESS, 1},
	    {"\x00\x80\x00\x03\x00\x00\x00\x01", 7, PMP_ADDRESS, 0},
	    {"\x00\x81\x00\x02\x00\x00\x00\x01", 8, PMP_MAP, 1},
	    {"\x00\x81\x00\x02\x00\x00\x00\x01", 8, PMP_ADDRESS, 0},
	    /* "bad version", with opcode 0, with 128, in PCP's layout */
	    {"\x00\x00\x00\x01\x00\x00\x00\x01", 8, PMP_ADDRESS, 1},
	    {"\x00\x80\x00\x01\x00\x00\x00\x01", 8, PMP_MAP, 1},
	    {"\x02\x80\x00\x01\x00\x00\x00\x00\x00\x00\x00\x09", 12, PMP_ADDRESS, 1},
	    {"\x02\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09", 12, PMP_ADDRESS, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (pmp_packet_fits((const uint8_t *)cases[i].data, cases[i].len, cases[i].op,
			IPPROTO_UDP, 4500) != cases[i].fits)
			fail_msg("case %zu", i);
}

/* ---- SSDP ---- */

static void
test_locations(void **state)
{
	static const struct {
		const char *text, *url; /* NULL: no location */
	} cases[] = {
	    {"HTTP/1.1 200 OK\r\nST: x\r\nLocation: http://192.168.1.1:5000/a.xml\r\n\r\n",
		"http://192.168.1.1:5000/a.xml"},
	    {"HTTP/1.0 200 OK\nLOCATION:http://a/b\n", "http://a/b"},
	    {"HTTP/1.1 200 OK\r\nlocation: \t http://a/b \t\r\n", "http://a/b"},
	    {"HTTP/1.1 200 OK\r\nX-Location: http://a/\r\nlocation: http://b/\r\n", "http://b/"},
	    {"HTTP/1.1 200 OK\r\nlocation: http://a/b", NULL},
	    {"HTTP/1.1 200 OK\r\nlocation:\r\n\r\n", NULL},
	    {"HTTP/1.1 200 OK\r\nlocation\r\n\r\n", NULL},
	    {"HTTP/1.1 404 no\r\nlocation: http://a/b\r\n", NULL},
	    {"NOTIFY * HTTP/1.1\r\nlocation: http://a/b\r\n", NULL},
	    {"HTTP/1.1", NULL},
	    {"", NULL},
	};
	char url[32], long_text[200] = "HTTP/1.1 200 OK\nlocation: http://";

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int rc = ssdp_location(cases[i].text, strlen(cases[i].text), url, sizeof url);

		if (rc != (cases[i].url == NULL ? -1 : 0))
			fail_msg("case %zu", i);
		if (rc == 0)
			assert_string_equal(url, cases[i].url);
	}
	/* 31 octets fit, 32 do not; a NUL inside is no URL. */
	memset(long_text + strlen(long_text), 'a', 25);
	long_text[16 + 10 + 31] = '\n';
	assert_int_equal(ssdp_location(long_text, 58, url, sizeof url), 0);
	assert_int_equal(strlen(url), 31);
	long_text[16 + 10 + 31] = 'a';
	long_text[16 + 10 + 32] = '\n';
	assert_int_equal(ssdp_location(long_text, 59, url, sizeof url), -1);
	assert_int_equal(
	    ssdp_location("HTTP/1.1 200 OK\nlocation: http://\0/\n", 36, url, sizeof url), -1);
}

/* Repeated announcements look the same, those after a restart do not. */
static void
test_alive(void **state)
{
#define NOTIFY(location, nts, boot)                                                                \
	"NOTIFY * HTTP/1.1\r\nLocation: " location "\r\nNTS: " nts "\r\nBOOTID.UPNP.ORG: " boot    \
	"\r\n"
	static const char first[] = NOTIFY("http://a/", "ssdp:alive", "7");
	static const char again[] = NOTIFY("http://a/", "ssdp:alive", "8");
	static const char moved[] = NOTIFY("http://b/", "ssdp:alive", "7");
	static const char bye[] = NOTIFY("http://a/", "ssdp:byebye", "7");
	static const char plain[] = "NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\n";
	uint32_t tag, other;

	assert_int_equal(ssdp_alive(first, sizeof first - 1, &tag), 0);
	assert_int_equal(ssdp_alive(first, sizeof first - 1, &other), 0);
	assert_int_equal(tag, other);
	assert_int_equal(ssdp_alive(again, sizeof again - 1, &other), 0);
	assert_int_not_equal(tag, other);
	assert_int_equal(ssdp_alive(moved, sizeof moved - 1, &other), 0);
	assert_int_not_equal(tag, other);
	assert_int_equal(ssdp_alive(plain, sizeof plain - 1, &other), 0);
	assert_int_not_equal(other, 0);
	assert_int_equal(ssdp_alive(bye, sizeof bye - 1, &other), -1);
	assert_int_equal(ssdp_alive(first, 20, &other), -1);
	assert_int_equal(ssdp_alive("HTTP/1.1 200 OK\r\nNTS: ssdp:alive\r\n", 34, &other), -1);
	assert_int_equal(ssdp_alive("", 0, &other), -1);
}

/* ---- UPnP ---- */

static void
test_urls(void **state)
{
	static const struct {
		const char *url;
		int good;
	} cases[] = {
	    {"http://192.168.1.1/", 1},
	    {"http://192.168.1.1:5000/rootDesc.xml", 1},
	    {"http://192.168.1.1:65535/a?b=c:d/e@f", 1},
	    {"http://192.168.1.2:5000/", 0},
	    {"http://192.168.1.11/", 0},
	    {"http://192.168.1.1.evil/", 0},
	    {"http://127.0.0.1:8080/", 0},
	    {"http://192.168.1.1", 0},
	    {"http://192.168.1.1:/", 0},
	    {"http://192.168.1.1:0/", 0},
	    {"http://192.168.1.1:65536/", 0},
	    {"http://192.168.1.1:123456/", 0},
	    {"http://192.168.1.1:80x/", 0},
	    {"http://192.168.1.1@evil/", 0},
	    {"http://evil/?http://192.168.1.1/", 0},
	    {"http://0xc0a80101/", 0},
	    {"http://3232235777/", 0},
	    {"http://router/", 0},
	    {"http://[::ffff:192.168.1.1]/", 0},
	    {"http:///", 0},
	    {"http://", 0},
	    {"https://192.168.1.1/", 0},
	    {"HTTP://192.168.1.1/", 0},
	    {"ftp://192.168.1.1/", 0},
	    {"http://192.168.1.1/a b", 0},
	    {"http://192.168.1.1/a\r\nX: y", 0},
	    {"http://192.168.1.1/\xc3\xa4", 0},
	    {"", 0},
	};
	char url[IGD_URL_MAX + 8] = "http://192.168.1.1/";

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (igd_url_at(cases[i].url, &gateway) != cases[i].good)
			fail_msg("%s", cases[i].url);
	memset(url + strlen(url), 'a', IGD_URL_MAX - 1 - strlen(url));
	assert_true(igd_url_at(url, &gateway));
	url[IGD_URL_MAX - 1] = 'a';
	assert_false(igd_url_at(url, &gateway));
}

static struct igd_answer
a_mapping(void)
{
	struct igd_answer a = {.result = IGD_OK,
	    .lifetime_sec = 3600,
	    .external = {.family = 4, .port = 4500, .addr = {11, 22, 33, 2}},
	    .location = "http://192.168.1.1:5000/a.xml"};

	return a;
}

static void
test_answers(void **state)
{
	struct igd_request map = {.what = IGD_MAP, .gateway = gateway};
	struct igd_request unmap = {.what = IGD_UNMAP, .gateway = gateway};
	struct igd_answer a = a_mapping(), bad;

	assert_true(igd_answer_ok(&a, &map));
	assert_false(igd_answer_ok(&a, &unmap));
#define BAD(change)                                                                                \
	do {                                                                                       \
		bad = a;                                                                           \
		change;                                                                            \
		assert_false(igd_answer_ok(&bad, &map));                                           \
	} while (0)
	BAD(bad.result = 0);
	BAD(bad.result = IGD_RESULT_MAX);
	BAD(bad.result = IGD_REFUSED); /* with an address */
	BAD(bad.id = 1);
	BAD(bad.code = 10000);
	BAD(bad.external.family = 0);
	BAD(bad.external.family = 6);
	BAD(bad.external.port = 0);
	BAD(bad.external.addr[15] = 1);
	BAD(bad.external.addr[0] = 0);
	BAD(bad.external.addr[0] = 127);
	BAD(bad.external.addr[0] = 224);
	BAD(bad.external.addr[0] = 255);
	BAD(strcpy(bad.location, "http://192.168.1.2/"));
	BAD(memset(bad.location, 'a', sizeof bad.location));
#undef BAD
	a.external.addr[0] = 10; /* the manager's question */
	assert_true(igd_answer_ok(&a, &map));
	memset(&a.external, 0, sizeof a.external);
	assert_true(igd_answer_ok(&a, &unmap));
	a.result = IGD_REFUSED;
	a.code = 718;
	a.location[0] = '\0';
	assert_true(igd_answer_ok(&a, &map));
}

/* What a router says about a hole in its IPv6 firewall. */
static void
test_pinholes(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint32_t id;
	} cases[] = {
	    {"HTTP/1.1 200 OK\r\n\r\n<u:AddPinholeResponse><UniqueID>7</UniqueID>", 0, 7},
	    {"HTTP/1.0 200 OK\r\n\r\n<u:DeletePinholeResponse/>", 0, 0},
	    {"HTTP/1.1 200 OK\r\n\r\n<x:UniqueID>65535</x:UniqueID>", 0, 65535},
	    {"HTTP/1.1 200 OK\r\n\r\n<UniqueID>65536</UniqueID>", 0, 0},
	    {"HTTP/1.1 200 OK\r\n\r\n<UniqueID>-1</UniqueID>", 0, 0},
	    {"HTTP/1.1 200 OK\r\n\r\n<UniqueID>7", 0, 0},
	    {"HTTP/1.1 500 no\r\n\r\n<errorCode>606</errorCode>", 606, 0},
	    {"HTTP/1.1 500 no\r\n\r\n<errorCode>0</errorCode>", -1, 0},
	    {"HTTP/1.1 500 no\r\n\r\n<errorCode>99999999</errorCode>", -1, 0},
	    {"HTTP/1.1 301 moved\r\nLocation: http://127.0.0.1/\r\n\r\n", -1, 0},
	    {"HTTP/1.1 404 no\r\n\r\n", -1, 0},
	    {"HTTP/1.1 2", -1, 0},
	    {"SSH-2.0-OpenSSH 200", -1, 0},
	    {"", -1, 0},
	};
	uint32_t id;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (pinhole_answer(cases[i].text, strlen(cases[i].text), &id) != cases[i].result ||
		    id != cases[i].id)
			fail_msg("case %zu: %u", i, id);
	assert_int_equal(pinhole_answer("HTTP/1.1 200\0<UniqueID>7</UniqueID>", 34, &id), -1);
}

/* A hole is opened to the address and port that asked, and nowhere else. */
static void
test_hole_answers(void **state)
{
	struct igd_request req = {.what = IGD_MAP,
	    .gateway = gateway,
	    .local = {.family = 6, .port = 4500, .addr = {0x20, 1, [15] = 9}}};
	struct igd_answer a = {.result = IGD_OK, .id = 7, .external = req.local};

	assert_true(igd_answer_ok(&a, &req));
	a.external.port++;
	assert_false(igd_answer_ok(&a, &req));
	a.external = req.local;
	a.id = 65536;
	assert_false(igd_answer_ok(&a, &req));
	a.id = 7;
	req.what = IGD_UNMAP;
	assert_false(igd_answer_ok(&a, &req));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pmp_packets),
	    cmocka_unit_test(test_locations),
	    cmocka_unit_test(test_alive),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_pinholes),
	    cmocka_unit_test(test_hole_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
