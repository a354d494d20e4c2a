/*
 * The manager: the centre of the star.
 *
 * It is the only process with privileges and parses nothing hostile: configuration and state files
 * of its own, the kernel's netlink, and fixed-size messages.  It makes the tunnel interface, binds
 * the sockets, starts the workers and hands each what it needs and no more:
 *
 *      natpmp      which mappings are wanted                     no file, no key
 *      dnsupdate   zone, TSIG key, what to publish               no device key
 *      ipsec       tunnel device, sockets, device key, peers     no TSIG key
 *
 * All long-lived objects are here (struct manager): what is wanted, what was last reported, and
 * for each worker which of its objects it has not been told yet (dirty).  Whenever a fact changes,
 * manager_changed() works out everything again (reconcile.c decides), marks what differs, and sends
 * what is dirty as the channels have room.  A worker that dies loses nothing: its objects become
 * dirty and are said again to the next one.
 */
#ifndef MANAGER_MANAGER_H
#define MANAGER_MANAGER_H

#include "base/msg.h"
#include "base/proc.h"
#include "config/config.h"
#include "identity/identity.h"
#include "loop/loop.h"
#include "manager/ladder.h"
#include "manager/known.h"
#include "manager/link.h"
#include "manager/maps.h"
#include "manager/network.h"
#include "manager/outside.h"

#include <sys/queue.h>

struct worker;
struct control;
struct roster_desk;

/* A machine of the account. */
struct peer {
	TAILQ_ENTRY(peer) entry;
	uint32_t id;
	int confirmed; /* said by the present dnsupdate worker */
	int known; /* to the roster, or it lets anybody in: the ipsec worker has said so */
	uint8_t true_ula[16]; /* by the roster, whatever DNS says; or zero */
	int usable; /* wanted holds a peer for ipsec */
	int told; /* the present ipsec worker knows it */
	int dirty; /* wanted is newer than what it knows */
	int forget; /* gone: to be freed once ipsec was told */
	uint64_t recover_ms; /* was up when the ipsec worker died: call it until then; 0 = no */
	struct endpoint recover_at; /* where it was then */
	struct msg_dns_peer records;
	struct msg_ipsec_peer wanted;
	struct msg_ipsec_state tunnel;
	struct ladder *ladder; /* how it was called; NULL = never */
};

TAILQ_HEAD(peer_list, peer);

struct manager {
	struct loop *loop;
	const char *program; /* our own path, to start workers */
	const char *config_path;
	struct config config;
	struct identity *identity; /* NULL until enrolled */
	char broken[MSG_TEXT_MAX]; /* what is wrong with the files of it, as last said */
	struct network network;
	struct network moved_to; /* as the ipsec worker was told last, perhaps before it settled */
	struct tunnel_link link;
	int udp4, udp6, raw6;
	int use_syslog;
	int stopping;
	enum ipsec_dataplane dataplane;
	uint64_t epoch; /* as on disk */

	struct worker *natpmp, *dnsupdate, *ipsec;
	struct control *control;
	struct roster_desk *roster; /* NULL until enrolled */
	struct netmon *netmon;
	struct loop_timer *timer; /* asks manager_changed again */
	struct loop_timer *maps_timer; /* the same, for mappings and how we are seen from outside */
	struct loop_timer *enrol_timer;
	struct loop_signal *signal[4];

	/* natpmp */
	struct maps maps;
	struct outside outside; /* and the others */

	/* dnsupdate */
	int zone_dirty, publish_dirty, hurry_dirty;
	int publish_known;
	int asleep; /* about to sleep: nothing is published */
	struct msg_dns_publish publish;
	struct msg_dns_state dns;
	struct known known; /* as on disk */

	/* ipsec */
	unsigned ipsec_step; /* next start message; see say.c */
	int moved_dirty;
	int told_open; /* as the worker was told: the way to us stays open by itself */
	struct msg_ipsec_ready ready;
	struct msg_ipsec_drops drops;
	struct peer_list peers;
	unsigned peer_count;
	struct loop_timer *recall_timer; /* what is known of peers goes to the disk */
	int recall_dirty, recall_armed;
	char *filter_script; /* as nft(8) was told last; NULL = not yet */
	char filter_text[MSG_TEXT_MAX]; /* why nothing is filtered; empty when it is */
	uint64_t hosts_hash; /* of what stands in the names' file; 0 = there is none */
	uint32_t next_peer_id;
};

/* Set everything up and run until told to stop.  Returns the exit status. */
int manager_run(const char *program, const char *config_path, const struct config *config,
    int use_syslog, void (*started)(void));

/* Read the configuration again.  What can change at run time is taken over; 0 with a sentence in
 * why when something has to wait for a restart; -1 with the error when nothing was taken over. */
int manager_reload(struct manager *m, char why[MSG_TEXT_MAX]);

/* A fact changed: decide again, tell the workers, tell who watches. */
void manager_changed(struct manager *m);
/* The same as callbacks (ctx: the manager): a time has come; the network is changing, has changed;
 * the machine has slept for so long. */
void manager_timer(void *ctx);
void manager_network_moving(void *ctx);
void manager_network_changed(void *ctx);
void manager_slept(void *ctx, uint64_t ms);

/* peers.c */
struct peer *peer_find_id(struct manager *m, uint32_t id);
void peers_learn(struct manager *m, const struct msg_dns_peer *records);
/* One of its two addresses is new: warn when DNS gives it another one than the roster. */
void peer_compare(const struct peer *p);
/* Those of before, from the disk; and to it, if they changed: soon, or now (ctx: the manager). */
void peers_recall(struct manager *m);
void peers_remember_soon(struct manager *m);
void peers_remember(void *ctx);
/* The dnsupdate worker has said all: who was not among them is gone. */
void peers_synced(struct manager *m);
void peers_unconfirm(struct manager *m);
/* The ipsec worker died: nothing is told, what was up is to be rebuilt. */
void peers_untold(struct manager *m);
void peers_reconcile(struct manager *m);
/* The ipsec worker was told to forget it: no tunnel any more, and no peer if it left. */
void peer_forgotten(struct manager *m, struct peer *p);
void peer_free(struct manager *m, struct peer *p);
/* The names for libnss_autotunnel: written when they changed, taken away when none are wanted. */
void peers_write_hosts(struct manager *m);

/* say.c: tell a worker what it has not been told; 0, or -1 when its channel is full or broken. */
int say_dnsupdate(struct manager *m);
int say_ipsec(struct manager *m);

/* hear.c: what a worker reports. */
void hear(struct manager *m, const union msg *msg);

#endif
