/* The IKE and ESP worker: all that the rest of the program sees of it. */
#ifndef IPSEC_IPSEC_H
#define IPSEC_IPSEC_H

#include "base/proc.h"

/* Runs until the manager says QUIT or goes away; returns the exit status. */
int ipsec_main(const struct worker_options *opt);

#endif
