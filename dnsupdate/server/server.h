/* All that the parts of the server share. */
#ifndef DNSUPDATE_SERVER_SERVER_H
#define DNSUPDATE_SERVER_SERVER_H

#include "base/limit.h"
#include "dnsupdate/server/data/commit.h"
#include "dnsupdate/server/complain.h"
#include "dnsupdate/server/data/keyring.h"
#include "dnsupdate/server/request.h"
#include "dnsupdate/server/stats.h"
#include "dnsupdate/server/data/zones.h"

struct seen;
struct updates;
struct rrl;

/* What other parts plug in; each may be NULL. */
struct server_hooks {
	/* AXFR and IXFR, for a zone of ours, the signature already judged. */
	enum request_result (*transfer)(void *ctx, struct request *r);
	void *transfer_ctx;
	/* A query with an LLQ option (RFC 8764), and any response that arrives: acknowledgements.
	 */
	enum request_result (*llq)(void *ctx, struct request *r);
	void (*response)(void *ctx, struct request *r);
	void *llq_ctx;
	/* DSO (RFC 8490): every message with opcode 6 on a stream, and the end of it. */
	enum request_result (*dso)(void *ctx, struct request *r);
	void *dso_ctx;
	/* Knock at this port of who asked (net/knock.h).  0, or -1 when that failed. */
	int (*knock)(void *ctx, const struct requester *who, uint16_t port, const uint8_t *nonce);
	void *knock_ctx;
	/* The keys that were added at run time changed: keep them.  0, or -1 when that failed. */
	int (*keys_changed)(void *ctx);
	void *keys_ctx;
};

struct server {
	struct zones zones;
	struct keyring *keys;
	struct commit *commit;
	struct updates *updates;
	struct rrl *rrl; /* NULL: no limit */
	struct siphash_key cookie_secret;
	struct seen *seen; /* signed messages that came before */
	struct server_hooks hooks;
	struct limit knocks;
	struct stats stats;
	struct complaints complaints;
	uint64_t last_wall_sec, last_boot_sec; /* of server_clock; 0: never called */
	uint32_t lease_min_sec, lease_max_sec, key_lease_max_sec;
	uint8_t weak_tsig; /* take what is signed with HMAC-SHA1 or HMAC-MD5 */
	/* Send a message to who asked, at once or in the next batch; the bytes are copied.  len 0:
	 * there is none, after REQUEST_PENDING.  Through listen.h; tests have their own. */
	void (*send)(void *ctx, const struct requester *to, const void *data, size_t len);
	void *send_ctx;
	/* The batch has its first update: call server_commit soon. */
	void (*want_commit)(void *ctx);
	void *commit_ctx;
};

void server_init(struct server *s);
void server_free(struct server *s);

/* Apply and commit all updates that wait, and answer them. */
void server_commit(struct server *s, uint64_t now_sec);

/* Once a second, before server_expire: has the wall clock been set forward, or have we slept?  Then
 * who could not refresh meanwhile gets LIMIT_LEASE_GRACE_SEC for it, as after a start. */
void server_clock(struct server *s, uint64_t wall_sec, uint64_t boot_sec);

/* Take expired leases out of all zones, as a commit of its own.  Returns the seconds until the next
 * one is due, at most a day. */
uint64_t server_expire(struct server *s, uint64_t now_sec);

#endif
