/* Inside the keeper: what keeper.c (start) and keeper_change.c (run time) share. */
#ifndef DNSUPDATE_SERVER_CONTROL_KEEPER_INSIDE_H
#define DNSUPDATE_SERVER_CONTROL_KEEPER_INSIDE_H

#include "dnsupdate/server/control/keeper.h"

#include <stdio.h>

/* Fill z, which is empty and among the server's, and keep it.  0, or -1 and it is broken. */
int keeper_open_zone(
    struct keeper *k, struct zone *z, const struct conf_zone *cz, char why[KEEPER_WHY_MAX]);
/* The section of that name; NULL. */
const struct conf_zone *keeper_find(const struct conf *c, const struct name *zone);
/* STATE/added.conf */
void keeper_added_path(const struct keeper *k, char out[CONF_PATH_MAX + 16]);
/* For server.h's hook: an update added or removed keys. */
int keeper_keys_changed(void *ctx);
/* Write it.  0, or -1 with a sentence. */
int keeper_save(const struct keeper *k, char why[KEEPER_WHY_MAX]);

__attribute__((format(printf, 2, 3))) int keeper_fail(
    char why[KEEPER_WHY_MAX], const char *fmt, ...);

#endif
