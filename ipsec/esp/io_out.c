/*
 * From the tunnel device to the sockets.  The work is of one thread at a time, the keeper, who also
 * keeps time: the in thread, which reads the device between its own work, until there is much of
 * either; then the out thread, until there has been little for a while.
 */
#include "base/clock.h"
#include "base/log.h"
#include "ipsec/esp/cut.h"
#include "ipsec/esp/io.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TUN_RETRY_MS 1000 /* the device is down or gone */
#define KEEPER_MUCH 16 /* packets at once: then two threads do more than one */
#define KEEPER_LEAN 16 /* times in a row there was less, and the in thread takes over */

/* Send what is sealed; what the tunnel answers itself goes back to the device. */
static void
send_batch(struct esp_io *io)
{
	struct io_out *o = io->out;
	size_t lost = io_send_trains(io);

	if (lost > 0)
		esp_drop_note(io->esp, ESP_DROP_SEND, 0, lost);
	for (size_t i = 0; i < o->n; i++)
		if (o->batch[i].len > 0 && o->batch[i].remote.family == 0)
			io_tun_write(io, o->batch[i].data, o->batch[i].len);
	o->n = o->used = 0;
}

static void
handle_batch(struct esp_io *io)
{
	struct io_out *o = io->out;

	o->taken += o->n;
	if (io->esp != NULL) {
		esp_outbound(io->esp, o->batch, o->n, clock_boot_ms());
		send_batch(io);
		return;
	}
	for (size_t i = 0; i < o->n && io->c.on_stray != NULL; i++)
		io->c.on_stray(io->c.ctx, o->batch[i].data, o->batch[i].len);
	o->n = o->used = 0;
}

/* Room for what the data plane sends by itself. */
static void
make_room(struct io_out *o)
{
	for (size_t i = 0; i < ESP_CHUNK; i++)
		o->batch[i].data = o->arena + i * IO_HELD_ROOM + ESP_FRONT;
}

static void
send_held(struct esp_io *io)
{
	struct io_out *o = io->out;

	do {
		make_room(o);
		o->n = esp_outbound_held(io->esp, o->batch, ESP_CHUNK, clock_boot_ms());
		if (o->n == 0)
			return;
		send_batch(io);
	} while (1);
}

/* Each by itself: a train goes as far as the next wire in one piece, and if that is too narrow for
 * the first of it all are lost. */
static void
send_probes(struct esp_io *io)
{
	struct io_out *o = io->out;
	size_t n;

	do {
		make_room(o);
		n = esp_outbound_probes(io->esp, o->batch, ESP_CHUNK, clock_boot_ms());
		for (size_t i = 0; i < n; i++) {
			o->batch[0] = o->batch[i];
			o->n = 1;
			send_batch(io);
		}
	} while (n > 0);
}

/* Room in the arena for one more packet, ESP around it: one behind the other, so that a train is
 * in one piece. */
static uint8_t *
take_room(struct esp_io *io, size_t len)
{
	struct io_out *o = io->out;
	size_t sealed = esp_sealed_len(len);
	uint8_t *data;

	if (o->n == TRAIN_BATCH || o->used + sealed > IO_ARENA)
		handle_batch(io);
	data = o->arena + o->used + ESP_FRONT;
	o->batch[o->n++] = (struct esp_packet) {.data = data, .len = len};
	o->used += sealed;
	return data;
}

/* In pieces that fit; as it is where that cannot be. */
static void
split_packet(struct esp_io *io, const uint8_t *packet, size_t len, size_t fit)
{
	struct split split;
	size_t n;

	if (split_begin(&split, packet, len, fit, ++io->out->splits) == -1) {
		memcpy(take_room(io, len), packet, len);
		return;
	}
	while ((n = split_len(&split)) > 0)
		split_next(&split, take_room(io, n));
}

static void
cut_packet(struct esp_io *io, size_t len)
{
	struct virtio_net_hdr header;
	struct esp_fit fit = {SIZE_MAX, SIZE_MAX};
	struct cut cut;
	size_t n;

	memcpy(&header, io->out->packet, VNET_LEN);
	if (cut_begin(&cut, &header, io->out->packet + VNET_LEN, len) == -1) {
		if (io->esp != NULL)
			esp_drop_note(io->esp, ESP_DROP_NOT_IPV6, 0, 1);
		return;
	}
	if (io->esp != NULL && esp_narrow(io->esp))
		fit = esp_fit(io->esp, io->out->packet + VNET_LEN, len, clock_boot_ms());
	while ((n = cut_len(&cut)) > 0) {
		if (n <= fit.whole || n > fit.most) {
			cut_next(&cut, take_room(io, n));
			continue;
		}
		cut_next(&cut, io->out->part);
		split_packet(io, io->out->part, n, fit.whole);
	}
}

