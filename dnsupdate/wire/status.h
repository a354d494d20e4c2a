/*
 * The TXT record at _autotunnel._udp.HOST: "v=1 e=7 x=1700000000 nat=natpmp in=yes os=linux", each
 * a string of its own (RFC 6763 section 6).  See autotunnel-records(7).
 */
#ifndef DNSUPDATE_WIRE_STATUS_H
#define DNSUPDATE_WIRE_STATUS_H

#include "dnsupdate/wire/rdata.h"

struct host_status {
	uint64_t epoch; /* e=, one more in each update */
	uint64_t expires_sec; /* x=, wall clock; 0 = not said */
	uint8_t nat; /* enum nat_kind */
	uint8_t inbound; /* enum inbound */
	char os[MSG_WORD_MAX];
};

/* 0, or -1 when a value is none. */
int status_to_txt(const struct host_status *s, struct rdata *out);
/* "v=1 e=EPOCH x=SINCE": a machine that took its records away at that time. */
int status_withdrawn_to_txt(uint64_t epoch, uint64_t since_sec, struct rdata *out);
/* Unknown keys are ignored, bad values read as unknown; of a key said twice the first counts.
 * 0, or -1 when it is no TXT or does not say v=1 (out is then zero). */
int status_from_txt(struct host_status *out, const struct rdata *txt);

/* "natpmp" <-> NAT_KIND_NATPMP; NULL / NAT_KIND_UNKNOWN for what is none. */
const char *nat_kind_text(unsigned kind);
enum nat_kind nat_kind_parse(const char *text);
const char *inbound_text(unsigned inbound);
enum inbound inbound_parse(const char *text);

#endif
