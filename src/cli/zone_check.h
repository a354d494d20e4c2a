/*
 * autotunnel zone check: what this machine's name server can do, tried with this machine's own key.
 * All that is written is taken away again.
 */
#ifndef CLI_ZONE_CHECK_H
#define CLI_ZONE_CHECK_H

#include "config/config.h"
#include "identity/identity.h"

/* Prints a line for each thing; returns an exit status: EXIT_ERROR when something is missing that
 * the account cannot do without. */
int zone_check(const struct identity *id, const struct config_dns *dns);

#endif
