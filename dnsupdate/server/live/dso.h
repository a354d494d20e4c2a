/*
 * Stateful operations on connections (RFC 8490): what session.h decides and push.h tells, tied to
 * conn.h.  And who may subscribe to a private zone: whoever signed a query or update for it with
 * TSIG on the same connection, or showed a certificate of its account when TLS began.
 */
#ifndef DNSUPDATE_SERVER_LIVE_DSO_H
#define DNSUPDATE_SERVER_LIVE_DSO_H

#include "dnsupdate/server/net/conn.h"
#include "dnsupdate/server/live/push.h"
#include "dnsupdate/server/server.h"

struct dso;

/* certified: did the client of c, which is a TLS connection, show a certificate that z believes?
 * May be NULL: nobody does. */
struct dso *dso_new(struct server *s, struct follow *f,
    int (*certified)(void *ctx, const struct conn *c, const struct zone *z), void *ctx);
/* After the connections. */
void dso_free(struct dso *d);

/* The hook of server.h. */
enum request_result dso_request(void *ctx, struct request *r);

/* Ask all clients to leave, soon to come back, not all at the same moment; how many there are. When
 * the last one has left, or after some seconds, empty is called. */
size_t dso_shut_down(struct dso *d, uint64_t now_ms, void (*empty)(void *ctx), void *ctx);

size_t dso_sessions(const struct dso *d);
struct push *dso_push(const struct dso *d);

#endif
