/*
 * What is remembered of the other machines on disk (state-dir/peers): so that a machine that starts
 * while the name server is away, or does not like its clock, has their names and calls them where
 * they were.  What the server says counts as soon as it says something.  The account's domain, then
 * a line each, its words separated by one space:
 *
 *	domain alice.example.com
 *	nas.alice.example.com fd12:3456:789a::1 37 1795312345 2 1 linux 20/0/192.0.2.1:4500
 *
 * name, address inside (- = not known), epoch, expiry (seconds, 0 = none), nat and inbound as
 * numbers, os
 * (- = not known), and each contact as priority, weight and address.
 */
#ifndef MANAGER_RECALL_H
#define MANAGER_RECALL_H

#include "base/msg.h"

#define RECALL_LINE_MAX 1024

/* Read a line, without its end, of a machine in domain.  0, or -1 when it is not exactly what
 * recall_print writes. */
int recall_parse(const char *line, const char *domain, struct msg_dns_peer *out);
/* The line, without an end.  Returns its length. */
size_t recall_print(const struct msg_dns_peer *peer, char out[RECALL_LINE_MAX]);

/* Does b say something new that is worth keeping?  Epoch and expiry alone are not: they change all
 * the time. */
int recall_differs(const struct msg_dns_peer *a, const struct msg_dns_peer *b);

/* Call learn for each machine remembered.  Lines that are damaged are left out (logged once); a
 * file of another account counts for nothing. */
void recall_load(const char *statedir, const char *domain,
    void (*learn)(void *ctx, const struct msg_dns_peer *peer), void *ctx);
/* 0, or -1 with errno. */
int recall_save(const char *statedir, const char *domain, const struct msg_dns_peer *const *peers,
    size_t count);

#endif
