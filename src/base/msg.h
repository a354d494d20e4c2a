/*
 * What the processes say to each other.
 *
 * The manager is the centre of a star; a worker or a command-line client talks only to it.  One
 * message is one SOCK_SEQPACKET packet: a struct below, of exactly its size, at most one
 * descriptor.  Messages carry state, not calls: the manager says what it wants, a worker reports
 * what is, and saying either again is harmless.  Who may send what, how long it is and which
 * values are valid stands in one table (msg_rules.c); both ends check against it.  A worker that
 * breaks a rule is treated as taken over.
 *
 * No pointers, no size_t, no enums in structs; padding is explicit and zero; strings are
 * NUL-terminated arrays; integers are in host order, addresses in network order.
 */
#ifndef BASE_MSG_H
#define BASE_MSG_H

#include "base/addr.h"
#include "base/knock.h"

#include <stdint.h>

#define MSG_VERSION 1 /* of this file; HELLO and CTL_SHOW carry it */
#define MSG_NAME_MAX 256 /* a host name without final dot, and NUL */
#define MSG_TEXT_MAX 160 /* a sentence for people */
#define MSG_WORD_MAX 64 /* an algorithm, a version */
#define MSG_CONTACTS_MAX 8 /* endpoints of one host */
#define MSG_SERVERS_MAX 4 /* addresses of the name server, as configured */
#define MSG_KNOWN_MAX 8 /* ... as found and remembered */
#define MSG_PINS_MAX 4
#define MSG_PIN_LEN 32 /* SHA-256 */
#define MSG_SECRET_MAX 64
#define MSG_DER_MAX 2048
#define MSG_MAP_SECONDS_MAX (7 * 86400) /* an exposed port is forgotten about sooner or later */
#define MSG_PEERS_MAX 1024 /* machines of one account */
#define MSG_EPOCH_MAX (UINT64_C(1) << 48) /* an update a second since 1970 is below it */
#define MSG_SIZE_MAX 4096
#define MSG_ROSTER_MAX 60000 /* octets of a roster's text (identity/roster.h) */

enum msg_role {
	ROLE_MANAGER = 1,
	ROLE_NATPMP,
	ROLE_DNSUPDATE,
	ROLE_IPSEC,
	ROLE_CLIENT, /* autotunnel(1) on the control socket */
};

enum msg_type {
	MSG_HELLO = 1, /* worker: I am here, locked in, ready */
	MSG_QUIT, /* to a worker: clean up and leave */
	MSG_LOG_LEVEL, /* to a worker */
	MSG_NATPMP_WANT, /* this mapping is wanted; hdr.id names it */
	MSG_NATPMP_DROP, /* hdr.id is not wanted any more */
	MSG_NATPMP_STATE, /* this is how mapping hdr.id stands */
	MSG_NATPMP_EXCHANGE, /* a question or an answer, decoded; may be lost */
	MSG_DNS_AUTHORITIES, /* a file of CA certificates comes along, for the next DNS_ZONE */
	MSG_DNS_ZONE, /* zone, own name, key, servers */
	MSG_DNS_PUBLISH, /* what our records should say; or withdraw them */
	MSG_DNS_HURRY, /* something is in flux: look often for a while */
	MSG_DNS_LOOK, /* from where does the server see us, and can it knock? */
	MSG_DNS_SEEN, /* the answer */
	MSG_DNS_KNOWN, /* servers that answered, to be kept on disk */
	MSG_DNS_STATE, /* how publishing and watching stand */
	MSG_DNS_PEER, /* a machine of the account as its records describe it */
	MSG_DNS_SYNCED, /* all machines have been said since the worker started */
	MSG_DNS_ROSTER, /* a piece of the roster as the zone shows it */
	MSG_IPSEC_FD, /* tunnel device, sockets */
	MSG_IPSEC_CREDENTIAL, /* device key, certificate, account CA */
	MSG_IPSEC_SELF, /* who we are; the last of the start messages */
	MSG_IPSEC_ROSTER, /* a piece of a roster: judge it, and hold it if it is newer */
	MSG_IPSEC_ROSTER_STATE, /* which one is held; what became of the last one offered */
	MSG_IPSEC_PEER, /* hdr.id: a peer and where to find it */
	MSG_IPSEC_FORGET, /* hdr.id is gone: end its tunnel */
	MSG_IPSEC_NAT, /* whether the way to us stays open by itself */
	MSG_IPSEC_MOVED, /* our own addresses or mapping changed: tell peers */
	MSG_IPSEC_KNOCK, /* these knocks are to be reported */
	MSG_IPSEC_KNOCKED, /* one has come */
	MSG_IPSEC_READY, /* IKE runs */
	MSG_IPSEC_STATE, /* how the tunnel to hdr.id stands */
	MSG_IPSEC_STEP, /* a step on the way to hdr.id; may be lost */
	MSG_CTL_SHOW, /* client: tell me the state, once or on each change */
	MSG_CTL_LOG_LEVEL,
	MSG_CTL_RELOAD,
	MSG_CTL_SLEEP, /* the machine goes to sleep, or has woken up */
	MSG_CTL_MAP, /* map a port of this machine for some time, or no longer */
	MSG_CTL_VERIFY, /* client: is this machine to be reached?  Find out now */
	MSG_CTL_RESULT, /* answer to any request that is not SHOW, or a refusal */
	/* rows of a SHOW: SELF, MAPPING..., EXCHANGE..., DNS, ROSTER, STEP..., PEER..., END */
	MSG_CTL_SELF,
	MSG_CTL_MAPPING,
	MSG_CTL_EXCHANGE,
	MSG_CTL_DNS,
	MSG_CTL_ROSTER,
	MSG_CTL_STEP,
	MSG_CTL_PEER,
	MSG_CTL_END,
	MSG_TYPE_MAX
};

