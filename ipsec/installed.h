/* Which strongSwan is installed, as the package manager has it: the libraries do not tell. */
#ifndef IPSEC_INSTALLED_H
#define IPSEC_INSTALLED_H

#include <stdio.h>

#define DPKG_STATUS "/var/lib/dpkg/status"

/* The upstream version of an installed package in a dpkg status file.  0; -1 when it is not there
 * (or the version does not fit). */
int installed_version(FILE *status, const char *package, char *out, size_t size);

#endif
