#include "dnsupdate/client/llq_io.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "dnsupdate/client/exchange.h"
#include "dnsupdate/client/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each transmission has a signature of its own, and the answer to any of them is good. */
#define SIGNED_MAX (3 * LLQ_CLIENT_OUT_MAX)
#define BATCH 32 /* datagrams read at a time */

struct llq_io {
	struct llq_client *client;
	const struct tsig_signer *key;
	const struct llq_io_handler *handler;
	void *ctx;
	struct endpoint server;
	int fd;
	struct loop_fd *watch;
	unsigned next; /* of tsig */
	struct tsig_context tsig[SIGNED_MAX];
};

/* Does m answer a request of ours, signed as it was? */
static int
is_proven(struct llq_io *io, const struct message *m)
{
	for (unsigned i = 0; i < SIGNED_MAX; i++) {
		struct tsig_context once = io->tsig[i];

		if (once.key != NULL && once.id == m->id &&
		    tsig_verify(&once, m, clock_wall_sec(), NULL) == TSIG_OK)
			return 1;
	}
	return 0;
}

static void
take(struct llq_io *io, const uint8_t *data, size_t len)
{
	static struct message m;
	static struct question q;
	uint8_t room[512];
	struct buf ack = buf_writer(room, sizeof room);
	enum llq_heard heard;

	if (message_parse(&m, data, len) != 0 || (m.flags & FLAG_QR) == 0)
		return;
	heard = llq_client_take(io->client, &m, is_proven(io, &m), clock_boot_ms(), &q, &ack);
	if (ack.pos > 0)
		send(io->fd, room, ack.pos, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (heard != LLQ_HEARD_NOTHING)
		io->handler->heard(io->ctx, heard, &q, &m);
}

static void
readable(void *ctx, int ready)
{
	static uint8_t data[MESSAGE_MAX];
	struct llq_io *io = ctx;
	ssize_t n;

	(void)ready;
	for (int i = 0; i < BATCH; i++) {
		n = recv(io->fd, data, sizeof data, MSG_DONTWAIT);
		if (n < 0 && errno != EINTR && errno != ECONNREFUSED)
			break;
		if (n > 0)
			take(io, data, (size_t)n);
	}
	io->handler->wake(io->ctx);
}

static int
open_socket(const struct endpoint *server)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(server, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct llq_io *
llq_io_new(struct loop *l, const struct endpoint *server, struct llq_client *client,
    const struct tsig_signer *key, const struct llq_io_handler *handler, void *ctx)
{
	struct llq_io *io;
	int fd = open_socket(server);
	char text[ENDPOINT_TEXT_MAX];

	if (fd == -1) {
		log_warn("long-lived queries to %s", endpoint_text(server, text));
		return NULL;
	}
	if ((io = calloc(1, sizeof *io)) == NULL)
		fatal("llq");
	io->client = client;
	io->key = key;
	io->handler = handler;
	io->ctx = ctx;
	io->server = *server;
	io->fd = fd;
	io->watch = loop_fd_new(l, fd, LOOP_READ, readable, io);
	return io;
}

void
llq_io_free(struct llq_io *io)
{
	if (io == NULL)
		return;
	for (unsigned i = 0; i < SIGNED_MAX; i++)
		tsig_forget(&io->tsig[i]);
	loop_fd_free(io->watch);
	close(io->fd);
	free(io);
}

const struct endpoint *
llq_io_server(const struct llq_io *io)
{
	return &io->server;
}

int
llq_io_moved(const struct llq_io *io)
{
	return source_moved(io->fd);
}

void
llq_io_step(struct llq_io *io, uint64_t now)
{
	uint8_t room[EXCHANGE_ROOM];

	for (;;) {
		struct buf b = buf_writer(room, sizeof room - tsig_room(io->key));
		struct tsig_context *ctx = &io->tsig[io->next % SIGNED_MAX];

		if (!llq_client_next(io->client, now, &b))
			return;
		b.size = sizeof room;
		tsig_forget(ctx);
		if (tsig_sign(ctx, io->key, &b, clock_wall_sec()) != 0)
			return;
		io->next++;
		send(io->fd, room, b.pos, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}
