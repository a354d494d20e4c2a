/*
 * The records of one machine, read.  A small machine without socket or clock: it says which
 * questions are open, takes the answers in any order, and at the end gives what they say.
 *
 *   peer_reader_init(&r, &host, &zone);
 *   while (peer_reader_open(&r, &pos, &q) ...) send q;      AAAA of H, SRV and TXT of the service,
 *   peer_reader_take(&r, &q, &answer);                      then A and AAAA of each SRV target
 *   if (peer_reader_done(&r)) peer_reader_result(&r, &peer);
 *
 * It follows whatever target inside the zone an SRV names, so records by RFC 6281's own rule can be
 * read too.  What an additional section volunteers is not used: it may be part of a set.
 */
#ifndef DNSUPDATE_WIRE_PEER_H
#define DNSUPDATE_WIRE_PEER_H

#include "dnsupdate/wire/records.h"

#define PEER_QUESTIONS_MAX (3 + 2 * MSG_CONTACTS_MAX)
/* TXT records kept.  Ours has one; there are more only when somebody else wrote there. */
#define PEER_TXT_MAX 4

struct peer_target {
	struct name name;
	uint8_t have4, have6; /* answered */
	uint8_t count;
	struct endpoint addr[MSG_CONTACTS_MAX]; /* sorted; the port is each SRV's */
};

struct peer_reader {
	struct name host;
	struct name service;
	struct name zone;
	uint8_t have_ula, have_srv, have_txt; /* answered */
	uint8_t has_ula, has_status; /* ... and there is one */
	uint8_t srvs, targets;
	uint8_t txts; /* TXT records at the service, PEER_TXT_MAX + 1 = too many */
	uint8_t ula[16];
	struct host_status status;
	struct srv srv[MSG_CONTACTS_MAX]; /* best first */
	struct peer_target target[MSG_CONTACTS_MAX];
	struct rdata txt[PEER_TXT_MAX]; /* as they stand, for records_publish */
};

/* zone: what the server that is asked answers for; SRV targets outside it are left out, for it
 * would refuse the question.  0, or -1 when the host's name is too long for its service. */
int peer_reader_init(struct peer_reader *r, const struct name *host, const struct name *zone);

/* The next unanswered question; start with *pos = 0 each time around.  1, or 0 when there are no
 * more for now. */
int peer_reader_open(const struct peer_reader *r, unsigned *pos, struct question *q);

/* Take the answer to q (the caller has matched id and question, and authenticated it if it wants).
 * NOERROR and NXDOMAIN count as answers.  0; -1 for another rcode, a truncated message, or a
 * question that is not open: nothing changed. */
int peer_reader_take(struct peer_reader *r, const struct question *q, const struct message *m);

int peer_reader_done(const struct peer_reader *r);

/*
 * What a MSG_DNS_PEER says about a present machine; header id 0.  The ULA is the lowest AAAA in
 * fc00::/7, zero when there is none.  Contacts are the addresses of SRV targets that we may send to
 * (endpoint_is_contactable), no two alike, at most MSG_CONTACTS_MAX, sorted by priority (low
 * first), weight (high first), then IPv6 before IPv4 and by number, so the same records give the
 * same bytes.
 */
void peer_reader_result(const struct peer_reader *r, struct msg_dns_peer *out);

/* The same message for a machine that is gone from the list. */
void peer_gone(struct msg_dns_peer *out, const char *name);

#endif
