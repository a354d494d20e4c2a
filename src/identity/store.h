/* Writing the state directory: the enrolment's side of identity.h. */
#ifndef IDENTITY_STORE_H
#define IDENTITY_STORE_H

#include "identity/identity.h"

#define STORE_ACCOUNT "account"
#define STORE_KEY "device.key"
#define STORE_CERT "device.crt"
#define STORE_CA "ca.crt"
#define STORE_TSIG "tsig.key"
#define STORE_ROSTER "roster" /* the daemon's */
#define STORE_ADMIN "admin.key" /* admin_file.h; on some machines only */

/* Write all files of id into dir (made 0700 where it is missing), the account file last.
 * 0; -1 with errno and the path that failed in why. */
int store_save(const char *dir, const struct identity *id, char why[MSG_TEXT_MAX]);

/* Take everything away again, the account file first. */
void store_remove(const char *dir);

#endif