struct msg_hdr {
	uint16_t type;
	uint16_t pad;
	uint32_t id; /* the manager's number of the object, 0 where there is none */
};

/* HELLO features: what the kernel lacked shows as a missing bit. */
#define MSG_FEATURE_SECCOMP 1u
#define MSG_FEATURE_LANDLOCK 2u

struct msg_hello {
	struct msg_hdr hdr;
	uint32_t version;
	uint32_t features;
};

struct msg_quit {
	struct msg_hdr hdr;
};

struct msg_log_level {
	struct msg_hdr hdr;
	uint32_t level; /* enum log_level */
	uint32_t pad;
};

/* ---- port mapping ---- */

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

/* ---- DNS ---- */

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

#define MSG_LOOKS_MAX 4

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

/* ---- the roster ---- */

#define MSG_ROSTER_PIECE 3072

/*
 * A piece of a roster's text (identity/roster.h), which is longer than a message may be; pieces
 * come in order, and one with offset 0 begins anew.  From the DNS worker, total 0: the zone has
 * none.  Only the ipsec worker reads the text, for it believes nobody else's judgement.
 */
struct msg_roster {
	struct msg_hdr hdr;
	uint32_t total, offset, len;
	uint32_t pad;
	uint8_t data[MSG_ROSTER_PIECE]; /* zero after len */
};

/* How a roster that is offered stands to the one that is held. */
enum roster_verdict {
	ROSTER_NONE, /* nothing was offered yet */
	ROSTER_NEWER, /* to be held from now on */
	ROSTER_SAME,
	ROSTER_OLDER, /* an old one is being shown */
	ROSTER_DIVERGES, /* same serial, other text */
	ROSTER_FORGETS, /* newer, but a machine that was revoked is not so in it */
	ROSTER_FOREIGN, /* not signed by the account's CA, or no roster at all */
	ROSTER_VERDICT_MAX
};

/* What the held roster says of this machine. */
enum roster_self {
	ROSTER_SELF_UNKNOWN,
	ROSTER_SELF_LISTED,
	ROSTER_SELF_UNLISTED,
	ROSTER_SELF_REVOKED,
	ROSTER_SELF_MAX
};

struct msg_ipsec_roster_state {
	struct msg_hdr hdr;
	uint8_t verdict; /* enum roster_verdict, on the last one offered */
	uint8_t self; /* enum roster_self */
	uint8_t open; /* machines that are not listed are let in too */
	uint8_t pad;
	uint32_t serial; /* of the held one, 0 = there is none; the rest is about it, too */
	uint32_t machines, revoked;
	uint32_t offered; /* serial of the last one offered, 0 when it is foreign */
	uint32_t pad2;
	uint64_t signed_sec; /* wall clock of who signed */
	char reason[MSG_TEXT_MAX]; /* why the last one was not taken; empty when it was */
};

