/*
 * One end of a SOCK_SEQPACKET connection that speaks msg.h.  Knows no event loop: the caller
 * polls channel->fd.  Never queues: when the kernel's buffer is full, send gives EAGAIN and the
 * caller, who keeps the state, says it again when the descriptor is writable.
 */
#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

#include "base/msg.h"

struct channel {
	int fd;
	enum msg_role self;
	enum msg_role peer;
};

/* Make fd non-blocking and close-on-exec. */
void channel_init(struct channel *ch, int fd, enum msg_role self, enum msg_role peer);

/* Send a message made with msg_begin; fd -1 for none (fd stays the caller's).
 * 0; or -1 with errno: EAGAIN = full, EPIPE or ECONNRESET = peer gone, EBADMSG = our own message
 * breaks the rules (logged: a bug). */
int channel_send(struct channel *ch, const union msg *m, int fd);

/*
 * Receive one checked message into *m.  *fd gets the descriptor that came along (the caller's
 * to close) or -1.
 *  1  a message
 *  0  none now
 * -1  the peer is gone (errno ECONNRESET) or broke the rules (errno EBADMSG, logged)
 */
int channel_recv(struct channel *ch, union msg *m, int *fd);

#endif
