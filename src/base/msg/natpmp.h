/* Port mapping: the manager and natpmp. */
#ifndef BASE_MSG_NATPMP_H
#define BASE_MSG_NATPMP_H

#include "base/addr.h"
#include "base/msg/head.h"

#define NAT_METHOD_NATPMP 1u
#define NAT_METHOD_PCP 2u
#define NAT_METHOD_UPNP 4u
#define NAT_METHOD_ALL 7u

enum nat_state {
	NAT_ASKING = 1, /* no answer yet */
	NAT_UP, /* mapped */
	NAT_REFUSED, /* the router said no; reason tells */
	NAT_SILENT, /* nothing at the gateway speaks any of the methods */
};

/* The methods as columns of a table, the best first. */
enum nat_column { NAT_COLUMN_PCP, NAT_COLUMN_NATPMP, NAT_COLUMN_UPNP, NAT_COLUMNS };

#define NAT_NONCE_LEN 12

struct msg_natpmp_want {
	struct msg_hdr hdr;
	struct endpoint gateway; /* the router, port unused; IPv6 link-local: on ifindex */
	struct endpoint local; /* our address towards it and the port to map */
	struct endpoint external; /* wished for; family 0 = any address, port 0 = the local one */
	struct endpoint beside; /* IPv6: the IPv4 router on that link, for UPnP; family 0 = none */
	struct endpoint from; /* our address towards that */
	uint32_t ifindex; /* the link to the router; 0 = as routing says */
	uint32_t lifetime_sec;
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	uint8_t methods; /* NAT_METHOD_* allowed */
	uint8_t known; /* the NAT_METHOD_* that worked at this router last time; 0 = not known */
	uint8_t remove; /* 1 = not wanted: delete what an earlier run of ours left, by known */
	uint8_t nonce[NAT_NONCE_LEN]; /* PCP's: the same for ever at one router */
};

struct msg_natpmp_drop {
	struct msg_hdr hdr;
};

enum nat_answer {
	NAT_NOT_ASKED,
	NAT_NO_ANSWER, /* (yet) */
	NAT_SPEAKS, /* spoken here, nothing asked of it */
	NAT_GIVES, /* has made the mapping */
	NAT_REFUSES, /* text tells */
	NAT_ANSWER_MAX
};

/* What one method answered. */
struct msg_natpmp_method {
	uint64_t heard_ms; /* boot time of the last answer, 0 = never */
	uint8_t answer; /* enum nat_answer */
	uint8_t pad;
	uint16_t code; /* of a refusal, in the method's own numbers */
	uint32_t pad2;
	char text[MSG_WORD_MAX]; /* of a refusal, in few words */
};

struct msg_natpmp_state {
	struct msg_hdr hdr;
	uint8_t state; /* enum nat_state */
	uint8_t method; /* one NAT_METHOD_* bit; 0 while none worked */
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	uint8_t remade; /* counts up with each grant after a loss, or a likely one */
	uint32_t lifetime_sec; /* granted; 0 = for ever, while state is NAT_UP */
	uint64_t renew_ms; /* boot time of the next renewal, 0 = none */
	uint64_t expires_ms; /* boot time of the lease's end; 0 = none */
	struct endpoint external; /* family 0 while unknown */
	struct endpoint gateway;
	struct endpoint local;
	struct msg_natpmp_method said[NAT_COLUMNS];
	char reason[MSG_TEXT_MAX]; /* empty when all is well */
};

struct msg_natpmp_exchange {
	struct msg_hdr hdr; /* id of the mapping, or 0 */
	char text[MSG_TEXT_MAX];
};

#endif
