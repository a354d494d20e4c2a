/*
 * One wanted mapping, and all decisions about it: what to send next and when, what an answer
 * means, which method holds.  PURE: no socket, no clock; `now` is boot time in milliseconds.
 */
#ifndef NATPMP_MAPPING_H
#define NATPMP_MAPPING_H

#include "base/msg.h"
#include "natpmp/igd.h"
#include "natpmp/pmp.h"

#include <stdint.h>

/* Times, in milliseconds (RFC 6886 sections 3.1, 3.3, 3.7 and our own). */
#define MAPPING_RESEND_MS 250 /* first wait for NAT-PMP, doubles */
#define MAPPING_RESENDS 9 /* questions asked in a row before the verdict "silent" */
#define MAPPING_PATIENCE_MS 2000 /* NAT-PMP's head start over UPnP */
#define MAPPING_PATIENCE_UP_MS 30000 /* the same while a mapping stands */
#define MAPPING_CHECK_MS 120000 /* "same address, same epoch?" while NAT-PMP holds */
#define MAPPING_UPNP_CHECK_MS 600000 /* UPnP knows no epoch: said again so often */
#define MAPPING_RECREATE_MS 5000 /* random wait before asking a restarted router */
#define MAPPING_RETRY_MS 30000 /* after a failed round; doubles */
#define MAPPING_RETRY_MAX_MS 900000
#define MAPPING_LEAVE_MS 2000 /* for the deletion at the end */

enum mapping_action {
	MAPPING_WAIT, /* nothing before mapping_wait() */
	MAPPING_ASK_ADDRESS, /* send a NAT-PMP address question */
	MAPPING_ASK_MAP, /* send a NAT-PMP mapping question: port, lifetime_sec */
	MAPPING_IGD_MAP, /* start a UPnP child: port, lifetime_sec */
	MAPPING_IGD_UNMAP, /* start a UPnP child: port */
	MAPPING_GONE, /* after mapping_drop: all is done, throw it away */
};

struct mapping_step {
	enum mapping_action action;
	uint16_t port; /* external */
	uint32_t lifetime_sec;
};

/* The NAT-PMP question under way. */
struct mapping_ask {
	uint8_t op; /* enum pmp_op */
	uint8_t sent;
	uint8_t most;
	uint64_t next_ms; /* to be sent again, or given up */
};

struct mapping {
	struct msg_natpmp_want want;
	uint32_t (*jitter)(uint32_t range);

	/* what is reported */
	uint8_t state; /* enum nat_state */
	uint8_t method; /* that made the mapping, while state is NAT_UP */
	uint8_t address[4];
	uint16_t port; /* external */
	uint32_t lifetime_sec;
	uint64_t renew_ms;
	char reason[MSG_TEXT_MAX];

	/* what stands in the router, as far as we know */
	uint16_t suggest; /* the port last granted, to be asked for again */
	uint8_t held; /* a NAT_METHOD_* bit, or 0 */
	uint64_t expires_ms;
	uint64_t epoch_ms; /* when epoch_sec was heard; 0 = never */
	uint32_t epoch_sec;
	uint8_t pmp_bad; /* NAT-PMP answers here, but with refusals */

	/* the round: one attempt through the methods */
	struct mapping_ask ask;
	uint8_t igd; /* enum igd_what of the running child, 0 = none */
	uint8_t alive; /* NAT-PMP has answered in this round */
	uint8_t lost; /* the router's epoch says that it forgot us */
	uint8_t refused; /* some method was refused in this round; reason says how */
	uint8_t done; /* the round has had success */
	uint8_t leaving;
	uint64_t round_ms; /* its begin */
	uint64_t patience_ms; /* when UPnP gets its turn; 0 = not in this round (any more) */
	uint64_t next_ms; /* the next round; 0 = this one is not over */
	uint64_t leave_ms; /* when leaving gives up */
	uint32_t retry_ms; /* the last wait after a failed round */
};

/* A new wish.  jitter gives a random value in [0, range). */
void mapping_init(struct mapping *m, const struct msg_natpmp_want *want,
    uint32_t (*jitter)(uint32_t range), uint64_t now);
/* Is it about the same router, address and port?  If not: drop the old, make a new mapping. */
int mapping_same_place(const struct mapping *m, const struct msg_natpmp_want *want);
/* The wish again, perhaps changed, at the same place: asks at once unless asking already. */
void mapping_want(struct mapping *m, const struct msg_natpmp_want *want, uint64_t now);
/* Not wanted any more: delete it in the router. */
void mapping_drop(struct mapping *m, uint64_t now);

/* What to do now.  Call until it says MAPPING_WAIT or MAPPING_GONE. */
struct mapping_step mapping_next(struct mapping *m, uint64_t now);
/* Milliseconds until mapping_next has something to say; UINT64_MAX = only after an answer. */
uint64_t mapping_wait(const struct mapping *m, uint64_t now);

/* An answer of the gateway to the open question. */
void mapping_pmp_answer(struct mapping *m, const struct pmp_answer *a, uint64_t now);
/* The gateway refuses NAT-PMP packets (ICMP port unreachable). */
void mapping_pmp_unreachable(struct mapping *m, uint64_t now);
/* The UPnP child has ended, with this (checked) answer. */
void mapping_igd_answer(struct mapping *m, const struct igd_answer *a, uint64_t now);

/* How it stands, as the manager wants to hear it; hdr is left zero. */
void mapping_report(const struct mapping *m, struct msg_natpmp_state *out);

#endif
