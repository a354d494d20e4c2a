/*
 * The records of one machine, written.  H is its host name, H = nas.alice.example.com:
 *
 *   H                        300 AAAA  its ULA: the only address a program ever sees
 *   _autotunnel._udp.H        60 SRV   priority weight port at.H     (one per contact)
 *   _autotunnel._udp.H        60 TXT   v=1 e=7 x=... nat=... in=... os=...
 *   at.H, at1.H ...           60 A or AAAA: where to send UDP to, a name for each address
 *   _autotunnel._udp.DOMAIN  300 PTR   _autotunnel._udp.H            (once, by enrolment)
 *
 * All but the PTR lie at or below H, so a server can let a device's key write there and nowhere
 * else.  Each update demands the TXT that it replaces and writes the next epoch: a captured update
 * sent again finds another epoch and fails (NXRRSET, YXRRSET).  That holds for the very first one
 * too, which demands that there be no TXT: a machine that leaves keeps one in the zone,
 * "v=1 e=8 x=TIME", and takes only the rest away.
 */
#ifndef DNSUPDATE_WIRE_RECORDS_H
#define DNSUPDATE_WIRE_RECORDS_H

#include "dnsupdate/wire/status.h"
#include "dnsupdate/wire/update.h"

#define RECORDS_SERVICE "_autotunnel._udp"
#define RECORDS_TARGET "at"
#define RECORDS_TTL_CONTACT 60 /* SRV, TXT, A and AAAA of targets, seconds */
#define RECORDS_TTL_NAME 300 /* AAAA of the host, PTR */

struct host_records {
	struct name host;
	uint8_t ula[16];
	uint8_t contacts;
	struct endpoint contact[MSG_CONTACTS_MAX];
	struct host_status status;
};

/* out = _autotunnel._udp.base; -1 when too long. */
int records_service(struct name *out, const struct name *base);

/*
 * Fill the begun update so that exactly these records stand afterwards.  previous is the whole TXT
 * set at _autotunnel._udp.H as last read (count 0: none).  0, or -1 when a name gets too long or a
 * contact is no address; room and zone are update_finish's to report.
 */
int records_publish(
    struct update *u, const struct host_records *r, const struct rdata *previous, size_t count);
/* Fill the update so that of them only a TXT stands, which says that the machine is off since
 * since_sec (wall clock) and keeps the epoch; the host's PTR stays.  previous as above. */
int records_withdraw(struct update *u, const struct name *host, uint64_t epoch, uint64_t since_sec,
    const struct rdata *previous, size_t count);

/* Enrolment, signed by the account's key: list the machine in the domain, or strike it off. */
int records_enrol(struct update *u, const struct name *domain, const struct name *host);
int records_strike(struct update *u, const struct name *domain, const struct name *host);

/* Strike it off and take all its records away, those of an absent one too. */
int records_remove(struct update *u, const struct name *domain, const struct name *host);

/* The question that lists the machines of a domain. */
int records_machines_question(struct question *q, const struct name *domain);
/* The next machine in the answer to it; start with *pos = 0.  Records that name no machine inside
 * domain are skipped; the same machine may come twice.  1 and host filled, or 0 at the end. */
int records_machines_next(
    const struct message *m, size_t *pos, const struct name *domain, char host[MSG_NAME_MAX]);

#endif
