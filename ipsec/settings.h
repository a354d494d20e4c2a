/*
 * What libcharon is told to accept and to offer: one peer_cfg_t for each peer of the table, handed
 * out by a backend of our own.  No configuration file is read by anybody.
 */
#ifndef IPSEC_SETTINGS_H
#define IPSEC_SETTINGS_H

#include "ipsec/swan.h"

#include "base/msg.h"

/* Keep who we are; the credentials must have been loaded.  Before all else here. */
void settings_init(const struct msg_ipsec_self *self);
const struct msg_ipsec_self *settings_self(void);

/* A configuration for a peer: exactly its name, exactly the two ULAs.  The caller's. */
peer_cfg_t *settings_for_peer(const char *name, const uint8_t ula[16]);

/* Register with, and remove from, charon->backends. */
void settings_publish(void);
void settings_withdraw(void);

#endif
