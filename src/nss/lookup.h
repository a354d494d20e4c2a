/* Find a machine in the hosts file.  Allocates nothing and keeps nothing between calls. */
#ifndef NSS_LOOKUP_H
#define NSS_LOOKUP_H

#include "base/hosts.h"

enum lookup_result {
	LOOKUP_FOUND,
	LOOKUP_NONE, /* the file is there, the machine is not in it */
	LOOKUP_NO_FILE, /* errno tells: usually the daemon does not run */
};

enum lookup_result lookup_name(const char *path, const char *name, struct hosts_entry *out);
enum lookup_result lookup_addr(const char *path, const uint8_t ula[16], struct hosts_entry *out);

#endif
