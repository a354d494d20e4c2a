/*
 * Who may do what.  An account's key: everything in its zone.  A device's key: its own name and all
 * below, prerequisites included, so that it cannot even ask about its siblings.  A transfer key:
 * read.  Nobody else may change anything.
 */
#ifndef DNSUPDATE_SERVER_UPDATE_POLICY_H
#define DNSUPDATE_SERVER_UPDATE_POLICY_H

#include "dnsupdate/server/data/keyring.h"
#include "dnsupdate/server/data/zone.h"

/* May the key (NULL: nobody) read this zone at all: queries, subscriptions? */
int policy_may_read(const struct key *key, const struct zone *z);
/* May it have the whole zone? */
int policy_may_transfer(const struct key *key, const struct zone *z);
/* May it send updates for the zone; and may they speak of this name? */
int policy_may_update(const struct key *key, const struct zone *z);
int policy_may_touch(const struct key *key, const struct zone *z, const struct name *owner);
/* Records of this type?  A device: addresses, SRV and TXT, and whatever is there to be deleted
 * (ANY); it cannot delegate its name, nor have mail sent there. */
int policy_may_write_type(const struct key *key, uint16_t type);

#endif
