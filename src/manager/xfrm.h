/* Does this kernel do ESP (XFRM) itself? */
#ifndef MANAGER_XFRM_H
#define MANAGER_XFRM_H

#include <stddef.h>

/* 1 when an ESP-in-UDP state like ours can be made (one is made and removed); else 0 with a phrase
 * in why. */
int xfrm_available(char *why, size_t size);

#endif
