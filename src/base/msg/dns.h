/* DNS: the manager and dnsupdate. */
#ifndef BASE_MSG_DNS_H
#define BASE_MSG_DNS_H

#include "base/addr.h"
#include "base/knock.h"
#include "base/msg/head.h"

enum tsig_algorithm {
	TSIG_HMAC_SHA256 = 1,
	TSIG_HMAC_SHA384,
	TSIG_HMAC_SHA512,
	/* weak: autotunnel-dnsd may be told to take them from old clients, nothing of ours signs
	 * requests with them */
	TSIG_HMAC_SHA1,
	TSIG_HMAC_MD5,
};

/* How to talk to the name server: configuration. */
enum dns_transport {
	DNS_TRANSPORT_AUTO, /* TLS where the server can be verified, else UDP */
	DNS_TRANSPORT_TLS, /* nothing but TLS */
	DNS_TRANSPORT_TCP, /* one connection in clear text */
	DNS_TRANSPORT_UDP,
	DNS_TRANSPORT_MAX
};

/* How it was talked to. */
enum dns_channel {
	DNS_CHANNEL_NONE,
	DNS_CHANNEL_UDP,
	DNS_CHANNEL_TCP,
	DNS_CHANNEL_TLS,
	DNS_CHANNEL_MAX
};

/* Where a name server listens. */
struct dns_server {
	struct endpoint ep;
	uint8_t tls; /* 1 = there it speaks TLS; 0 = UDP and TCP */
	uint8_t pad[7];
};

struct msg_dns_authorities {
	struct msg_hdr hdr;
};

struct msg_dns_zone {
	struct msg_hdr hdr;
	char domain[MSG_NAME_MAX]; /* the account's zone or sub-domain */
	char host[MSG_NAME_MAX]; /* our own full name, inside domain */
	char key_name[MSG_NAME_MAX];
	char tls_name[MSG_NAME_MAX]; /* of the server's certificate; empty = no authority counts */
	uint8_t algorithm; /* enum tsig_algorithm */
	uint8_t secret_len;
	uint8_t servers; /* 0 = discover by SRV and SOA */
	uint8_t transport; /* enum dns_transport */
	uint8_t pins; /* the server's key is one of these; 0 = not known */
	uint8_t tls_seen; /* TLS has worked before */
	uint8_t knowns;
	uint8_t pad;
	uint16_t tls_port; /* of the servers above */
	uint16_t pad2[3];
	uint64_t epoch; /* highest epoch ever written by this device; never go below */
	uint8_t secret[MSG_SECRET_MAX];
	uint8_t pin[MSG_PINS_MAX][MSG_PIN_LEN];
	struct endpoint server[MSG_SERVERS_MAX];
	struct dns_server known[MSG_KNOWN_MAX]; /* from the last DNS_KNOWN */
};

/* A question to the name server about ourselves; another number makes it another question. */
struct msg_dns_look {
	struct msg_hdr hdr; /* id: 1 .. MSG_LOOKS_MAX, a question at a time each */
	uint8_t family; /* 4 or 6: by which to ask */
	uint8_t wanted; /* 0 = no (more) */
	uint16_t port; /* of ours to be knocked at, from outside; 0 = none */
	uint32_t link; /* interface index by which to ask; 0 = as routing says */
	uint8_t nonce[KNOCK_NONCE_LEN];
	uint8_t pad[4];
};

enum seen_answer {
	SEEN_NOTHING, /* no answer yet */
	SEEN_ADDRESS,
	SEEN_NO_SUCH, /* this server does not tell */
	SEEN_NO_WAY, /* it cannot be reached by that family */
	SEEN_ANSWER_MAX
};

struct msg_dns_seen {
	struct msg_hdr hdr; /* id of the question */
	uint8_t family; /* of the question */
	uint8_t answer; /* enum seen_answer */
	uint8_t knocked; /* 1 = the server has knocked */
	uint8_t pad;
	uint8_t nonce[KNOCK_NONCE_LEN]; /* of the question */
	struct endpoint seen; /* this machine, as the server sees it; family 0 = not known */
};

