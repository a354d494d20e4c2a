/*
 * Holes in an IPv6 firewall by UPnP (IGD 2, WANIPv6FirewallControl:1).  miniupnpc can say this, but
 * not from an address of our choice, and a router opens a hole only to the address that asks: so
 * the one SOAP call is made here, from our global address to the router's link-local one.  Used in
 * the throw-away child.
 */
#ifndef NATPMP_PINHOLE_H
#define NATPMP_PINHOLE_H

#include "natpmp/igd.h"

#include <stddef.h>

/* Open a hole to req->local's port from anywhere, or close hole number req->port.  control is the
 * URL of the service as the description gave it, at the IPv4 gateway; its port and path are used.
 * 0 with *id for an opened one; an UPnP error (> 0); -1 when the answer makes no sense. */
int pinhole_ask(
    const struct igd_request *req, const char *service, const char *control, uint32_t *id);

/* PURE.  What a router answered: 0 with *id (0 where it names none), its UPnP error, or -1. */
int pinhole_answer(const char *text, size_t len, uint32_t *id);

#endif
