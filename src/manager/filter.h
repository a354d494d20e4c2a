/*
 * What may come in over the tunnels: one nftables table of our own, "inet autotunnel", that nobody
 * else touches and that touches nobody else's.  Its chain decides about packets to this machine's
 * inner address only, and only ever says no: what it lets pass, the administrator's own firewall
 * may still refuse, and the other way round.  So it works beside ufw, firewalld and nftables.conf.
 *
 * It also drops what comes to the inner address in plain text, from a neighbour in the LAN say.
 */
#ifndef MANAGER_FILTER_H
#define MANAGER_FILTER_H

#include "manager/manager.h"

#define FILTER_SCRIPT_MAX 32768

/* A machine and its address, for rules that name one. */
struct filter_peer {
	char label[ALLOW_LABEL_MAX];
	uint8_t ula[16];
};

/* What nft(8) is to be told: pure.  Contains numbers, addresses and the interface's name, never a
 * text that somebody else chose.  Returns the length, 0 when it does not fit. */
size_t filter_script(const struct config *c, const uint8_t ula[16], const char *interface,
    const struct filter_peer *peer, size_t peers, char out[FILTER_SCRIPT_MAX]);

/* Bring the kernel's rules up to date, if they are not; m->filter_text says how that went. */
void filter_update(struct manager *m);
/* Take the table away. */
void filter_remove(struct manager *m);

#endif