/* ---- IKE and ESP ---- */

enum ipsec_fd_kind {
	IPSEC_FD_TUN = 1, /* the tunnel interface, non-blocking, IFF_TUN|IFF_NO_PI */
	IPSEC_FD_UDP4, /* bound to the listen port */
	IPSEC_FD_UDP6, /* same, IPV6_V6ONLY */
	IPSEC_FD_RAW6, /* IPPROTO_RAW bound to our ULA: re-sends held packets in kernel mode */
	IPSEC_FD_MAX
};

/* What the tunnel device does with large packets. */
#define IPSEC_TUN_VNET 1u /* a header says how to cut them (IFF_VNET_HDR): TCP */
#define IPSEC_TUN_USO 2u /* UDP too */

struct msg_ipsec_fd {
	struct msg_hdr hdr;
	uint32_t kind; /* enum ipsec_fd_kind; the descriptor comes along */
	uint32_t device; /* IPSEC_TUN_*; 0 for others than the device */
};

enum ipsec_credential {
	IPSEC_DEVICE_KEY = 1,
	IPSEC_DEVICE_CERT,
	IPSEC_ACCOUNT_CA,
	IPSEC_CREDENTIAL_MAX
};

struct msg_ipsec_credential {
	struct msg_hdr hdr;
	uint16_t kind; /* enum ipsec_credential */
	uint16_t len;
	uint32_t pad;
	uint8_t der[MSG_DER_MAX]; /* PKCS#8 key or X.509 certificate; zero after len */
};

enum ipsec_dataplane { DATAPLANE_USER = 1, DATAPLANE_KERNEL };

struct msg_ipsec_self {
	struct msg_hdr hdr;
	uint8_t dataplane; /* enum ipsec_dataplane */
	uint8_t plain; /* 1 = one packet, one system call: no offload of any kind */
	uint16_t port; /* what the UDP sockets are bound to */
	uint16_t mtu; /* of the tunnel interface */
	uint16_t pad2;
	uint32_t idle_sec; /* a tunnel without inner traffic for so long is taken down; 0 = never */
	uint32_t child_rekey_sec;
	uint32_t ike_rekey_sec;
	uint32_t dpd_sec;
	uint8_t ula[16];
	char name[MSG_NAME_MAX]; /* IKE identity, ID_FQDN */
};

struct msg_ipsec_peer {
	struct msg_hdr hdr; /* id is the peer's number until FORGET */
	uint8_t contacts;
	uint8_t always; /* 1 = keep the tunnel up, 0 = on demand */
	uint8_t pad[6];
	uint64_t epoch; /* of its records: another one is news, though they say the same */
	uint8_t ula[16];
	char name[MSG_NAME_MAX];
	struct endpoint contact[MSG_CONTACTS_MAX]; /* best first */
};

struct msg_ipsec_forget {
	struct msg_hdr hdr;
};

struct msg_ipsec_nat {
	struct msg_hdr hdr;
	uint8_t open; /* mapped, or no NAT at all: no keep-alives are needed */
	uint8_t pad[7];
};

struct msg_ipsec_moved {
	struct msg_hdr hdr;
};

/* One for each question; all zero = none. */
struct msg_ipsec_knock {
	struct msg_hdr hdr;
	uint8_t nonce[MSG_LOOKS_MAX][KNOCK_NONCE_LEN];
};

struct msg_ipsec_knocked {
	struct msg_hdr hdr;
	uint8_t nonce[KNOCK_NONCE_LEN];
	uint8_t pad[4];
	struct endpoint from;
};

/* Which offloads user-space ESP uses. */
#define IPSEC_OFFLOAD_TSO 1u
#define IPSEC_OFFLOAD_USO 2u
#define IPSEC_OFFLOAD_SEGMENT 4u /* UDP_SEGMENT */
#define IPSEC_OFFLOAD_GRO 8u /* UDP_GRO */
#define IPSEC_OFFLOAD_MERGE 16u /* large packets to the device */