/* Read until there is no more or enough, and send. */
static void
drain_tun(struct esp_io *io)
{
	struct io_out *o = io->out;

	o->broken = 0;
	o->taken = 0;
	while (o->n < IO_ENOUGH) {
		ssize_t len = io_tun_read(io);

		if (len > 0) {
			cut_packet(io, (size_t)len);
		} else if (len == 0 || errno != EINTR) {
			if (len == 0)
				errno = ENODEV;
			o->broken = errno != EAGAIN;
			break;
		}
	}
	if (o->n > 0) {
		int saved = errno;

		handle_batch(io);
		errno = saved;
	}
}

/* Let time pass in the data plane, and have the clock ring when it should pass again: poll would
 * not count sleep, and lifetimes do. */
static void
tick(struct esp_io *io)
{
	uint64_t now = clock_boot_ms();
	uint64_t ms = io->esp != NULL ? esp_tick(io->esp, now) : UINT64_MAX;
	uint64_t at = ms == UINT64_MAX ? UINT64_MAX : now + ms;
	struct itimerspec when = {0};

	if (at == io->set_ms)
		return;
	if (at != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(at / 1000);
		when.it_value.tv_nsec = (long)(at % 1000) * 1000000;
	}
	if (timerfd_settime(io->clock, TFD_TIMER_ABSTIME, &when, NULL) == -1)
		log_warn("timerfd");
	else
		io->set_ms = at;
}

/* Note, once for each time it happens, that the device fails. */
static void
report_tun(int was_broken, int broken)
{
	if (broken && !was_broken)
		log_warn("tunnel device: read");
	else if (was_broken && !broken)
		log_info("tunnel device: works again");
}

/* An eventfd or a timerfd. */
static void
clear(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == -1 && errno != EAGAIN)
		log_warn("eventfd: read");
}

static void
hand_over(struct esp_io *io, enum io_thread to)
{
	uint64_t one = 1;

	io->out->lean = 0;
	atomic_store(&io->keeper, to);
	if (write(io->wake[to], &one, sizeof(one)) == -1 && errno != EAGAIN)
		log_warn("eventfd: write");
}

/* Who reads the device next: the out thread when much leaves or comes in, and when a socket has no
 * room, for a wait is not to hold up what comes in. */
static void
choose_keeper(struct esp_io *io, enum io_thread who)
{
	struct io_out *o = io->out;
	int much = o->taken >= KEEPER_MUCH || o->wait_until_ms != 0 || atomic_load(&io->crowded);

	if (who == IO_IN) {
		if (much)
			hand_over(io, IO_OUT);
		return;
	}
	o->lean = much ? 0 : o->lean + 1;
	if (o->lean == KEEPER_LEAN)
		hand_over(io, IO_IN);
}

int
io_out_poll(struct esp_io *io, enum io_thread who, struct pollfd p[IO_OUT_FDS])
{
	int keeper = atomic_load(&io->keeper) == (int)who;
	int broken = keeper && io->out->broken;

	if (keeper)
		tick(io);
	p[0] = (struct pollfd) {.fd = keeper && !broken ? io->c.tun : -1, .events = POLLIN};
	p[1] = (struct pollfd) {.fd = io->wake[who], .events = POLLIN};
	p[2] = (struct pollfd) {.fd = keeper ? io->clock : -1, .events = POLLIN};
	return broken ? TUN_RETRY_MS : -1;
}

void
io_out_work(struct esp_io *io, enum io_thread who, const struct pollfd p[IO_OUT_FDS], int look)
{
	struct io_out *o = io->out;
	int was;

	if (p[1].revents != 0)
		clear(io->wake[who]);
	if (atomic_load(&io->keeper) != (int)who)
		return;
	if (p[2].revents != 0) {
		clear(io->clock);
		io->set_ms = 0;
	}
	o->wait_until_ms = 0;
	if (io->esp != NULL) {
		send_held(io);
		send_probes(io);
	}
	was = o->broken;
	if (p[0].revents == 0 && !look && !was)
		return;
	drain_tun(io);
	report_tun(was, o->broken);
	choose_keeper(io, who);
}

void *
io_out_main(void *ctx)
{
	struct esp_io *io = ctx;

	prctl(PR_SET_NAME, "esp-out");
	for (;;) {
		struct pollfd p[IO_OUT_FDS + 1];
		int ms = io_out_poll(io, IO_OUT, p);

		p[IO_OUT_FDS] = (struct pollfd) {.fd = io->stop, .events = POLLIN};
		if (poll(p, IO_OUT_FDS + 1, ms) == -1)
			continue;
		if (p[IO_OUT_FDS].revents != 0)
			return NULL;
		io_out_work(io, IO_OUT, p, 0);
	}
}
