/*
 * The sockets.  UDP in batches: up to LIMIT_BATCH packets a system call, in and out.  TCP: accepted
 * here, then conn.h's; TLS: secure.h's in between.  Sockets are opened here or come from systemd
 * (LISTEN_FDS).
 */
#ifndef DNSUPDATE_SERVER_NET_LISTEN_H
#define DNSUPDATE_SERVER_NET_LISTEN_H

#include "base/addr.h"
#include "dnsupdate/server/net/conn.h"
#include "dnsupdate/server/request.h"
#include "loop/loop.h"

struct listeners;
struct secure;

struct listeners *listeners_new(struct loop *l, struct server *s, struct conns *conns);
void listeners_free(struct listeners *ls);

/* Open UDP and TCP at this address (port 0: a free one, the same for both).  0, or -1 with errno.
 */
int listeners_open(struct listeners *ls, const struct endpoint *at);
/* TLS connections are taken over by s; all listeners at TCP ports of the second function, and those
 * adopted whose port is 853, are for them.  Without it none are. */
void listeners_set_secure(struct listeners *ls, struct secure *s);
int listeners_open_tls(struct listeners *ls, const struct endpoint *at);
int listeners_have_tls(const struct listeners *ls);
/* Use a socket that is bound already; its kind is found out.  Its number, or -1 when it is none we
 * know. */
int listeners_adopt(struct listeners *ls, int fd);
/* From now on no connection is accepted: those that come wait in the socket, for the next server if
 * the socket is systemd's, else they are reset when it closes.  UDP is served on. */
void listeners_refuse(struct listeners *ls);
size_t listeners_count(const struct listeners *ls);
/* What a listener is bound to.  -1 for a wrong number. */
int listeners_address(const struct listeners *ls, unsigned number, struct endpoint *out);

/* Send to who asked: over UDP with the next flush, over a stream as conn_reply. */
void listeners_send(struct listeners *ls, const struct requester *to, const void *data, size_t len);
/* Send what waits; done by itself at the end of each batch. */
void listeners_flush(struct listeners *ls);

#endif
