/*
 * Knocks from outside (base/knock.h).  Anybody may send something that looks like one, so only the
 * few whose number the manager has told are noted, each once.
 */
#ifndef IPSEC_KNOCKED_H
#define IPSEC_KNOCKED_H

#include "base/msg.h"

/* From the manager: which ones count from now on. */
void knocked_want(const struct msg_ipsec_knock *want);
/* From the receiving thread: a datagram.  1 when it is a knock, and no IKE. */
int knocked_take(const void *data, size_t len, const struct endpoint *from);
/* 1 with a message for the manager, which is to be told; it is told then. */
int knocked_next(union msg *m);
void knocked_drop(void);

#endif
