/*
 * Packets that wait for their tunnel, so that the first packet to a peer is not lost.  Pure
 * (`now_ms` is an argument) and of fixed size: ESP_HOLD_MAX packets in all, ESP_HOLD_PER_PEER
 * for one peer, ESP_HOLD_MS old at most.  Also decides how often a tunnel is asked for.
 */
#ifndef IPSEC_ESP_HOLD_H
#define IPSEC_ESP_HOLD_H

#include "ipsec/esp/drops.h"

#define HOLD_PEERS_MAX ESP_HOLD_MAX
#define HOLD_ACQUIRE_MS 2000 /* between two acquires for one address */

struct hold_peer {
	uint8_t ula[16];
	uint64_t acquired_ms;
	unsigned int packets;
	int used;
};

struct hold_packet {
	struct hold_packet *next; /* in the queue, oldest first, or in the free list */
	struct hold_peer *peer;
	uint64_t since_ms;
	size_t len;
	uint8_t data[ESP_PACKET_MAX];
};

struct hold {
	struct hold_packet *slots;
	size_t touched;
	struct hold_packet *free, *first, **last;
	struct drops *drops; /* where what is lost is counted as ESP_DROP_NO_POLICY; or NULL */
	struct hold_peer peers[HOLD_PEERS_MAX];
};

/* 0, or -1 when out of memory. */
int hold_init(struct hold *h);
void hold_free(struct hold *h);

/*
 * Keep a copy of a packet of at most ESP_PACKET_MAX octets to dst.  *acquire is set to 1 when the
 * tunnel should be asked for.  Returns the number of packets lost: 0; 1 when this one found no
 * place (its peer has its share, or nobody can be asked now) or took that of the oldest of all.
 */
unsigned int hold_put(struct hold *h, const uint8_t dst[16], const uint8_t *data, size_t len,
    uint64_t now_ms, int *acquire);
/* Drop what is too old; returns how many. */
unsigned int hold_expire(struct hold *h, uint64_t now_ms);
/* When hold_expire has work; UINT64_MAX = never. */
uint64_t hold_due_ms(const struct hold *h);

/* Give back the packet at *at, which then is the following one.  A walk through the queue begins
 * with at = &h->first and goes on with at = &(*at)->next. */
void hold_drop(struct hold *h, struct hold_packet **at);
/* The same for one that has found its tunnel: when that goes away, however soon, the next packet
 * must ask for another at once. */
void hold_release(struct hold *h, struct hold_packet **at);

#endif
