/* The main thread's part: looks at each peer of the table, decides, and makes libcharon act. */
#ifndef IPSEC_TUNNELS_H
#define IPSEC_TUNNELS_H

#include "base/msg.h"

/* The manager's messages about peers. */
void tunnels_peer(const struct msg_ipsec_peer *m);
void tunnels_forget(uint32_t id);
/* Another roster is held: end what it does not admit. */
void tunnels_roster(void);

/* Do what is due.  Returns milliseconds until something is due again, or -1. */
int tunnels_run(void);

/* Forget all peers, after libcharon is gone. */
void tunnels_free(void);

#endif
