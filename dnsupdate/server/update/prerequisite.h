/* Inside apply.h: the prerequisites of an update, RFC 2136 section 3.2. */
#ifndef DNSUPDATE_SERVER_UPDATE_PREREQUISITE_H
#define DNSUPDATE_SERVER_UPDATE_PREREQUISITE_H

#include "dnsupdate/server/data/zone.h"

/* Are they well formed and about this zone?  NOERROR, FORMERR or NOTZONE. */
unsigned prerequisites_scan(const struct message *m, const struct zone *z);
/* Do they hold?  NOERROR, or what the first that does not calls for; they have been scanned. */
unsigned prerequisites_check(const struct message *m, const struct zone *z);

#endif
