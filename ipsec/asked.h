/*
 * Addresses somebody sends to that belong to no peer yet: a program may learn a name from DNS
 * before we do.  Remembered for as long as the packets are held, so that a peer that turns out to
 * have the address is called at once.  Pure.
 */
#ifndef IPSEC_ASKED_H
#define IPSEC_ASKED_H

#include <stdint.h>

#define ASKED_MAX 16 /* the oldest gives way */

/* Zero-filled is empty. */
struct asked {
	struct {
		uint8_t ula[16];
		uint64_t until_ms; /* 0 = free */
	} slot[ASKED_MAX];
};

void asked_note(struct asked *a, const uint8_t ula[16], uint64_t until_ms);
/* Was it asked for, not too long ago?  Forgets it. */
int asked_take(struct asked *a, const uint8_t ula[16], uint64_t now_ms);

#endif
