/* What push_session.c and push_session_take.c share: nobody else includes this. */
#ifndef CLIENT_PUSH_SESSION_INNER_H
#define CLIENT_PUSH_SESSION_INNER_H

#include "dnsupdate/client/push_session.h"

#define HOUR_MS 3600000

/* At ms from now, up to a tenth more, so that not all clients come back together. */
uint64_t push_session_in_about(const struct push_session *s, uint64_t ms, uint64_t now);

/* The connection has to go, and the next session begins not before `until`: by closing it; by a
 * reset; by a reset because the server has broken a rule. */
void push_session_leave(struct push_session *s, const char *why, uint64_t until);
void push_session_reset(struct push_session *s, const char *why, uint64_t until);
void push_session_violation(struct push_session *s, const char *what, uint64_t now);
/* The connection may stay, for plain DNS. */
void push_session_no_dso(struct push_session *s, uint64_t now);

/* Was this the number of a SUBSCRIBE that has been cancelled? */
int push_session_is_gone(const struct push_session *s, uint16_t id);

#endif
