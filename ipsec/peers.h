/*
 * The table of peers: what the manager wants of each, and what libcharon reports of each.
 *
 * libcharon's threads write facts into it (events.c, sad.c), the main thread decides on them
 * (tunnels.c).  One mutex guards it all, and it is never held while calling libcharon.  Peers are
 * added and removed by the main thread only, so it may keep a pointer while it has let go of the
 * mutex; other threads may not.
 */
#ifndef IPSEC_PEERS_H
#define IPSEC_PEERS_H

#include "base/msg.h"
#include "identity/roster.h"
#include "ipsec/alive.h"
#include "ipsec/call.h"
#include "ipsec/path.h"

/* More established IKE SAs with one peer at once than crossing calls can make. */
#define TUNNELS_MAX 16

/* An established IKE SA and its CHILD SA. */
struct tunnel {
	uint32_t sa; /* libcharon's number */
	uint8_t mine; /* we initiated the first one (a rekeyed SA inherits it) */
	uint8_t child; /* its CHILD SA is up */
	uint8_t dropped; /* we are deleting it */
	uint8_t moved; /* an authentic packet came from `from`: libcharon is to be told */
	uint8_t soft, hard; /* a lifetime of the CHILD SA is over: libcharon is to be told */
	uint32_t spi_in, spi_out;
	uint8_t key[ROSTER_KEY_LEN]; /* the peer's, as the roster names it */
	uint64_t spi; /* of the initiator of the first IKE SA */
	uint64_t up_ms;
	uint64_t counted_in; /* packets that its CHILD SA had received when they were counted */
	struct endpoint remote;
	struct endpoint from;
	char proposal[MSG_WORD_MAX];
};

struct counters {
	uint64_t in_bytes, out_bytes, in_packets, out_packets;
};

struct peer {
	uint32_t id; /* the manager's */
	int always;
	int known; /* by the roster, or it lets anybody in (held.h) */
	uint8_t true_ula[16]; /* by the roster, or zero */
	uint64_t epoch; /* of the records that these are from */
	uint32_t contacts;
	struct endpoint contact[MSG_CONTACTS_MAX];
	uint8_t ula[16];
	char name[MSG_NAME_MAX]; /* lower case */
	void *config; /* peer_cfg_t (config.c) */

	struct call call;
	struct path path;
	uint32_t lost_sa; /* the tunnel that path.state LOST is about */
	struct alive alive;
	struct tunnel tunnel[TUNNELS_MAX];
	uint32_t tunnels;
	uint64_t dedupe_ms; /* when to judge several tunnels; 0 = not */

	enum tunnel_state state;
	uint64_t since_ms; /* of state */
	uint64_t last_in_ms; /* last authentic packet */
	struct endpoint heard_at; /* whence the last authentic packet came; family 0 = none */
	uint64_t heard_at_ms;
	uint64_t active_ms; /* last inner traffic */
	uint64_t kept_ms; /* last keep-alive */
	struct counters now; /* of the CHILD SAs that live */
	struct counters old; /* of those that are gone */
	uint64_t dropped; /* packets, when last looked at */
	char reason[MSG_TEXT_MAX];

	uint64_t counted_ms; /* when the counters were looked at */
	uint64_t release_ms; /* kernel mode: when held packets may go; 0 = none do */
	int dirty; /* the manager has not been told yet */
};

/* The size of the table is MSG_PEERS_MAX. */
void peers_lock(void);
void peers_unlock(void);

/* All of these want the lock held; NULL when there is none. */
struct peer *peers_at(uint32_t index);
struct peer *peers_by_id(uint32_t id);
struct peer *peers_by_name(const char *name);
/* The peer with a tunnel or an attempt with this IKE SA / CHILD SPI. */
struct peer *peers_by_sa(uint32_t sa, struct tunnel **t);
struct peer *peers_by_spi(uint32_t spi, int inbound, struct tunnel **t);

/* Make or find; NULL when the table is full. */
struct peer *peers_add(uint32_t id);
/* Frees p; its config must be gone. */
void peers_remove(struct peer *p);

/* The tunnel that carries traffic: the last one whose CHILD SA came up; NULL when there is none. */
struct tunnel *peer_tunnel(struct peer *p);
struct tunnel *peer_tunnel_by_sa(struct peer *p, uint32_t sa);
struct tunnel *peer_add_tunnel(struct peer *p, uint32_t sa);
void peer_remove_tunnel(struct peer *p, uint32_t sa);
/* Work out p->state anew from tunnels and calls. */
void peer_settle(struct peer *p, uint64_t now_ms);
void peer_heard(struct peer *p, uint64_t now_ms);
/* Why the last attempt failed; "" when all is well. */
void peer_reason(struct peer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Note a step on the way to p (steps.h): of the tunnel or attempt sa of ours, or 0.  place may be
 * NULL. */
void peer_step(const struct peer *p, uint32_t sa, enum ipsec_step kind,
    const struct endpoint *place, const char *text);

/* Lock held.  Look whether packets were dropped: then the manager is to be told. */
void peer_count_drops(struct peer *p);
/* The IPSEC_STATE of a peer. */
void peer_describe(struct peer *p, union msg *m);

/* Wake the main thread: something in the table wants its attention.  Any thread; the descriptor
 * is what the main thread polls (eventfd). */
void peers_wake(void);
int peers_wake_fd(void);
void peers_init(void);

#endif
