#include "dnsupdate/server/net/cookie.h"

#include <string.h>

#define COOKIE_VERSION 1
#define SERVER_AT COOKIE_CLIENT_LEN
#define TIME_AT 12
#define HASH_AT 16
#define HASH_LEN 8
#define LEN_MIN_SERVER 16
#define LEN_MAX_SERVER 40
/* RFC 9018 section 4.3. */
#define OLD_SEC 3600
#define AHEAD_SEC 300
#define RENEW_SEC 1800

/* Over the client's cookie, our first eight octets and the address (section 4.4). */
static void
put_hash(
    const struct siphash_key *secret, const union socket_address *from, uint8_t cookie[COOKIE_LEN])
{
	uint8_t input[HASH_AT + 16];
	size_t len = HASH_AT;
	uint64_t hash;

	memcpy(input, cookie, HASH_AT);
	if (from->sa.sa_family == AF_INET) {
		memcpy(input + len, &from->in.sin_addr, 4);
		len += 4;
	} else {
		memcpy(input + len, &from->in6.sin6_addr, 16);
		len += 16;
	}
	hash = siphash(secret, input, len);
	for (int i = 0; i < HASH_LEN; i++) /* SipHash's own octet order */
		cookie[HASH_AT + i] = (uint8_t)(hash >> 8 * i);
}

/* Is it one we made for this address, and not too long ago?  *age is how long. */
static int
is_ours(const struct siphash_key *secret, const union socket_address *from, const uint8_t *cookie,
    uint32_t now_sec, int32_t *age)
{
	uint8_t again[COOKIE_LEN];
	struct buf b = buf_reader(cookie + TIME_AT, 4);

	memcpy(again, cookie, COOKIE_LEN);
	put_hash(secret, from, again);
	*age = (int32_t)(now_sec - buf_get_u32(&b));
	return cookie[SERVER_AT] == COOKIE_VERSION && memcmp(again, cookie, COOKIE_LEN) == 0 &&
	    *age <= OLD_SEC && *age >= -AHEAD_SEC;
}

enum cookie
cookie_check(const struct siphash_key *secret, const struct message *m,
    const union socket_address *from, uint32_t now_sec, uint8_t out[COOKIE_LEN])
{
	size_t len = 0;
	const uint8_t *cookie = message_option(m, OPTION_COOKIE, &len);
	struct buf b = buf_writer(out, COOKIE_LEN);
	enum cookie result = COOKIE_NEW;
	int32_t age = 0;

	if (cookie == NULL)
		return COOKIE_NONE;
	if (len != COOKIE_CLIENT_LEN && (len < LEN_MIN_SERVER || len > LEN_MAX_SERVER))
		return COOKIE_BAD;
	if (len == COOKIE_LEN && is_ours(secret, from, cookie, now_sec, &age))
		result = COOKIE_GOOD;
	if (result == COOKIE_GOOD && age >= 0 && age < RENEW_SEC) {
		memcpy(out, cookie, COOKIE_LEN);
		return result;
	}
	buf_put(&b, cookie, COOKIE_CLIENT_LEN);
	buf_put_u32(&b, (uint32_t)COOKIE_VERSION << 24);
	buf_put_u32(&b, now_sec);
	put_hash(secret, from, out);
	return result;
}
