/* Every limit of autotunnel-dnsd that is not in its configuration, in one place. */
#ifndef DNSUPDATE_SERVER_LIMITS_H
#define DNSUPDATE_SERVER_LIMITS_H

/* Packets taken from a UDP socket, and updates committed, at a time. */
#define LIMIT_BATCH 256
/* Sockets. */
#define LIMIT_LISTENERS 64
/* Octets of a request over UDP. */
#define LIMIT_UDP_REQUEST 16384
/* Octets of a message on a connection.  65535 is what the length can say. */
#define LIMIT_STREAM_MESSAGE 65535
/* Octets of a reply over UDP, whatever the asker claims to take (RFC 9715). */
#define LIMIT_UDP_REPLY 1232
/* Seconds a connection may stand idle, and may need for one message (slow loris). */
#define LIMIT_STREAM_IDLE_SEC 15
#define LIMIT_STREAM_MESSAGE_SEC 10
/* Seconds after which a peer that acknowledges nothing is taken for dead. */
#define LIMIT_STREAM_DEAD_SEC 60
/* Descriptors besides those of connections. */
#define LIMIT_OTHER_FILES 256
/* Octets waiting to be sent on one connection before nothing more is read from it. */
#define LIMIT_STREAM_QUEUE (256 * 1024)
/* Records of one set, octets of its data; records at one name. */
#define LIMIT_RRSET_RECORDS 4096
#define LIMIT_RRSET_OCTETS 60000
/* Knocks (query/whoami.h) at once, and milliseconds between further ones. */
#define LIMIT_KNOCKS 100
#define LIMIT_KNOCK_MS 10
/* CNAMEs followed in one answer. */
#define LIMIT_CNAME_CHAIN 8
/* MACs of the newest seconds remembered for one key. */
#define LIMIT_REPLAY_MACS 65536
/* Seconds for which MACs are remembered: the newest and those just before. */
#define LIMIT_REPLAY_SEC 2
/* Transfers to secondaries at a time. */
#define LIMIT_TRANSFERS 64
/* Seconds that every lease has at least after a start: who could not refresh while the server was
 * down does so then. */
#define LIMIT_LEASE_GRACE_SEC 300

/* Long-lived queries in all, and from one address (IPv4) or /56 (IPv6). */
#define LIMIT_LLQS 200000
#define LIMIT_LLQS_PER_PREFIX 4096
/* Subscriptions of push clients in all, and on one connection. */
#define LIMIT_SUBSCRIPTIONS 500000
#define LIMIT_SUBSCRIPTIONS_PER_STREAM 8192
/* What sessions (RFC 8490) are granted: an idle client leaves after the first; a silent one, whose
 * subscriptions last, says something after the second at the latest, and may say it that often. */
#define LIMIT_DSO_INACTIVITY_MS 60000
#define LIMIT_DSO_KEEPALIVE_MS 3600000
#define LIMIT_DSO_KEEPALIVE_MIN_MS 60000
/* Connections to the control socket, and seconds that one may stand idle. */
#define LIMIT_CONTROL_CLIENTS 16
#define LIMIT_CONTROL_IDLE_SEC 60

#endif
