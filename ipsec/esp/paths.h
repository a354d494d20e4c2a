/* What paths carry: probe.h decides, this asks on its behalf.  The outbound half's lock is held. */
#ifndef IPSEC_ESP_PATHS_H
#define IPSEC_ESP_PATHS_H

#include "ipsec/esp/state.h"

/* A packet leaves through this SA, and it is time to ask (probe_wanted). */
void path_ask(struct esp *e, struct sa *sa, uint64_t now_ms);
/* A probe was answered (EVENT_PROBED). */
void path_answered(
    struct esp *e, const struct event *event, uint64_t now_ms, struct event_list *events);
/* This SA is about to take the place of others to the same peer: what they know, it need not ask.
 */
void path_inherit(struct esp *e, struct sa *sa);
/* What the SA's packets may be as large as has changed, or may have. */
void path_settle(struct esp *e, struct sa *sa);

#endif
