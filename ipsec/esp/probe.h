/*
 * What does the path to a peer carry?  Where a router says "packet too big" the routing table
 * knows; where that message is filtered the path is a black hole for large packets, and somebody
 * has to try (RFC 4821, RFC 8899).  Pure; paths.c sends what this decides.
 *
 * A question is one size.  It is asked by two probes at once, one of that size and behind it one of
 * PROBE_FLOOR, which any IPv6 path carries: both want an answer.
 *
 *	the large one is answered	this size passes
 *	the floor's is, not the other	a size too large, or a loss: PROBE_LOST of them decide
 *	none is				the path is dead, or the peer answers nobody: PROBE_SILENT
 *					times, then nothing is learnt
 *
 * Until shown otherwise a path carries everything: the first question is the full size, and hardly
 * any path gets a second one.  If the full size does not pass, PROBE_FLOOR is used at once and
 * halving finds out what does.  Below ESP_MTU_MIN nothing is looked for: such a packet is sent in
 * two pieces in any case.
 *
 *	NEW -> (a packet) -> ASKING -> (no question left) -> KNOWN
 *			       ^------ (a large packet, PROBE_AGAIN_MS or PROBE_WIDER_MS later)
 */
#ifndef IPSEC_ESP_PROBE_H
#define IPSEC_ESP_PROBE_H

#include <stddef.h>
#include <stdint.h>

/* The inner packet that is one of 1280 octets outside: IPv6, UDP, ESP with its trailer and ICV. */
#define PROBE_FLOOR 1198
#define PROBE_LOST 4
#define PROBE_SILENT 4
#define PROBE_WAIT_MS 1000 /* for any answer */
#define PROBE_GRACE_MS 250 /* for the large one's, after that of the floor */
#define PROBE_AGAIN_MS 60000 /* a path that carried the full size may have changed */
#define PROBE_WIDER_MS 600000 /* a narrow one, too (RFC 8899 5.1.1: PMTU_RAISE_TIMER) */
#define PROBE_DOUBT_MS 10000 /* between two questions because of a doubt */

enum probe_state { PROBE_NEW, PROBE_ASKING, PROBE_KNOWN };

/* Sizes are those of inner packets.  Zero-filled is "never asks". */
struct probe {
	uint8_t asks; /* may ask at all: the underlay is IPv6, and the peer takes padding */
	uint8_t state; /* enum probe_state */
	uint8_t open; /* a round is under way */
	uint8_t heard; /* the floor's probe was answered in this round */
	uint8_t lost, silent; /* rounds of this question that ended so */
	uint16_t fit; /* what passes; 0 = nothing is known against any size */
	uint16_t full; /* the largest size there is a use for */
	uint16_t low, high; /* passes, does not */
	uint16_t size; /* asked for */
	uint32_t first, last; /* numbers of this question's rounds */
	uint64_t asked_ms; /* when the last series of questions began */
	uint64_t due_ms; /* ASKING: probe_next has something to do; else UINT64_MAX */
	uint64_t again_ms; /* NEW, KNOWN: not before this; else UINT64_MAX */
};

/* Nothing is known of this path. */
void probe_new(struct probe *p, int asks);
/* The same path as another SA's, whose knowledge is taken over. */
void probe_inherit(struct probe *p, const struct probe *from);

/* A packet of len octets leaves: is it time to ask?  Of each packet, so it is short. */
static inline int
probe_wanted(const struct probe *p, size_t len, uint64_t now_ms)
{
	return p->asks && p->again_ms <= now_ms && (len > PROBE_FLOOR || p->state == PROBE_NEW);
}

/* Begin to ask, whether `full` passes; probe_next is due at once. */
void probe_start(struct probe *p, uint32_t full, uint64_t now_ms);
/* due_ms has come.  Returns the size of the larger of the two probes to be sent now, both with this
 * number; 0 = none.  Numbers count upwards, those of other paths may be between them. */
uint32_t probe_next(struct probe *p, uint32_t number, uint64_t now_ms);
/* A probe of this number was answered: the large one, or the floor's.  Returns whether probe_next
 * is due sooner than it was. */
int probe_heard(struct probe *p, uint32_t number, int large, uint64_t now_ms);
/* The peer does not answer what is sent to it: if a large packet is among that, ask soon. */
void probe_doubt(struct probe *p, uint64_t now_ms);
/* The routing table says something new of the path: ask again with the next large packet. */
void probe_changed(struct probe *p);

#endif
