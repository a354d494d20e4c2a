/*
 * Device keys made and removed by the account's key, in an update: a record as in wire/key_seal.h
 * added or deleted.  With such a record the account's key also hands over to another of its own
 * name.  Such records never get into a zone.
 */
#ifndef DNSUPDATE_SERVER_UPDATE_KEYOPS_H
#define DNSUPDATE_SERVER_UPDATE_KEYOPS_H

#include "dnsupdate/server/data/keyring.h"
#include "dnsupdate/server/data/zone.h"
#include "dnsupdate/wire/key_seal.h"

/* Is this record of an update such a one, and what is wrong with it?  NOERROR, FORMERR, or REFUSED
 * for a name that cannot be a device's.  signer is who signed the update. */
int keyops_is(const struct rr *rr);
unsigned keyops_scan(
    const struct message *m, const struct rr *rr, const struct zone *z, const struct key *signer);

/* Do what the update, which has been scanned, says about keys of z; how many were changed. */
size_t keyops_run(
    struct keyring *ring, const struct message *m, struct zone *z, const struct key *signer);

#endif
