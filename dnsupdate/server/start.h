/* What is done while the process still has privileges: sockets, directories, limits; and giving
 * them up.  Whatever fails here ends the process, with a line that says why. */
#ifndef DNSUPDATE_SERVER_START_H
#define DNSUPDATE_SERVER_START_H

#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/net/listen.h"

/* State and run directory are there, and we may write them. */
void start_directories(const struct conf *c);
/* Both belong to the user we become: after all that is made in them with privileges. */
void start_give(const struct conf *c);
/* A descriptor for each connection, as far as the system lets us. */
void start_files(const struct conf *c);
/* The sockets that systemd passed, else those of the configuration. */
void start_sockets(struct listeners *ls, const struct conf *c);
/* Nothing of root's and nothing of the system's from here on; the configuration's directory stays
 * readable. */
void start_lock(const struct conf *c, const char *config_file);

#endif
