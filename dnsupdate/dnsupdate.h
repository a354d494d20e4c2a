/* The DNS worker: all that the rest of the program sees of it. */
#ifndef DNSUPDATE_DNSUPDATE_H
#define DNSUPDATE_DNSUPDATE_H

#include "base/proc.h"

/* Runs until the manager says QUIT or goes away; returns the exit status. */
int dnsupdate_main(const struct worker_options *opt);

#endif
