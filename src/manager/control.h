/*
 * The control socket, run_dir/control.sock: autotunnel(1) asks here.  Its directory belongs to
 * root; the socket may be used by root and by the control group (reading only).  Few clients, no
 * queue: a client that does not read is disconnected.
 */
#ifndef MANAGER_CONTROL_H
#define MANAGER_CONTROL_H

#include "manager/manager.h"

/* NULL with a logged reason. */
struct control *control_new(struct manager *m);
/* Something changed: those who watch get a new snapshot, at most five a second. */
void control_changed(struct control *c);
void control_free(struct control *c);

#endif
