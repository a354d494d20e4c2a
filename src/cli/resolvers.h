/* Questions to the resolvers in /etc/resolv.conf, as any program's would be asked. */
#ifndef CLI_RESOLVERS_H
#define CLI_RESOLVERS_H

#include "cli/exchange.h"

#define RESOLVERS_MAX 3 /* as resolv.conf(5) */

/* Returns how many there are. */
int resolvers_read(struct endpoint out[RESOLVERS_MAX]);
/* Ask one; 0 when reply->message is a good answer (there may be no such name). */
int resolver_ask(const struct endpoint *resolver, const struct name *name, uint16_t type,
    struct exchange_reply *reply);
/* Ask one after the other, the first good answer counts. */
int resolvers_ask(const struct name *name, uint16_t type, struct exchange_reply *reply);
/* The addresses of a host, at most max.  reply is room.  Returns how many. */
uint8_t resolvers_host(const struct name *host, uint16_t port, struct exchange_reply *reply,
    struct endpoint *out, uint8_t max);

#endif
