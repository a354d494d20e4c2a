#include "ipsec/esp/sum.h"

#include <arpa/inet.h>
#include <string.h>

/* Two sums of 32-bit words side by side in one vector of the machine's, whichever that is: the
 * compiler makes it two registers, or ordinary code, where there are none. */
typedef uint64_t lanes __attribute__((vector_size(16)));

#define STEP 64 /* octets a round */

static inline lanes
halves(lanes v)
{
	const lanes low = {UINT32_MAX, UINT32_MAX};

	return (v & low) + (v >> 32);
}

/* What is left after whole rounds, fewer than STEP octets. */
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

static inline uint64_t
sum_rounds(uint8_t *to, const uint8_t *data, size_t len)
{
	lanes a = {0, 0}, b = {0, 0}, v[4];

	for (; len >= STEP; data += STEP, len -= STEP) {
		memcpy(v, data, STEP);
		if (to != NULL) {
			memcpy(to, v, STEP);
			to += STEP;
		}
		a += halves(v[0]) + halves(v[1]);
		b += halves(v[2]) + halves(v[3]);
	}
	a += b;
	return sum_fold(a[0]) + (uint64_t)sum_fold(a[1]);
}

uint64_t
sum_of(const uint8_t *data, size_t len)
{
	size_t whole = len / STEP * STEP;

	return sum_rounds(NULL, data, whole) + sum_rest(data + whole, len - whole);
}

uint64_t
sum_copy(uint8_t *to, const uint8_t *data, size_t len)
{
	size_t whole = len / STEP * STEP;
	uint64_t sum = sum_rounds(to, data, whole);

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
