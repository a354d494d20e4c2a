/*
 * DNS messages as they arrive, and queries as we send them.
 *
 * message_parse checks everything once (RFC 1035 section 4, RFC 6891) and keeps an index into the
 * bytes, which stay the caller's and must outlive it; nothing is allocated.  The rr_ functions then
 * read single records out of it.
 */
#ifndef DNSUPDATE_WIRE_MESSAGE_H
#define DNSUPDATE_WIRE_MESSAGE_H

#include "dnsupdate/wire/name.h"
#include "dnsupdate/wire/rdata.h"

#define MESSAGE_HEADER 12
#define MESSAGE_MAX 65535
#define MESSAGE_UDP_MAX 1232 /* what we ask for and send over UDP at most */
#define MESSAGE_RECORDS_MAX 1280

enum dns_opcode { OPCODE_QUERY = 0, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5, OPCODE_DSO = 6 };

enum dns_class { CLASS_IN = 1, CLASS_NONE = 254, CLASS_ANY = 255 };

#define FLAG_QR 0x8000u
#define FLAG_AA 0x0400u
#define FLAG_TC 0x0200u
#define FLAG_RD 0x0100u
#define FLAG_RA 0x0080u

enum dns_rcode {
	RCODE_NOERROR,
	RCODE_FORMERR,
	RCODE_SERVFAIL,
	RCODE_NXDOMAIN,
	RCODE_NOTIMP,
	RCODE_REFUSED,
	RCODE_YXDOMAIN,
	RCODE_YXRRSET,
	RCODE_NXRRSET,
	RCODE_NOTAUTH,
	RCODE_NOTZONE,
	RCODE_DSOTYPENI, /* RFC 8490 section 10.2 */
	RCODE_BADVERS = 16, /* needs EDNS; TSIG errors are another numbering, see tsig.h */
};

/* In an UPDATE: zone (the question), prerequisites, updates, additional. */
enum dns_section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTION_MAX };
#define SECTION_PREREQUISITE SECTION_ANSWER
#define SECTION_UPDATE SECTION_AUTHORITY

struct question {
	struct name name;
	uint16_t type;
	uint16_t class;
};

struct rr {
	uint32_t ttl;
	uint16_t owner_at; /* offsets into the message */
	uint16_t rdata_at;
	uint16_t rdata_len;
	uint16_t type;
	uint16_t class;
	uint8_t section; /* enum dns_section */
};

struct message {
	const uint8_t *data; /* borrowed */
	size_t len;
	uint16_t id;
	uint16_t flags; /* FLAG_* and the rest, as in the header */
	uint16_t rcode; /* with the upper bits of EDNS */
	uint8_t opcode;
	uint8_t has_question;
	uint8_t has_edns;
	uint8_t edns_version;
	uint16_t edns_udp_size; /* at least 512 */
	uint16_t edns_at; /* rr[] number of the OPT record, when has_edns */
	uint16_t count; /* of rr */
	struct question question;
	struct rr rr[MESSAGE_RECORDS_MAX];
};

/*
 * Read a whole message.  0; or -1 when it breaks a rule: shorter than a header, more than one
 * question, more than MESSAGE_RECORDS_MAX records, a malformed name, RDATA of a known type that
 * does not fit its length exactly, two OPT records or one outside the additional section, octets
 * left over.  Empty RDATA is accepted where UPDATE has it: class ANY or NONE.
 * TSIG is only indexed here; tsig.h judges it.  A message of opcode DSO has no records but TLVs and
 * is refused here: on a stream ask dso_is first and read it with dso_parse.
 */
int message_parse(struct message *m, const void *data, size_t len);

/* Is it a response (QR) to the request with this opcode, id and question?  q NULL when the
 * question does not count: an UPDATE's answer may repeat it or not (RFC 2136 section 3.8). */
int message_is_reply(
    const struct message *m, enum dns_opcode opcode, uint16_t id, const struct question *q);

/* The next record of this owner, type and section in class IN; start with *pos = 0.
 * NULL when there is none left.  owner NULL = any, type TYPE_ANY = any. */
const struct rr *message_next(const struct message *m, size_t *pos, enum dns_section section,
    const struct name *owner, uint16_t type);

/* The data of an EDNS option; NULL when absent.  len may be 0 for a present one. */
const uint8_t *message_option(const struct message *m, uint16_t code, size_t *len);
/* The next of this code; start with *pos = 0. */
const uint8_t *message_option_next(
    const struct message *m, size_t *pos, uint16_t code, size_t *len);

/*
 * The zone in which domain lives (RFC 8765 section 6.1), from the answer to a question for the
 * domain's SOA: a negative one has the record in the authority section.  0, or -1 when there is
 * none, or it is that of another place, or of a top-level domain or the root: these answer for
 * domains that do not exist and are not to be bothered with updates.
 */
int message_zone(
    const struct message *m, const struct name *domain, struct name *zone, struct soa *soa);

/* Record contents.  Each returns 0, or -1 when the record is of another type or has no data. */
void rr_owner(const struct message *m, const struct rr *rr, struct name *out);
int rr_a(const struct message *m, const struct rr *rr, uint8_t out[4]);
int rr_aaaa(const struct message *m, const struct rr *rr, uint8_t out[16]);
/* PTR, NS, CNAME */
int rr_name(const struct message *m, const struct rr *rr, struct name *out);
int rr_srv(const struct message *m, const struct rr *rr, struct srv *out);
int rr_soa(const struct message *m, const struct rr *rr, struct soa *out);
/* Any type, names inside known types expanded; -1 when longer than RDATA_MAX. */
int rr_rdata(const struct message *m, const struct rr *rr, struct rdata *out);

/* "NOERROR", "REFUSED", ...; "RCODE" for an unknown one. */
const char *rcode_text(unsigned rcode);

/* Write a query with an empty OPT record (RFC 6891, 1232 octets); recursive != 0 asks for
 * recursion.  b starts empty and may be signed afterwards.  0, or -1 when it does not fit. */
int query_build(struct buf *b, uint16_t id, const struct question *q, int recursive);

/* Append an OPT record with these octets of options (each code, length, data; may be NULL, 0) and
 * count it in the header. */
void message_put_edns(struct buf *b, const void *options, size_t len);

#endif
