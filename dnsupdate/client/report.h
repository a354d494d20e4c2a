/* What the manager is told about publishing and watching: pure. */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include "dnsupdate/client/publish.h"
#include "dnsupdate/client/transport.h"
#include "dnsupdate/client/watch.h"

struct report_facts {
	const struct publish *publish;
	struct watch_status watch;
	uint8_t source; /* enum dns_source */
	const struct endpoint *server; /* NULL while none is known */
	const char *no_server; /* why; empty while still looking */
	struct transport_status transport;
	const char *key; /* our key's name */
	int64_t skew_sec; /* of the last BADTIME */
	uint64_t heard_ms;
};

/* Fill a begun MSG_DNS_STATE. */
void report_state(
    struct msg_dns_state *s, const struct report_facts *f, uint64_t now, uint64_t wall);

/* Is the difference worth a message?  A later heard_ms alone only after some seconds. */
int report_is_news(const struct msg_dns_state *said, const struct msg_dns_state *now);

#endif
