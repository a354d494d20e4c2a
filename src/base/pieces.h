/* A roster's text in pieces that fit a message (struct msg_roster): taking apart and putting
 * together. */
#ifndef BASE_PIECES_H
#define BASE_PIECES_H

#include "base/msg.h"

struct pieces {
	char *text; /* allocated; complete when got == total */
	uint32_t total, got;
};

/* Begin m, of this type, with the piece of text that starts at offset. */
void pieces_make(
    union msg *m, enum msg_type type, const char *text, uint32_t total, uint32_t offset);

/* Take a checked piece.  1 = the text is whole (also for total 0, text then NULL); 0 = more has to
 * come; -1 = out of order, or no memory: wait for the next beginning. */
int pieces_take(struct pieces *p, const struct msg_roster *piece);

void pieces_free(struct pieces *p);

#endif
