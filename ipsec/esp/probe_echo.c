#include "ipsec/esp/probe_echo.h"

#include "ipsec/esp/inner.h"
#include "ipsec/esp/sum.h"
#include "ipsec/esp/vnet.h"

#include <arpa/inet.h>
#include <string.h>

#define ICMP_LEN 8
#define ECHO_REQUEST 128
#define ECHO_REPLY 129
#define HOP_LIMIT 64
#define NUMBER_AT (IP6_LEN + ICMP_LEN)
#define LARGE_AT (NUMBER_AT + 4)
#define COOKIE_AT (LARGE_AT + 4)

_Static_assert(COOKIE_AT + 8 == PROBE_ECHO_LEN, "layout");

static void
cookie_of(
    const uint8_t peer[16], const uint8_t *packet, const struct siphash_key *key, uint8_t out[8])
{
	uint8_t of[24];
	uint64_t hash;

	memcpy(of, peer, 16);
	memcpy(of + 16, packet + NUMBER_AT, 8);
	hash = siphash(key, of, sizeof(of));
	memcpy(out, &hash, sizeof(hash));
}

void
probe_echo_make(uint8_t *out, const uint8_t from[16], const uint8_t to[16], uint32_t number,
    int large, const struct siphash_key *key)
{
	const size_t len = PROBE_ECHO_LEN - IP6_LEN;
	uint32_t kind = htonl(large != 0);

	memset(out, 0, PROBE_ECHO_LEN);
	out[0] = 0x60;
	out[5] = (uint8_t)len;
	out[6] = IPPROTO_ICMPV6;
	out[7] = HOP_LIMIT;
	memcpy(out + 8, from, 16);
	memcpy(out + 24, to, 16);
	out[IP6_LEN] = ECHO_REQUEST;
	number = htonl(number);
	memcpy(out + NUMBER_AT, &number, 4);
	memcpy(out + LARGE_AT, &kind, 4);
	cookie_of(to, out, key, out + COOKIE_AT);
	memcpy(out + IP6_LEN + 4, out + COOKIE_AT, 2); /* identifier */
	memcpy(out + IP6_LEN + 6, out + NUMBER_AT + 2, 2); /* sequence */
	sum_store(out + IP6_LEN + 2,
	    sum_pseudo(out, IPPROTO_ICMPV6, (uint32_t)len) + sum_of(out + IP6_LEN, len));
}

int
probe_echo_answers(
    const uint8_t *packet, size_t len, const struct siphash_key *key, uint32_t *number, int *large)
{
	uint8_t want[8];
	uint32_t kind;

	if (len != PROBE_ECHO_LEN || packet[6] != IPPROTO_ICMPV6 || packet[IP6_LEN] != ECHO_REPLY)
		return 0;
	cookie_of(inner_source(packet), packet, key, want);
	if (memcmp(want, packet + COOKIE_AT, sizeof(want)) != 0)
		return 0;
	memcpy(number, packet + NUMBER_AT, 4);
	memcpy(&kind, packet + LARGE_AT, 4);
	*number = ntohl(*number);
	*large = kind != 0;
	return 1;
}
