/*
 * Signed messages that came before.  Who sends one has the key, unless he has only heard it: for
 * five minutes, until the time in it is too old, a captured one would open a connection of his own
 * to private zones.  So only a message that is seen for the first time says who is on a connection.
 */
#ifndef DNSUPDATE_SERVER_NET_SEEN_H
#define DNSUPDATE_SERVER_NET_SEEN_H

#include <stddef.h>
#include <stdint.h>

/* MACs in a table of fixed size: one in the same place makes place, which only those who have a key
 * can bring about. */
struct seen;

struct seen *seen_new(void);
void seen_free(struct seen *s);

/* Note this MAC (at least 8 octets); 1 when it is new. */
int seen_first(struct seen *s, const uint8_t *mac, size_t len);

#endif
