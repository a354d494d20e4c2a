/*
 * NAT-PMP (RFC 6886): one connected socket to one gateway, through libnatpmp.  When to send and
 * what an answer means is mapping.c's business.
 */
#ifndef NATPMP_PMP_H
#define NATPMP_PMP_H

#include "base/addr.h"

#include <stddef.h>
#include <stdint.h>

/* The question asked; NAT-PMP has one open question at a time. */
enum pmp_op {
	PMP_NONE,
	PMP_ADDRESS, /* what is your external address?  (opcode 0) */
	PMP_MAP, /* map this port (opcode 1 for UDP, 2 for TCP); lifetime 0 deletes */
};

/* Result codes (RFC 6886 section 3.5). */
enum pmp_result {
	PMP_OK,
	PMP_BAD_VERSION,
	PMP_NOT_AUTHORIZED,
	PMP_NETWORK_FAILURE,
	PMP_NO_RESOURCES,
	PMP_BAD_OPCODE,
};

struct pmp_answer {
	uint8_t op; /* enum pmp_op it answers */
	uint8_t has_epoch; /* no: the answer was in another protocol's layout */
	uint16_t result; /* enum pmp_result, or a code we do not know */
	uint32_t epoch; /* seconds */
	uint8_t address[4]; /* PMP_ADDRESS, result 0 */
	uint16_t port; /* PMP_MAP, result 0: the external port granted */
	uint32_t lifetime_sec;
};

struct pmp;

/* A socket from local's address, on interface ifindex when it is not 0, to gateway's port 5351.
 * NULL with errno. */
struct pmp *pmp_open(
    const struct endpoint *gateway, const struct endpoint *local, uint32_t ifindex);
void pmp_close(struct pmp *p);
/* To be watched for reading. */
int pmp_fd(const struct pmp *p);

/* Send once; asking again replaces the question.  0; -1 when the gateway refuses packets (ICMP);
 * other trouble is a packet lost. */
int pmp_ask_address(struct pmp *p);
int pmp_ask_map(
    struct pmp *p, unsigned proto, uint16_t local_port, uint16_t port, uint32_t lifetime_sec);

/* 1 = an answer to the open question, 0 = none (yet), -1 = the gateway refuses packets. */
int pmp_read(struct pmp *p, struct pmp_answer *out);

/* Is this packet a whole answer to op, about proto and local_port?  PURE.  libnatpmp looks at
 * neither the length nor the opcode it waits for; this does. */
int pmp_packet_fits(
    const uint8_t *data, size_t len, enum pmp_op op, unsigned proto, uint16_t local_port);

#endif
