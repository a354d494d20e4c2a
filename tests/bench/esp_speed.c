/*
 * esp_speed: the data plane without any device or socket, in one thread.  For each number of SAs
 * and each size of packet: nanoseconds to seal and to open one, batches of 64, the SAs taken in
 * turn. Prints lines "SAS SIZE SEAL OPEN", for curves.sh.
 */
#include "ipsec/esp/esp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 64
#define ROOM 2048
#define PACKETS 60000 /* for each figure */
#define ROUNDS 5 /* the best counts: others use the processor, too */

static uint8_t room[BATCH][ROOM];
static struct esp_packet batch[BATCH];
static struct esp *esp;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Our own address is a, the i-th peer's b. */
static void
addresses(unsigned i, uint8_t a[16], uint8_t b[16])
{
	memset(a, 0, 16);
	memset(b, 0, 16);
	a[0] = b[0] = 0xfd;
	a[15] = 1;
	b[8] = (uint8_t)(i * 7);
	b[14] = (uint8_t)(i >> 8);
	b[15] = (uint8_t)i;
	b[13] = 2;
}

/* What we seal for a peer we open as that peer would: its address and ours change places. */
static void
add(unsigned i)
{
	struct esp_sa sa = {.spi = UINT32_C(0xc0000100) + i,
	    .algorithm = AEAD_AES_128_GCM,
	    .esn = 1,
	    .remote = {.family = 4, .port = 4500, .addr = {192, 0, 2, 1}}};
	uint8_t a[16], b[16];

	addresses(i, a, b);
	for (sa.inbound = 0; sa.inbound < 2; sa.inbound++)
		if (esp_sa_add(esp, &sa, 0) == -1 ||
		    esp_policy_add(
			esp, sa.spi, sa.inbound, sa.inbound ? b : a, sa.inbound ? a : b) == -1)
			abort();
}

static void
fill(unsigned first, unsigned sas, size_t size)
{
	for (unsigned i = 0; i < BATCH; i++) {
		uint8_t *d = room[i] + 32;

		d[0] = 0x60;
		d[1] = 0;
		d[4] = (uint8_t)((size - 40) >> 8);
		d[5] = (uint8_t)(size - 40);
		d[6] = 17;
		addresses((first + i) % sas, d + 8, d + 24);
		batch[i] = (struct esp_packet) {.data = d, .len = size};
	}
}

static void
measure(unsigned sas, size_t size)
{
	double seal = 1e18, open = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		double sealing = 0, opening = 0;

		for (unsigned n = 0; n < PACKETS; n += BATCH) {
			double t0, t1, t2;

			fill(n, sas, size);
			t0 = now();
			esp_outbound(esp, batch, BATCH, 1);
			t1 = now();
			esp_inbound(esp, batch, BATCH, 1);
			t2 = now();
			if (batch[0].len != size || batch[BATCH - 1].len != size)
				abort();
			sealing += t1 - t0;
			opening += t2 - t1;
		}
		seal = sealing < seal ? sealing : seal;
		open = opening < open ? opening : open;
	}
	printf("%u %zu %.1f %.1f\n", sas, size, seal / PACKETS, open / PACKETS);
	fflush(stdout);
}

int
main(void)
{
	static const size_t sizes[] = {64, 128, 256, 512, 1024, 1280, 1418, 1438};
	static const unsigned numbers[] = {1, 10, 100, 1000};
	static const struct esp_events none;
	unsigned have = 0;

	if ((esp = esp_new(&none, NULL)) == NULL)
		return 1;
	for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		while (have < numbers[k])
			add(have++);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			measure(numbers[k], sizes[i]);
	}
	esp_free(esp);
	return 0;
}
