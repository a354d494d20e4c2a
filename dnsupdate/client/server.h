/*
 * Which name server to talk to and how to know that it is the one: what the configuration says,
 * what was remembered from former runs, what discovery finds.  Part of the worker.
 *
 * Configured addresses are used and nothing else.  Otherwise those that answered in former runs
 * come first: a resolver that lies, as in a captive portal, can add addresses to the list but take
 * none away, and only what answers under our key gets remembered.
 */
#ifndef CLIENT_SERVER_H
#define CLIENT_SERVER_H

#include "dnsupdate/client/resolve.h"
#include "dnsupdate/client/transport.h"

struct worker;

struct server {
	struct resolve *resolve;
	struct tls_context *tls; /* NULL = no server can be verified */
	uint8_t *authorities; /* PEM, read from the manager's descriptor */
	size_t authorities_len;
	char no_tls[TLS_TEXT_MAX]; /* why there is no tls though it is demanded */
	unsigned count;
	struct dns_server list[TRANSPORT_SERVERS_MAX]; /* as given to the transport */
	unsigned llqs;
	struct dns_server llq[MSG_SERVERS_MAX]; /* as discovered */
	struct msg_dns_known said; /* to the manager, or by it */
	int known_news; /* said has to be said */
	/* Discovery. */
	int finding;
	uint64_t find_ms, find_wait_ms;
	unsigned finds_failed; /* in a row */
	char trouble[MSG_TEXT_MAX]; /* why there is no server; empty while still looking */
};

/* Reads the system's files: before the sandbox closes. */
void server_init(struct worker *w);
void server_free(struct worker *w);
/* The certificates by which to know servers with a name; takes fd. */
void server_authorities(struct worker *w, int fd);
/* There is a new zone, and a transport for it. */
void server_begin(struct worker *w);
/* Look for it while none is known or none answers; note what worked. */
void server_step(struct worker *w, uint64_t now);
/* When to call server_step though nothing happens. */
uint64_t server_wake(const struct worker *w);
/* Look again soon. */
void server_hurry(struct worker *w);

/* Where long-lived queries may go, if they are at this port: to the hosts that discovery found the
 * SRV record to name, best first; to the server itself when it is one of them, or none is known.
 * Returns how many, at least 1 while there is a server. */
unsigned server_llq(const struct worker *w, uint16_t port, struct endpoint place[MSG_SERVERS_MAX]);
/* There are long-lived queries: find their hosts, unless they are known or the server is given. */
void server_find_llq(struct worker *w);

#endif