struct msg_ipsec_ready {
	struct msg_hdr hdr;
	uint32_t dataplane;
	uint32_t offload; /* IPSEC_OFFLOAD_*; 0 in kernel mode */
	char version[MSG_WORD_MAX]; /* of strongSwan */
	char crypto[MSG_WORD_MAX]; /* what user-space ESP encrypts with; empty in kernel mode */
};

enum tunnel_state { TUNNEL_IDLE = 1, TUNNEL_CONNECTING, TUNNEL_UP };

/* Why packets for or from a peer were not delivered (user-space ESP). */
enum ipsec_drop {
	IPSEC_DROP_NO_TUNNEL, /* waited too long for one, or too many did */
	IPSEC_DROP_NOT_OURS, /* outbound: not from our address */
	IPSEC_DROP_TOO_BIG,
	IPSEC_DROP_SEQUENCE,
	IPSEC_DROP_UNKNOWN, /* inbound: no such SA */
	IPSEC_DROP_SHORT,
	IPSEC_DROP_REPLAY,
	IPSEC_DROP_AUTH,
	IPSEC_DROP_INNER, /* what was inside made no sense */
	IPSEC_DROP_SELECTOR, /* what was inside was not from the peer to us */
	IPSEC_DROP_EXPIRED,
	IPSEC_DROP_CONGESTED,
	IPSEC_DROP_SEND,
	IPSEC_DROP_DEVICE,
	IPSEC_DROP_MAX
};

struct msg_ipsec_state {
	struct msg_hdr hdr;
	uint8_t state; /* enum tunnel_state */
	uint8_t initiator; /* 1 = we called */
	uint8_t known; /* the roster lets a machine of this name in */
	uint8_t pad[5];
	uint8_t ula[16]; /* its address by the roster, which no name server can change; or zero */
	uint64_t since_ms; /* boot time of the last change of state */
	uint64_t last_in_ms; /* boot time of the last authentic packet, 0 = never */
	uint64_t in_bytes, out_bytes, in_packets, out_packets;
	uint64_t drops; /* packets for or from this peer that were not delivered: all together */
	uint64_t drop[IPSEC_DROP_MAX];
	struct endpoint remote; /* the path in use, family 0 unless up */
	char proposal[MSG_WORD_MAX];
	char reason[MSG_TEXT_MAX]; /* why the last attempt failed */
};

/* What happens on the way to a tunnel, or to another path of one. */
enum ipsec_step {
	IPSEC_STEP_WANTED = 1, /* a packet for the peer waits for a tunnel */
	IPSEC_STEP_TRY, /* an attempt towards `place` begins */
	IPSEC_STEP_NO_ROUTE, /* ... and cannot even begin */
	IPSEC_STEP_SENT, /* an IKE message; text names it */
	IPSEC_STEP_AGAIN, /* the same once more, for it was not answered */
	IPSEC_STEP_HEARD, /* an IKE message of the peer */
	IPSEC_STEP_REFUSED, /* by us or by the peer; text says why */
	IPSEC_STEP_ENDED, /* an attempt is over; text says why */
	IPSEC_STEP_GAVE_UP, /* all attempts have failed, or a path is dead and has no successor */
	IPSEC_STEP_UP, /* the tunnel stands, by way of `place`; text: its cipher */
	IPSEC_STEP_ASKED, /* is `place` still the way?  It is asked for a sign of life */
	IPSEC_STEP_MOVED, /* we send to `place` from now on */
	IPSEC_STEP_FOLLOWED, /* the peer has come from `place`, which is its way from now on */
	IPSEC_STEP_DOWN, /* the tunnel has ended */
	IPSEC_STEP_MAX
};

struct msg_ipsec_step {
	struct msg_hdr hdr;
	uint64_t at_us; /* microseconds of boot time */
	uint32_t attempt; /* steps of one attempt have one number; 0 = of none */
	uint8_t kind; /* enum ipsec_step */
	uint8_t initiator; /* 1 = the attempt is ours */
	uint8_t pad[2];
	struct endpoint place; /* of the peer; family 0 = none */
	char text[MSG_WORD_MAX];
};

/* ---- control socket ---- */

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
