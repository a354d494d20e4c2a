/* A peer named on the command line. */
#ifndef CLI_PEER_ARG_H
#define CLI_PEER_ARG_H

#include "cli/snapshot.h"

/* EXIT_OK and *peer; or EXIT_NO_PEER, said on stderr. */
int peer_arg(const struct snapshot *s, const char *who, const struct msg_ctl_peer **peer);

#endif
