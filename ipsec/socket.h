/* socket_t over the data plane's UDP port: IKE datagrams in both directions. */
#ifndef IPSEC_SOCKET_H
#define IPSEC_SOCKET_H

#include "base/addr.h"

#include <stddef.h>

/* For the receiving thread (esp_io's on_ike): queue a datagram for libcharon.  Dropped when the
 * queue is full. */
void socket_receive(void *ctx, const void *data, size_t len, const struct endpoint *local,
    const struct endpoint *remote);

/* For socket_register: returns a socket_t. */
void *socket_make(void);

#endif
