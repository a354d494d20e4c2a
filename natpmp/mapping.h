/*
 * One wanted mapping, and all decisions about it: whom to ask what and when, what an answer
 * means, which method holds.  PURE: no socket, no clock; `now` is boot time in milliseconds.
 */
#ifndef NATPMP_MAPPING_H
#define NATPMP_MAPPING_H

#include "base/msg.h"
#include "natpmp/epoch.h"
#include "natpmp/igd.h"
#include "natpmp/pcp.h"
#include "natpmp/pmp.h"

#include <stdint.h>

/* Times, in milliseconds. */
#define MAPPING_RESEND_MS 250 /* first wait, doubles (RFC 6886 section 3.1; PCP: see decisions) */
#define MAPPING_RESENDS 9 /* questions asked in a row before the verdict "silent" */
#define MAPPING_PMP_LATER_MS 100 /* PCP's head start over NAT-PMP */
#define MAPPING_IGD_LATER_MS 250 /* and over UPnP */
#define MAPPING_KNOWN_MS 500 /* head start of the method that worked last time over all others */
#define MAPPING_PATIENCE_MS 2000 /* before people are told that nobody answers */
#define MAPPING_PATIENCE_UP_MS 30000 /* the others' turn while a mapping stands */
#define MAPPING_CHECK_MS 120000 /* "same address, same epoch?" while PCP or NAT-PMP holds */
#define MAPPING_UPNP_CHECK_MS 600000 /* UPnP knows no epoch: said again so often */
#define MAPPING_RECREATE_MS 1000 /* random wait before asking a restarted router */
#define MAPPING_HINT_MS 1000 /* announcements are heeded so often */
#define MAPPING_RETRY_MS 30000 /* after a failed round; doubles */
#define MAPPING_RETRY_MAX_MS 900000
#define MAPPING_HOLD_MIN_MS 60000 /* a refusal holds at least so long, whatever it says */
#define MAPPING_HOLD_MAX_MS 86400000
#define MAPPING_HOLD_MS 1800000 /* one that names no time (RFC 6887 section 7.4) */
#define MAPPING_LEAVE_MS 2000 /* for the deletion at the end */

enum mapping_action {
	MAPPING_WAIT, /* nothing before mapping_wait() */
	MAPPING_PCP_ANNOUNCE, /* send a PCP question that changes nothing */
	MAPPING_PCP_MAP, /* send a PCP mapping question: external, lifetime_sec */
	MAPPING_PMP_ADDRESS, /* send a NAT-PMP address question */
	MAPPING_PMP_MAP, /* send a NAT-PMP mapping question: external.port, lifetime_sec */
	MAPPING_IGD_MAP, /* start a UPnP child: external.port, lifetime_sec */
	MAPPING_IGD_UNMAP, /* start a UPnP child: external.port */
	MAPPING_GONE, /* after mapping_drop: all is done, throw it away */
};

/* Lifetime 0 deletes. */
struct mapping_step {
	enum mapping_action action;
	uint32_t lifetime_sec;
	struct endpoint external; /* to be suggested; family 0 = any address */
};

enum mapping_stage {
	STAGE_REST, /* no question open */
	STAGE_PROBE, /* "are you there?"; changes nothing in the router */
	STAGE_MAP,
	STAGE_DELETE,
};

/* One method at this router: enum nat_column numbers them. */
struct mapping_side {
	uint8_t stage; /* enum mapping_stage: the open question */
	uint8_t sent, most; /* how often it was sent, and will be at most */
	uint8_t answer; /* enum nat_answer */
	uint8_t spoken; /* has answered in this round, and may be asked to map */
	uint8_t tried; /* has failed in this round */
	uint8_t held; /* a mapping of this method may stand in the router */
	uint8_t how; /* UPnP: enum igd_result of a refusal */
	uint16_t code; /* of a refusal */
	uint64_t due_ms; /* its turn in this round; 0 = none (any more) */
	uint64_t next_ms; /* when to send again, or to give up */
	uint64_t hold_ms; /* a refusal holds until then */
	uint64_t heard_ms; /* the last answer */
};

#define MAPPING_NOBODY NAT_COLUMNS

struct mapping {
	struct msg_natpmp_want want;
	uint32_t (*jitter)(uint32_t range);
	struct mapping_side side[NAT_COLUMNS];
	struct epoch epoch_pcp, epoch_pmp;

	/* what is reported */
	uint8_t state; /* enum nat_state */
	uint8_t serving; /* enum nat_column of the method that made the mapping; or nobody */
	struct endpoint external;
	uint8_t pmp_address[4]; /* NAT-PMP tells the address before the port */
	uint32_t lifetime_sec;
	uint64_t renew_ms;
	uint64_t expires_ms; /* we believe in the mapping until then */
	uint8_t remade; /* how often it was granted again when it was, or may have been, lost */
	char reason[MSG_TEXT_MAX];

	struct endpoint suggest; /* what was last granted, to be asked for again */
	uint16_t igd_port; /* what the deletion of UPnP's mapping has to name: the external port;
			    * IPv6: the number of the hole */
	uint8_t known; /* enum nat_column of the method that worked last time; or nobody */
	uint8_t lost; /* the router's epoch says that it forgot us */
	uint8_t hinted; /* the router has announced itself, which was not heeded yet */
	uint8_t verify; /* look, whether or not it is time */
	uint8_t leaving;
	uint64_t round_ms; /* the round's begin */
	uint64_t next_ms; /* the next round; 0 = this one is not over */
	uint64_t leave_ms; /* when leaving gives up */
	uint64_t hint_ms; /* the last announcement that was heeded */
	uint32_t retry_ms; /* the last wait after a failed round */
};

/* A new wish, or (remove) a mapping of an earlier run to be deleted.  jitter gives a random value
 * in [0, range). */
void mapping_init(struct mapping *m, const struct msg_natpmp_want *want,
    uint32_t (*jitter)(uint32_t range), uint64_t now);
/* Is it about the same router, address and port?  If not: drop the old, make a new mapping. */
int mapping_same_place(const struct mapping *m, const struct msg_natpmp_want *want);
/* The wish again, perhaps changed, at the same place: asks at once unless asking already. */
void mapping_want(struct mapping *m, const struct msg_natpmp_want *want, uint64_t now);
/* The gateway has announced itself, or somebody in its name: ask, believe nothing. */
void mapping_hint(struct mapping *m, uint64_t now);
/* Not wanted any more: delete it in the router. */
void mapping_drop(struct mapping *m, uint64_t now);

/* What to do now.  Call until it says MAPPING_WAIT or MAPPING_GONE. */
struct mapping_step mapping_next(struct mapping *m, uint64_t now);
/* Milliseconds until mapping_next has something to say; UINT64_MAX = only after an answer. */
uint64_t mapping_wait(const struct mapping *m, uint64_t now);

/* An answer of the gateway to the open question. */
void mapping_pcp_answer(struct mapping *m, const struct pcp_answer *a, uint64_t now);
void mapping_pmp_answer(struct mapping *m, const struct pmp_answer *a, uint64_t now);
/* To a PCP question: "I speak NAT-PMP only". */
void mapping_pcp_older(struct mapping *m, uint64_t now);
/* The gateway refuses packets of this method (ICMP port unreachable). */
void mapping_unreachable(struct mapping *m, enum nat_column column, uint64_t now);
/* The UPnP child has ended, with this (checked) answer. */
void mapping_igd_answer(struct mapping *m, const struct igd_answer *a, uint64_t now);

/* How it stands, as the manager wants to hear it; hdr is left zero. */
void mapping_report(const struct mapping *m, struct msg_natpmp_state *out);

#endif
