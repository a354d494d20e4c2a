/* What the files mapping*.c share; nobody else includes it. */
#ifndef NATPMP_MAPPING_INNER_H
#define NATPMP_MAPPING_INNER_H

#include "natpmp/mapping.h"

/* ---- mapping_side.c: one method's open question ---- */

/* Open a question: to be sent from `at` on, `most` times, before the method counts as silent. */
void side_ask(struct mapping *m, unsigned i, enum mapping_stage stage, unsigned most, uint64_t at);
void side_rest(struct mapping_side *s);
/* Does the manager allow this method, and can it do this kind of mapping at all? */
int side_allowed(const struct mapping *m, unsigned i);
/* The UPnP child is at work: it cannot be called back. */
int side_child_runs(const struct mapping *m);
/* The external port to ask for: the one last granted, else wished for, else the local number. */
struct endpoint side_suggestion(const struct mapping *m);
/* The next transmission that is due; 1 with *step.  *gave_up = 1 when there was none left. */
int side_send(struct mapping *m, unsigned i, uint64_t now, struct mapping_step *step, int *gave_up);

/* ---- mapping_choose.c: who is asked, who serves ---- */

/* Begin a round: ask whoever has made the mapping, or search. */
void round_begin(struct mapping *m, uint64_t now);
/* A method's turn has come. */
void side_start(struct mapping *m, unsigned i, uint64_t now);
/* What the answers so far call for. */
void proceed(struct mapping *m, uint64_t now);
/* Give the verdict once nobody is left to wait for; plan the next round. */
void conclude(struct mapping *m, uint64_t now);
/* No mapping is believed to stand any more. */
void forget(struct mapping *m);

/* News of one method: it answers and may be asked to map; it has mapped (the external address has
 * been set); it refuses and need not be asked again for hold_ms; it does not answer; its mapping
 * is deleted. */
void side_speaks(struct mapping *m, unsigned i, uint64_t now);
void side_grants(struct mapping *m, unsigned i, uint32_t lifetime_sec, uint64_t now);
void side_refuses(struct mapping *m, unsigned i, unsigned code, uint64_t hold_ms, uint64_t now);
void side_is_silent(struct mapping *m, unsigned i, uint64_t now);
void side_deleted(struct mapping *m, unsigned i, uint64_t now);

#endif
