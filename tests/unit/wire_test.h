/* What the tests of dnsupdate/wire share: names and bytes from text, and messages computed by
 * another implementation.  Key octets 00..1f, hmac-sha256; both TSIG ones verify with ldns. */
#ifndef UNIT_WIRE_TEST_H
#define UNIT_WIRE_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/wire/name.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* UPDATE z.example: add h.z.example 120 AAAA fd00:1::1, lease 5400. */
#define VECTOR_UPDATE                                                                              \
	"123428000001000000010001017a076578616d706c6500000600010168c00c001c0001000000780010fd0000" \
	"01"                                                                                       \
	"00000000000000000000000100002904d00000000000080002000400001518"
/* The same, signed with k.z.example at 1700000000, fudge 300. */
#define VECTOR_UPDATE_SIGNED                                                                       \
	"123428000001000000010002017a076578616d706c6500000600010168c00c001c0001000000780010fd0000" \
	"01"                                                                                       \
	"00000000000000000000000100002904d00000000000080002000400001518016b017a076578616d706c6500" \
	"00"                                                                                       \
	"fa00ff00000000003d0b686d61632d7368613235360000006553f100012c00201a3defe4bb0c9d18073fb186" \
	"a1"                                                                                       \
	"3e830934c8b0d84387704721ff0781c796c37b123400000000"
/* The answer: NOERROR, lease 3600, signed. */
#define VECTOR_REPLY_SIGNED                                                                        \
	"1234a800000000000000000200002904d00000000000080002000400000e10016b017a076578616d706c6500" \
	"00"                                                                                       \
	"fa00ff00000000003d0b686d61632d7368613235360000006553f100012c0020e1a46832e597fa5cd78e6b90" \
	"92"                                                                                       \
	"b1f51ae8c52d36de805040c76b9299484918b3123400000000"
/* Another answer: NOTAUTH, BADTIME, the server's clock at 1700001000. */
#define VECTOR_REPLY_BADTIME                                                                       \
	"1234a8090000000000000001016b017a076578616d706c650000fa00ff0000000000430b686d61632d736861" \
	"3235360000006553f100012c002021bd4626c10391cc192e96947989f513ed59bfc5465268494890b819ab26" \
	"09a512340012000600006553f4e8"
/* A query with an LLQ option: SRV _autotunnel._udp.h.z.example. */
#define VECTOR_LLQ                                                                                 \
	"beef000000010000000000010b5f6175746f74756e6e656c045f7564700168017a076578616d706c65000021" \
	"00"                                                                                       \
	"01000029000000000000001600010012000100010000000000000000000000001c20"
/* DSO, without the stream's length: keepalive 15 s / 3600 s; subscription to AAAA of h.z.example;
 * its PUSH, fd00:1::1 added, fd00:1::2 removed; its end; "come back in 60 s". */
#define VECTOR_KEEPALIVE "0001300000000000000000000001000800003a980036ee80"
#define VECTOR_SUBSCRIBE "000230000000000000000000004000110168017a076578616d706c6500001c0001"
#define VECTOR_PUSH                                                                                \
	"000030000000000000000000004100430168017a076578616d706c6500001c0001000000780010fd00000100" \
	"000000"                                                                                   \
	"0000000000000001c010001c0001ffffffff0010fd000001000000000000000000000002"
#define VECTOR_UNSUBSCRIBE "000030000000000000000000004200020002"
#define VECTOR_RETRY_DELAY "000030000000000000000000000200040000ea60"
#define VECTOR_TIME 1700000000u
#define VECTOR_KEY "k.z.example"

static inline unsigned
nibble(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* Returns the number of octets. */
static inline size_t
from_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= size);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	return n;
}

static inline struct name
name_of(const char *text)
{
	struct name n;

	assert_int_equal(name_parse(&n, text), 0);
	return n;
}

static inline const uint8_t *
vector_secret(void)
{
	static uint8_t secret[32];

	for (unsigned i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	return secret;
}

#endif
