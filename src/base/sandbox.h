/*
 * The walls around a worker: landlock (no file at all) and a seccomp allow list per role.
 * Everything that opens files (NSS, plugins, resolv.conf, locale) happens before.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/msg.h"

/* Returns MSG_FEATURE_* in force; ends the process when a wall the kernel has cannot be built.
 * Applies to all threads. */
uint32_t sandbox_enter(enum msg_role role);

/* The walls around a server that keeps files: reading and writing below writable, reading below
 * readable (each ends with NULL; directories that are not there are left out), sockets of the
 * Internet and Unix families, children of its own.  Result and errors as above. */
uint32_t sandbox_enter_server(const char *const *writable, const char *const *readable);

#endif
