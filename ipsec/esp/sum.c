#include "ipsec/esp/sum.h"

#include <arpa/inet.h>
#include <string.h>

/* Sums of 32-bit words side by side in a vector of so many octets.  Takes whole rounds of data, two
 * vectors each, adds them to *sum, copies them unless `to` is NULL, and says how many octets that
 * were. */
#define DEFINE_ROUNDS(name, octets, target)                                                        \
	typedef uint64_t name##_lanes __attribute__((vector_size(octets)));                        \
                                                                                                   \
	target static size_t name(uint8_t *to, const uint8_t *data, size_t len, uint64_t *sum)     \
	{                                                                                          \
		const name##_lanes low = ((name##_lanes) {0} - 1) >> 32;                           \
		const size_t round = 2 * sizeof(low), whole = len / round * round;                 \
		name##_lanes a = {0}, b = {0}, v, w;                                               \
                                                                                                   \
		for (size_t at = 0; at < whole; at += round) {                                     \
			memcpy(&v, data + at, sizeof(v));                                          \
			memcpy(&w, data + at + sizeof(v), sizeof(w));                              \
			if (to != NULL) {                                                          \
				memcpy(to + at, &v, sizeof(v));                                    \
				memcpy(to + at + sizeof(v), &w, sizeof(w));                        \
			}                                                                          \
			a += (v & low) + (v >> 32);                                                \
			b += (w & low) + (w >> 32);                                                \
		}                                                                                  \
		a += b;                                                                            \
		for (size_t i = 0; i < octets / sizeof(uint64_t); i++)                             \
			*sum += sum_fold(a[i]);                                                    \
		return whole;                                                                      \
	}

DEFINE_ROUNDS(rounds16, 16, )

/* Of all that leaves a checksum is made: wider vectors do it in a third of the time. */
#ifdef __x86_64__
DEFINE_ROUNDS(rounds32, 32, __attribute__((target("avx2"))))
DEFINE_ROUNDS(rounds64, 64, __attribute__((target("avx512f"))))

#define HAS(feature) __builtin_cpu_supports(feature)
#else
#define rounds32 rounds16
#define rounds64 rounds16
#define HAS(feature) 0
#endif

/* As much as each width takes, the widest first. */
static inline size_t
rounds(uint8_t *to, const uint8_t *data, size_t len, uint64_t *sum)
{
	size_t at = 0;

	if (HAS("avx512f"))
		at += rounds64(to, data, len, sum);
	if (HAS("avx2"))
		at += rounds32(to != NULL ? to + at : NULL, data + at, len - at, sum);
	return at + rounds16(to != NULL ? to + at : NULL, data + at, len - at, sum);
}

/* What is left after whole rounds. */
static uint64_t
sum_rest(const uint8_t *data, size_t len)
{
	uint64_t sum = 0;
	uint32_t word;
	uint16_t half = 0;

	for (; len >= 4; data += 4, len -= 4) {
		memcpy(&word, data, 4);
		sum += word;
	}
	if (len >= 2) {
		memcpy(&half, data, 2);
		sum += half;
		data += 2;
		len -= 2;
	}
	half = 0;
	memcpy(&half, data, len);
	return sum + half;
}

uint64_t
sum_of(const uint8_t *data, size_t len)
{
	uint64_t sum = 0;
	size_t whole = rounds(NULL, data, len, &sum);

	return sum + sum_rest(data + whole, len - whole);
}

uint64_t
sum_copy(uint8_t *to, const uint8_t *data, size_t len)
{
	uint64_t sum = 0;
	size_t whole = rounds(to, data, len, &sum);

	memcpy(to + whole, data + whole, len - whole);
	return sum + sum_rest(data + whole, len - whole);
}

uint64_t
sum_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t len)
{
	return sum_rest(ip + 8, 32) + htonl(protocol) + htonl(len);
}

uint16_t
sum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

void
sum_store(uint8_t field[2], uint64_t sum)
{
	uint16_t check = (uint16_t)~sum_fold(sum);

	if (check == 0)
		check = UINT16_MAX;
	memcpy(field, &check, sizeof(check));
}
