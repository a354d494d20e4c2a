/*
 * The socket of llq_client.h: signs what goes out, proves what comes back, acknowledges events.
 */
#ifndef CLIENT_LLQ_IO_H
#define CLIENT_LLQ_IO_H

#include "base/addr.h"
#include "dnsupdate/client/llq_client.h"
#include "dnsupdate/wire/tsig.h"
#include "loop/loop.h"

struct llq_io;

struct llq_io_handler {
	/* Something was heard; m is gone afterwards.  The socket may not be freed. */
	void (*heard)(
	    void *ctx, enum llq_heard heard, const struct question *q, const struct message *m);
	/* The machine may have something to send: call llq_io_step soon. */
	void (*wake)(void *ctx);
};

/* All are borrowed.  NULL when there is no such socket to be had (logged). */
struct llq_io *llq_io_new(struct loop *l, const struct endpoint *server, struct llq_client *client,
    const struct tsig_signer *key, const struct llq_io_handler *handler, void *ctx);
/* NULL is fine. */
void llq_io_free(struct llq_io *io);
const struct endpoint *llq_io_server(const struct llq_io *io);
/* Would a new socket have another address of ours?  Then the server answers to one that is gone. */
int llq_io_moved(const struct llq_io *io);

/* Send what is due. */
void llq_io_step(struct llq_io *io, uint64_t now);

#endif
