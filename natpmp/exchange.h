/* Packets and calls in words, for "autotunnel map -v" and the log.  PURE. */
#ifndef NATPMP_EXCHANGE_H
#define NATPMP_EXCHANGE_H

#include "base/msg.h"
#include "natpmp/igd.h"
#include "natpmp/mapping.h"

void exchange_asked(
    char out[MSG_TEXT_MAX], const struct msg_natpmp_want *want, const struct mapping_step *s);
void exchange_pcp(char out[MSG_TEXT_MAX], const struct pcp_answer *a);
void exchange_pmp(char out[MSG_TEXT_MAX], const struct pmp_answer *a);
void exchange_igd(char out[MSG_TEXT_MAX], const struct igd_answer *a);

#endif
