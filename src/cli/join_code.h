/* `autotunnel join CODE`: the new machine's side of an invitation (identity/invite.h). */
#ifndef CLI_JOIN_CODE_H
#define CLI_JOIN_CODE_H

#include "cli/enrol_options.h"

/* Join by o->code.  What was begun and interrupted goes on.  An exit status. */
int join_with_code(struct enrol_options *o);

#endif
