/*
 * The search of UPnP (SSDP): where is the gateway's description?  Asks the gateway itself and the
 * multicast group, and listens to nobody but the gateway.
 */
#ifndef NATPMP_SSDP_H
#define NATPMP_SSDP_H

#include "base/addr.h"

#include <stddef.h>
#include <stdint.h>

/* Search from local's address.  0 with the URL of the description, which lies at the gateway;
 * -1: no answer; -2: the gateway pointed to another host.  Blocks for at most wait_ms. */
int ssdp_find(const struct endpoint *local, const struct endpoint *gateway, int wait_ms, char *url,
    size_t size);

/* PURE.  The LOCATION of a search answer.  0; -1 when it is none, is not whole or too long. */
int ssdp_location(const char *data, size_t len, char *url, size_t size);

/* PURE.  "I am here" of a UPnP device: 0 with a number that differs after its restart (of its
 * LOCATION and BOOTID.UPNP.ORG), never 0; -1 when it is anything else. */
int ssdp_alive(const char *data, size_t len, uint32_t *tag);

#endif
