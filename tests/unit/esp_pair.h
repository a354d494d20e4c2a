/* Two data planes, A and B, that know each other; and what their callbacks said. */
#ifndef TESTS_ESP_PAIR_H
#define TESTS_ESP_PAIR_H

#include "ipsec/esp/esp.h"

#define SPI_AB UINT32_C(0xc0000001) /* A to B */
#define SPI_BA UINT32_C(0xc0000002)
#define PACKET_ROOM (ESP_PACKET_MAX + 64)

extern const uint8_t ula_a[16], ula_b[16], ula_c[16];
extern const struct endpoint at_a, at_b, at_new; /* outer addresses */

struct seen {
	unsigned int acquired, moved, ready, soft, hard, dropped;
	unsigned int used[2]; /* outbound, inbound */
	unsigned int narrow_told;
	uint32_t narrow; /* the last one's size */
	uint8_t dst[16]; /* of the last acquire */
	uint32_t spi; /* of the last moved or expired */
	struct endpoint from; /* of the last moved */
	int inbound;
};

struct side {
	struct esp *esp;
	struct seen seen;
};

extern struct side a, b;

/* Room for one packet. */
struct slot {
	uint8_t room[PACKET_ROOM];
	struct esp_packet p;
};

/* Both planes, no SAs; then both tunnels.  change may be NULL, or edit each SA before it is added.
 */
void pair_new(void);
void pair_connect(void (*change)(struct esp_sa *sa));
void pair_free(void);

/* One SA with its policy, on both sides, from A to B (spi).  Direction B to A: swap != 0. */
void pair_add(uint32_t spi, int swap, void (*change)(struct esp_sa *sa));

/* An IPv6 packet with len octets of payload, each of them fill. */
void packet_make(
    struct slot *s, const uint8_t src[16], const uint8_t dst[16], size_t len, int fill);
/* Seal at `from` at time now; returns the length of the result. */
size_t packet_out(struct side *from, struct slot *s, uint64_t now_ms);
/* Open at `to`, as if it came from `where`; returns the length of the result. */
size_t packet_in(struct side *to, struct slot *s, const struct endpoint *where, uint64_t now_ms);
void slot_copy(struct slot *to, const struct slot *from);
uint64_t drops(struct side *s, enum esp_drop reason);
uint64_t drops_all(struct side *s);

#endif
