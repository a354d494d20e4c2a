/* Does this kernel do ESP (XFRM) itself? */
#ifndef MANAGER_XFRM_H
#define MANAGER_XFRM_H

#include <stddef.h>
#include <stdint.h>

/* 1 when an ESP-in-UDP state like ours can be made (one is made and removed); else 0 with a phrase
 * in why. */
int xfrm_available(char *why, size_t size);

/* Remove what an IKE worker that died has left: policies between addresses of our account (our
 * ULA's /48) would swallow packets, and states of our UDP port are of no use any more.  Others' are
 * not touched. */
void xfrm_clean(const uint8_t ula[16], uint16_t port);

#endif
