/*
 * The roster's way through the manager, who carries its text and reads none of it:
 *
 *	dnsupdate --what the zone shows--> here --to be judged--> ipsec --verdict--> here --> disk
 *
 * What the ipsec worker found newer is kept as STATE/roster; a worker that starts is given that one
 * first, so the serial never goes back, whatever the zone shows and whoever is restarted.
 */
#ifndef MANAGER_ROSTER_H
#define MANAGER_ROSTER_H

#include "manager/manager.h"

struct roster_desk;

/* Read the state file. */
struct roster_desk *roster_desk_new(struct manager *m);
void roster_desk_free(struct roster_desk *d);

/* A piece of what the zone shows; the ipsec worker's judgement. */
void roster_hear_piece(struct manager *m, const struct msg_roster *piece);
void roster_hear_state(struct manager *m, const struct msg_ipsec_roster_state *s);

/* The ipsec worker, or the dnsupdate worker, is another one now. */
void roster_untold(struct manager *m);

/* Tell the ipsec worker what it has not been told; 0, or -1 when its channel is full or broken. */
int roster_say(struct manager *m);

/* Has this machine been thrown out?  Then it had better not publish any more. */
int roster_revoked_us(const struct manager *m);

/* Fill a row of SHOW.  m may have no desk yet. */
void roster_row(const struct manager *m, struct msg_ctl_roster *row);

#endif
