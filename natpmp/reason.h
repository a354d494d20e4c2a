/* What a person reads when a mapping does not come about: one sentence, with what to do. */
#ifndef NATPMP_REASON_H
#define NATPMP_REASON_H

#include "base/msg.h"
#include "natpmp/igd.h"

/* No wanted method gets an answer. */
void reason_silent(char out[MSG_TEXT_MAX], const struct msg_natpmp_want *want);
/* A NAT-PMP result that is not 0 (RFC 6886 section 3.5). */
void reason_pmp(char out[MSG_TEXT_MAX], unsigned result);
/* UPnP answered, but without a mapping. */
void reason_igd(char out[MSG_TEXT_MAX], const struct igd_answer *a);

#endif
