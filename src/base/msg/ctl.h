/* The control socket: autotunnel(1) and the manager, which shows most of what workers reported. */
#ifndef BASE_MSG_CTL_H
#define BASE_MSG_CTL_H

#include "base/msg/dns.h"
#include "base/msg/ipsec.h"
#include "base/msg/natpmp.h"

struct msg_ctl_show {
	struct msg_hdr hdr;
	uint32_t version; /* MSG_VERSION of the client */
	uint32_t watch; /* 1 = again after each change */
	uint32_t exchanges; /* 1 = with what was said to routers and by them */
	uint32_t steps; /* with the steps on the way to the peer of this number; 0 = of none */
};

struct msg_ctl_reload {
	struct msg_hdr hdr;
};

struct msg_ctl_sleep {
	struct msg_hdr hdr;
	uint32_t asleep; /* 1 = nothing is published from now on, 0 = all is as ever */
	uint32_t pad;
};

struct msg_ctl_verify {
	struct msg_hdr hdr;
};

enum ctl_code { CTL_DONE = 1, CTL_DENIED, CTL_VERSION, CTL_FAILED, CTL_CODE_MAX };

struct msg_ctl_result {
	struct msg_hdr hdr;
	uint32_t code; /* enum ctl_code */
	uint32_t pad;
	char text[MSG_TEXT_MAX];
};

struct msg_worker_info {
	uint32_t pid; /* 0 = not running */
	uint32_t restarts;
	uint32_t features; /* MSG_FEATURE_* it reported */
	uint32_t pad;
};

struct msg_ctl_self {
	struct msg_hdr hdr;
	uint8_t ula[16];
	uint64_t now_ms; /* boot time at the daemon, for ages */
	uint64_t now_sec; /* wall clock at the daemon */
	uint8_t dataplane; /* enum ipsec_dataplane; 0 until IKE runs */
	uint8_t enrolled; /* 0 = no account yet: only the name fields are empty */
	uint16_t port;
	uint32_t manager_pid;
	uint32_t offload; /* IPSEC_OFFLOAD_* */
	uint32_t pad;
	uint64_t drop[IPSEC_DROP_MAX]; /* packets of no known peer that were not delivered */
	struct msg_worker_info worker[3]; /* natpmp, dnsupdate, ipsec */
	char version[MSG_WORD_MAX];
	char strongswan[MSG_WORD_MAX];
	char crypto[MSG_WORD_MAX];
	char interface[16];
	char allow[MSG_TEXT_MAX]; /* what may come in, as configured; cut when long */
	char unfiltered[MSG_TEXT_MAX]; /* why anything may; empty = it is filtered */
	char domain[MSG_NAME_MAX];
	char name[MSG_NAME_MAX];
};

struct msg_ctl_mapping {
	struct msg_hdr hdr; /* id: the manager's number; 0 = none is wanted, and the reason */
	struct msg_natpmp_state state;
	uint64_t until_ms; /* asked for by an administrator: boot time of its end; 0 = our own */
	uint64_t inbound_ms; /* boot time when inbound was found, 0 = never */
	struct endpoint place; /* where inbound is about, family 0 = none known */
	struct endpoint seen; /* our address as the name server sees it; family 0 = not known */
	uint8_t nat; /* enum nat_kind as published */
	uint8_t inbound; /* enum inbound: what was verified of the place */
	uint8_t answer; /* enum seen_answer: what the name server says of us */
	uint8_t verifying; /* 1 = a new verdict is on its way */
	uint8_t pad[4];
};

struct msg_ctl_exchange {
	struct msg_hdr hdr; /* id of the mapping, or 0 */
	uint64_t at_ms; /* boot time */
	char text[MSG_TEXT_MAX];
};

struct msg_ctl_map {
	struct msg_hdr hdr;
	uint32_t seconds; /* to be mapped for; 0 = no longer */
	uint16_t port; /* of this machine */
	uint16_t external; /* wished for; 0 = the same */
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	uint8_t pad[7];
};

struct msg_ctl_dns {
	struct msg_hdr hdr;
	struct msg_dns_state state;
};

/* What the zone shows, against what is held. */
enum roster_view {
	ROSTER_VIEW_UNKNOWN, /* the zone has not been read yet */
	ROSTER_VIEW_CURRENT,
	ROSTER_VIEW_ABSENT, /* there is none, and there never was one */
	ROSTER_VIEW_HIDDEN, /* there was one */
	ROSTER_VIEW_REFUSED, /* one that does not count: state.verdict, state.reason */
	ROSTER_VIEW_MAX
};

struct msg_ctl_roster {
	struct msg_hdr hdr;
	struct msg_ipsec_roster_state state;
	uint8_t view; /* enum roster_view */
	uint8_t pad[7];
	uint64_t view_sec; /* since when, wall clock */
};

struct msg_ctl_step {
	struct msg_hdr hdr;
	struct msg_ipsec_step step;
};

struct msg_ctl_peer {
	struct msg_hdr hdr; /* id: the manager's number */
	uint8_t stale; /* its records' time has passed */
	uint8_t pad[7];
	struct msg_dns_peer dns;
	struct msg_ipsec_state tunnel;
};

struct msg_ctl_end {
	struct msg_hdr hdr;
	uint32_t peers;
	uint32_t pad;
};

#endif
