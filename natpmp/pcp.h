/*
 * PCP (RFC 6887): requests and answers as octets (pcp.c, PURE), and one connected socket to one
 * gateway (pcp_socket.c).  When to send and what an answer means is mapping_pcp.c's business.
 */
#ifndef NATPMP_PCP_H
#define NATPMP_PCP_H

#include "base/addr.h"

#include <stddef.h>
#include <stdint.h>

#define PCP_PORT 5351
#define PCP_PACKET_MAX 1100 /* RFC 6887 section 7 */
#define PCP_REQUEST_MAX 60 /* the longest of ours: a MAP request */
#define PCP_NONCE_LEN 12

enum pcp_op {
	PCP_ANNOUNCE, /* what is your epoch? changes nothing (section 14.1) */
	PCP_MAP, /* map this port; lifetime 0 deletes (section 11) */
};

/* Result codes (section 7.4). */
enum pcp_result {
	PCP_SUCCESS,
	PCP_UNSUPP_VERSION,
	PCP_NOT_AUTHORIZED,
	PCP_MALFORMED_REQUEST,
	PCP_UNSUPP_OPCODE,
	PCP_UNSUPP_OPTION,
	PCP_MALFORMED_OPTION,
	PCP_NETWORK_FAILURE,
	PCP_NO_RESOURCES,
	PCP_UNSUPP_PROTOCOL,
	PCP_USER_EX_QUOTA,
	PCP_CANNOT_PROVIDE_EXTERNAL,
	PCP_ADDRESS_MISMATCH,
	PCP_EXCESSIVE_REMOTE_PEERS,
};

struct pcp_request {
	uint8_t op; /* enum pcp_op */
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	uint8_t pad[2];
	uint32_t lifetime_sec;
	struct endpoint client; /* our address, and the port to map */
	struct endpoint external; /* suggested; family 0 = any address */
	uint8_t nonce[PCP_NONCE_LEN];
};

struct pcp_answer {
	uint8_t op; /* enum pcp_op it answers */
	uint8_t result; /* enum pcp_result, or a code we do not know */
	uint8_t pad[2];
	uint32_t lifetime_sec; /* of the mapping; with an error, how long it will hold */
	uint32_t epoch; /* seconds */
	struct endpoint external; /* MAP with result 0: what was assigned */
};

enum pcp_fit {
	PCP_FOREIGN, /* no answer to this request: to be ignored */
	PCP_ANSWER, /* *out is filled */
	PCP_OLDER, /* "I speak NAT-PMP only", in the one layout or the other */
};

/* The octets of a request; their number. */
size_t pcp_write(const struct pcp_request *req, uint8_t out[PCP_REQUEST_MAX]);

/*
 * Is this packet an answer to req?  The sender has been checked (a connected socket).  A MAP
 * answer has to carry our nonce, protocol and port (section 11.4).  Beyond the letter of the RFC:
 * a refusal may come without the MAP part where the server did not understand it (results 1, 3,
 * 4), and a NAT-PMP router's "unsupported version" is understood although its R bit may be clear
 * and it is short (RFC 6886 section 3.5 against RFC 6887 section 8.3).
 */
enum pcp_fit pcp_read(
    const uint8_t *data, size_t len, const struct pcp_request *req, struct pcp_answer *out);

/* ---- the socket ---- */

struct pcp;

/* From local's address, on interface ifindex when it is not 0, to gateway's port 5351.  NULL with
 * errno. */
struct pcp *pcp_open(
    const struct endpoint *gateway, const struct endpoint *local, uint32_t ifindex);
void pcp_close(struct pcp *p);
/* To be watched for reading. */
int pcp_fd(const struct pcp *p);
/* Send once; asking again replaces the question.  0; -1 when the gateway refuses packets (ICMP);
 * other trouble is a packet lost. */
int pcp_ask(struct pcp *p, const struct pcp_request *req);
/* PCP_ANSWER, PCP_OLDER, PCP_FOREIGN = nothing (yet), -1 = the gateway refuses packets. */
int pcp_hear(struct pcp *p, struct pcp_answer *out);

#endif
