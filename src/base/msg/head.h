/*
 * What all messages share: sizes, who speaks, the list of types, the head; and what every worker
 * says or hears.
 */
#ifndef BASE_MSG_HEAD_H
#define BASE_MSG_HEAD_H

#include <stdint.h>

#define MSG_VERSION 1 /* of what is said; HELLO and CTL_SHOW carry it */
#define MSG_NAME_MAX 256 /* a host name without final dot, and NUL */
#define MSG_TEXT_MAX 160 /* a sentence for people */
#define MSG_WORD_MAX 64 /* an algorithm, a version */
#define MSG_LOOKS_MAX 4 /* questions about ourselves, a question at a time each */
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
	MSG_IPSEC_DROPS, /* packets of no known peer that were not delivered */
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

#endif
