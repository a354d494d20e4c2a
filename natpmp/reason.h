/* What a person reads when a mapping does not come about: one sentence, with what to do. */
#ifndef NATPMP_REASON_H
#define NATPMP_REASON_H

#include "base/msg.h"
#include "natpmp/mapping.h"

/* No wanted method gets an answer. */
void reason_silent(char out[MSG_TEXT_MAX], const struct msg_natpmp_want *want);
/* This method (enum nat_column) refuses. */
void reason_refused(char out[MSG_TEXT_MAX], unsigned column, const struct mapping_side *s);
/* Does its refusal say that the router has no usable external address? */
int reason_is_offline(unsigned column, const struct mapping_side *s);
/* The same in few words, for a table. */
void reason_short(char out[MSG_WORD_MAX], unsigned column, const struct mapping_side *s);

#endif
