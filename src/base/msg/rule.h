/*
 * How the rules of the messages are written down: for msg_rules.c and the files in msg/ only.
 *
 * Validators answer NULL, or what is wrong.  They trust nothing but the length, which the table
 * has already fixed.
 */
#ifndef BASE_MSG_RULE_H
#define BASE_MSG_RULE_H

#include "base/msg.h"

#include <stddef.h>

#define MSG_ROLE(role) (1u << (role))
#define MANAGER MSG_ROLE(ROLE_MANAGER)
#define NATPMP MSG_ROLE(ROLE_NATPMP)
#define DNSUPDATE MSG_ROLE(ROLE_DNSUPDATE)
#define IPSEC MSG_ROLE(ROLE_IPSEC)
#define WORKERS (NATPMP | DNSUPDATE | IPSEC)
#define CLIENT MSG_ROLE(ROLE_CLIENT)

struct msg_rule {
	const char *name;
	unsigned from, to; /* sets of roles */
	uint32_t size;
	int fd; /* a descriptor belongs to it */
	const char *(*valid)(const union msg *m);
};

/* The rules of `count` types that follow one another in enum msg_type. */
struct msg_rules {
	unsigned first, count;
	const struct msg_rule *rule;
};

extern const struct msg_rules msg_natpmp_rules, msg_dns_rules, msg_ipsec_rules, msg_ctl_rules;

/* One of them; FIRST is the first type of its table. */
#define MSG_RULE(TYPE, name, from, to, member, fd, valid)                                          \
	[TYPE - FIRST] = {name, from, to, sizeof(((union msg *)0)->member), fd, valid}

/* ---- fields ---- */

/* Printable ASCII with its NUL inside of size octets. */
int msg_text_ok(const char *text, size_t size);
#define MSG_TEXT_OK(field) msg_text_ok(field, sizeof(field))
int msg_hostname_ok(const char name[MSG_NAME_MAX]);
/* The first n are real endpoints, the rest all zero. */
int msg_endpoints_ok(const struct endpoint *ep, size_t n, size_t max);
int msg_zero(const void *p, size_t len);
int msg_proto_ok(unsigned proto);

/* ---- messages that are alike, and those that a SHOW repeats ---- */

const char *msg_valid_empty(const union msg *m);
const char *msg_valid_id(const union msg *m);
const char *msg_valid_log_level(const union msg *m);
const char *msg_natpmp_state_wrong(const struct msg_natpmp_state *s);
const char *msg_dns_state_wrong(const struct msg_dns_state *s);
const char *msg_dns_peer_wrong(const struct msg_dns_peer *p);
const char *msg_roster_wrong(const struct msg_roster *r);
const char *msg_roster_state_wrong(const struct msg_ipsec_roster_state *s);
const char *msg_ipsec_state_wrong(const struct msg_ipsec_state *s);
const char *msg_ipsec_step_wrong(const struct msg_ipsec_step *s);

#endif
