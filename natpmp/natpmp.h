/* The port-mapping worker: all that the rest of the program sees of it. */
#ifndef NATPMP_NATPMP_H
#define NATPMP_NATPMP_H

#include "base/proc.h"

/* Runs until the manager says QUIT or goes away; returns the exit status. */
int natpmp_main(const struct worker_options *opt);

#endif
