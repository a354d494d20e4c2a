/* Presentation format by ldns, and ldns as a second opinion on our own reader and writer. */
#include "wire_test.h"

#include "dnsupdate/wire/text.h"
#include "dnsupdate/wire/update.h"

static uint8_t room[1024];
static struct message m;

static const struct {
	const char *line;
	const char *again; /* what comes back; NULL = refused */
} lines[] = {
    {"nas.z.example. 60 IN A 192.0.2.1", "nas.z.example. 60 IN A 192.0.2.1"},
    {"NAS.z.example. IN AAAA fd00::1", "nas.z.example. 300 IN AAAA fd00::1"},
    {"z.example. 60 IN SRV 1 2 4500 AT.z.example.", "z.example. 60 IN SRV 1 2 4500 at.z.example."},
    {"z.example. 60 IN PTR a.z.example.", "z.example. 60 IN PTR a.z.example."},
    {"z.example. 60 IN TXT \"a b\" \"c\\\"d\" \"\\200\"",
	"z.example. 60 IN TXT \"a b\" \"c\\\"d\" \"\\200\""},
    {"z.example. 60 IN TYPE65280 \\# 3 010203", "z.example. 60 IN TYPE65280 \\# 3 010203"},
    {"z.example. 60 IN SOA n.z.example. r.z.example. 7 1 2 3 4",
	"z.example. 60 IN SOA n.z.example. r.z.example. 7 1 2 3 4"},
    {"z.example. 60 CH TXT \"a\"", NULL},
    {"z.example. 60 IN A 192.0.2", NULL},
    {"z.example. 60 IN", NULL},
    {"", NULL},
    {"; only a comment", NULL},
};

/* Text, our rdata, an update of ours, our reader, ldns, text. */
static void
goes_round(void **state)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct name owner, zone = name_of("z.example");
		struct rdata rd, back;
		struct update u;
		uint32_t ttl;
		char text[512];

		if (rr_from_text(lines[i].line, 300, &owner, &ttl, &rd) == -1) {
			if (lines[i].again != NULL)
				fail_msg("refused: %s", lines[i].line);
			continue;
		}
		update_begin(&u, room, sizeof(room), 1, &zone);
		update_add(&u, &owner, ttl, &rd);
		assert_int_equal(message_parse(&m, room, update_finish(&u, NULL, 0)), 0);
		assert_int_equal(rr_rdata(&m, &m.rr[0], &back), 0);
		assert_true(rdata_equal(&rd, &back));
		assert_string_equal(rr_text(&m, &m.rr[0], text, sizeof(text)), lines[i].again);
	}
}

static void
cuts_and_terminates(void **state)
{
	char text[16];

	assert_int_equal(message_parse(&m, room, from_hex(VECTOR_UPDATE_SIGNED, room, 1024)), 0);
	rr_text(&m, &m.rr[0], text, sizeof(text));
	assert_string_equal(text, "h.z.example. 12");
}

static void
prints_signatures(void **state)
{
	char text[512];

	assert_int_equal(message_parse(&m, room, from_hex(VECTOR_UPDATE_SIGNED, room, 1024)), 0);
	rr_text(&m, &m.rr[2], text, sizeof(text));
	assert_non_null(strstr(text, "k.z.example. 0 ANY TSIG hmac-sha256. 1700000000 "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(goes_round),
	    cmocka_unit_test(cuts_and_terminates),
	    cmocka_unit_test(prints_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