struct msg_dns_known {
	struct msg_hdr hdr;
	uint8_t tls_seen;
	uint8_t knowns;
	uint8_t pad[6];
	struct dns_server known[MSG_KNOWN_MAX]; /* the one that answered first */
};

/* How a host sits behind its NAT: "nat=" of the TXT record, see autotunnel-records(7). */
enum nat_kind {
	NAT_KIND_UNKNOWN,
	NAT_KIND_NONE, /* a public address of its own */
	NAT_KIND_NATPMP,
	NAT_KIND_PCP,
	NAT_KIND_UPNP,
	NAT_KIND_DOUBLE, /* mapped, but the router's outside is not public */
	NAT_KIND_UNMAPPED, /* behind a NAT that gave no mapping */
	NAT_KIND_MAX
};

enum inbound { INBOUND_UNKNOWN, INBOUND_YES, INBOUND_NO, INBOUND_MAX };

struct msg_dns_publish {
	struct msg_hdr hdr;
	uint8_t wanted; /* 1 = publish, 0 = withdraw */
	uint8_t nat; /* enum nat_kind */
	uint8_t inbound; /* enum inbound */
	uint8_t contacts;
	uint32_t lease_sec; /* how long the records may outlive us (x=) */
	uint8_t ula[16];
	struct endpoint contact[MSG_CONTACTS_MAX];
};

struct msg_dns_hurry {
	struct msg_hdr hdr;
	uint32_t seconds;
	uint32_t pad;
};

enum dns_status {
	DNS_STARTING = 1, /* looking for the server */
	DNS_OK,
	DNS_UNREACHABLE, /* no answer; what is known stays valid */
	DNS_REFUSED, /* answers, but will not take our updates; reason tells */
};

enum dns_source {
	DNS_SOURCE_NONE,
	DNS_SOURCE_POLL,
	DNS_SOURCE_LLQ,
	DNS_SOURCE_PUSH,
	DNS_SOURCE_MAX
};

struct msg_dns_state {
	struct msg_hdr hdr;
	uint8_t status; /* enum dns_status */
	uint8_t source; /* enum dns_source: how changes are learnt */
	uint8_t published; /* our wanted records stand in the zone */
	uint8_t withdrawn; /* a wanted withdrawal is done */
	uint8_t channel; /* enum dns_channel: how the server was last talked to */
	uint8_t leased; /* the server itself will remove the records when their time has passed */
	uint8_t pad[6];
	uint32_t granted_sec; /* the lease of the last update, 0 = none yet */
	uint32_t serial; /* of the zone, when last seen */
	uint64_t epoch; /* last written; the manager keeps it on disk */
	uint64_t published_until_sec; /* wall clock; 0 = not published */
	uint64_t heard_ms; /* boot time of the last good answer, 0 = never */
	struct endpoint server;
	char reason[MSG_TEXT_MAX];
};

struct msg_dns_peer {
	struct msg_hdr hdr; /* id 0: peers are known by name here */
	uint8_t present; /* 0 = gone from the PTR set; the rest but name is zero */
	uint8_t nat;
	uint8_t inbound;
	uint8_t contacts; /* 0 = nowhere to call (yet) */
	uint32_t pad;
	uint64_t epoch;
	uint64_t expires_sec; /* x=, wall clock; 0 = never said */
	uint8_t ula[16]; /* all zero while its AAAA is unknown */
	char name[MSG_NAME_MAX];
	char os[MSG_WORD_MAX];
	struct endpoint contact[MSG_CONTACTS_MAX];
};

struct msg_dns_synced {
	struct msg_hdr hdr;
	uint32_t peers;
	uint32_t pad;
};

#define MSG_ROSTER_PIECE 3072

/*
 * A piece of a roster's text (identity/roster.h), which is longer than a message may be; pieces
 * come in order, and one with offset 0 begins anew.  DNS_ROSTER brings it, total 0: the zone has
 * none; IPSEC_ROSTER passes it on.  Only the ipsec worker reads the text, for it believes nobody
 * else's judgement.
 */
struct msg_roster {
	struct msg_hdr hdr;
	uint32_t total, offset, len;
	uint32_t pad;
	uint8_t data[MSG_ROSTER_PIECE]; /* zero after len */
};

#endif
