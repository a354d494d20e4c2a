/*
 * Routers that announce themselves.
 *
 * NAT-PMP's and PCP's multicasts to 224.0.0.1 and ff02::1, port
 * 5350 (RFC 6886 section 3.2.1, RFC 6887 section 14.1.3).  What they say is not even read: it can
 * be forged by anybody on the LAN.  That they were sent is a reason to ask.
 *
 * UPnP's to 239.255.255.250, port 1900, tell the same where that is all a router speaks; they are
 * repeated for ever, so only one that differs from the last (ssdp_alive) counts.
 */
#ifndef NATPMP_HINTS_H
#define NATPMP_HINTS_H

#include "base/addr.h"

struct loop;
struct hints;

/* heard gets the sender's address, the link it came by, and for UPnP ssdp_alive's number, else 0.
 * Out of memory ends the process. */
typedef void (*hints_heard)(
    void *ctx, const struct endpoint *router, uint32_t ifindex, uint32_t tag);
struct hints *hints_new(struct loop *l, hints_heard heard, void *ctx);
void hints_free(struct hints *h);

/* Listen for routers of this kind: IPv4 on all links, IPv6 on link ifindex.  Saying it again is
 * harmless.  Where another program has the port to itself there are no announcements, which costs
 * time and nothing else. */
void hints_listen(struct hints *h, unsigned family, uint32_t ifindex);
/* Listen for UPnP routers on the link that has this address of ours. */
void hints_listen_upnp(struct hints *h, const struct endpoint *local);

#endif
