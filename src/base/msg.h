/*
 * What the processes say to each other.
 *
 * The manager is the centre of a star; a worker or a command-line client talks only to it.  One
 * message is one SOCK_SEQPACKET packet: a struct of exactly its size, at most one descriptor.  The
 * structs stand in msg/, a file for each of those the manager talks to.  Messages carry state, not
 * calls: the manager says what it wants, a worker reports what is, and saying either again is
 * harmless.  Who may send what, how long it is and which values are valid stands in tables beside
 * the structs (msg/natpmp.c and so on); both ends check against them.  A worker that breaks a rule
 * is treated as taken over.
 *
 * No pointers, no size_t, no enums in structs; padding is explicit and zero; strings are
 * NUL-terminated arrays; integers are in host order, addresses in network order.
 */
#ifndef BASE_MSG_H
#define BASE_MSG_H

#include "base/msg/ctl.h"
#include "base/msg/dns.h"
#include "base/msg/head.h"
#include "base/msg/ipsec.h"
#include "base/msg/natpmp.h"

/* Room for any message; allocate once per channel, not on the stack of a callback chain. */
union msg {
	struct msg_hdr hdr;
	struct msg_hello hello;
	struct msg_quit quit;
	struct msg_log_level log_level;
	struct msg_natpmp_want natpmp_want;
	struct msg_natpmp_drop natpmp_drop;
	struct msg_natpmp_state natpmp_state;
	struct msg_natpmp_exchange natpmp_exchange;
	struct msg_dns_authorities dns_authorities;
	struct msg_dns_zone dns_zone;
	struct msg_dns_publish dns_publish;
	struct msg_dns_hurry dns_hurry;
	struct msg_dns_look dns_look;
	struct msg_dns_seen dns_seen;
	struct msg_dns_known dns_known;
	struct msg_dns_state dns_state;
	struct msg_dns_peer dns_peer;
	struct msg_dns_synced dns_synced;
	struct msg_roster roster; /* DNS_ROSTER, IPSEC_ROSTER */
	struct msg_ipsec_roster_state ipsec_roster_state;
	struct msg_ipsec_fd ipsec_fd;
	struct msg_ipsec_credential ipsec_credential;
	struct msg_ipsec_self ipsec_self;
	struct msg_ipsec_peer ipsec_peer;
	struct msg_ipsec_forget ipsec_forget;
	struct msg_ipsec_nat ipsec_nat;
	struct msg_ipsec_moved ipsec_moved;
	struct msg_ipsec_knock ipsec_knock;
	struct msg_ipsec_knocked ipsec_knocked;
	struct msg_ipsec_ready ipsec_ready;
	struct msg_ipsec_drops ipsec_drops;
	struct msg_ipsec_state ipsec_state;
	struct msg_ipsec_step ipsec_step;
	struct msg_ctl_show ctl_show;
	struct msg_ctl_reload ctl_reload;
	struct msg_ctl_sleep ctl_sleep;
	struct msg_ctl_verify ctl_verify;
	struct msg_ctl_result ctl_result;
	struct msg_ctl_self ctl_self;
	struct msg_ctl_map ctl_map;
	struct msg_ctl_mapping ctl_mapping;
	struct msg_ctl_exchange ctl_exchange;
	struct msg_ctl_dns ctl_dns;
	struct msg_ctl_roster ctl_roster;
	struct msg_ctl_step ctl_step;
	struct msg_ctl_peer ctl_peer;
	struct msg_ctl_end ctl_end;
	uint8_t room[MSG_SIZE_MAX];
};

/* The size of a message of this type; 0 for an unknown one. */
uint32_t msg_size(uint16_t type);
/* Its name, for logs; "unknown" for an unknown one. */
const char *msg_name(uint16_t type);

/*
 * Check len bytes that came from `from` and are meant for `to`: type known and permitted in this
 * direction, length exact, descriptor exactly where one belongs, every field valid.
 * 0, or -1 with *why set to a static phrase.
 */
int msg_check(const union msg *m, uint32_t len, enum msg_role from, enum msg_role to, int has_fd,
    const char **why);

/* Start a message: zero it, set type and id.  The union's other members follow. */
void msg_begin(union msg *m, enum msg_type type, uint32_t id);

#endif
