/*
 * Addresses and endpoints as the program passes them around: a fixed-size value without
 * pointers, fit for messages between processes.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Where to send UDP to.  family 0 means "none". */
struct endpoint {
	uint8_t family; /* 0, 4 or 6 */
	uint8_t pad;
	uint16_t port; /* host order */
	uint16_t priority; /* as in SRV (RFC 2782): lower is tried first */
	uint16_t weight;
	uint8_t addr[16]; /* network order; IPv4 in the first four, the rest zero */
};

#define ENDPOINT_TEXT_MAX 56 /* "[address]:port" */
#define ADDR_TEXT_MAX 46

/* "192.0.2.1:4500" or "[2001:db8::1]:4500"; "none" for family 0.  Returns out. */
const char *endpoint_text(const struct endpoint *ep, char out[ENDPOINT_TEXT_MAX]);
/* The address alone, as text. */
const char *endpoint_addr_text(const struct endpoint *ep, char out[ADDR_TEXT_MAX]);
const char *ip6_text(const uint8_t addr[16], char out[ADDR_TEXT_MAX]);

/* Parse "ADDR", "ADDR:PORT", "[ADDR6]:PORT"; port is used when the text names none.
 * 0, or -1 when the text is no numeric address (names are never looked up). */
int endpoint_parse(const char *text, uint16_t port, struct endpoint *out);

/* Returns the length of the sockaddr, 0 for family 0. */
socklen_t endpoint_to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *out);
/* 0, or -1 for other families; IPv4-mapped IPv6 becomes IPv4. */
int endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *out);

/* Same family, address and port (priority and weight do not count). */
int endpoint_equal(const struct endpoint *a, const struct endpoint *b);
int endpoint_same_addr(const struct endpoint *a, const struct endpoint *b);
/* Does ep, as endpoint_equal compares, stand in the list of n? */
int endpoint_among(const struct endpoint *ep, const struct endpoint *list, uint32_t n);

/* A well-formed value: known family, unused octets zero. */
int endpoint_valid(const struct endpoint *ep);

/* Could a peer on the Internet reach this address?  No for private (RFC 1918, 4193), shared
 * (6598), loopback, link-local, documentation, multicast and other special ranges (6890). */
int endpoint_is_public(const struct endpoint *ep);
/* May we send to this address at all when DNS names it?  Private ranges yes (a peer in the same
 * LAN); loopback, multicast, unspecified, broadcast, link-local and ULAs no (a tunnel must never
 * run inside the tunnel). */
int endpoint_is_contactable(const struct endpoint *ep);

/* fc00::/7 (RFC 4193) */
int ip6_is_ula(const uint8_t addr[16]);

#endif
