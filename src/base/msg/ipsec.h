/* IKE and ESP: the manager and ipsec, which also judges the roster. */
#ifndef BASE_MSG_IPSEC_H
#define BASE_MSG_IPSEC_H

#include "base/addr.h"
#include "base/knock.h"
#include "base/msg/head.h"

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

/* Why packets were not delivered (user-space ESP). */
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

/* Those for or from no known peer, since the worker started. */
struct msg_ipsec_drops {
	struct msg_hdr hdr;
	uint64_t drop[IPSEC_DROP_MAX];
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

/* ---- the roster; the pieces of its text are in dns.h ---- */

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

#endif
