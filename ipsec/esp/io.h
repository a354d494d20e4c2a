/* What struct esp_io is made of.  For esp_io.c and io_*.c only. */
#ifndef IPSEC_ESP_IO_STATE_H
#define IPSEC_ESP_IO_STATE_H

#include "ipsec/esp/esp_io.h"
#include "ipsec/esp/links.h"
#include "ipsec/esp/merge.h"
#include "ipsec/esp/seal.h"
#include "ipsec/esp/split.h"
#include "ipsec/esp/train.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define IO_ENOUGH 64 /* packets read before they are sent */
#define IO_ARENA (256 << 10) /* more than TRAIN_BATCH sealed packets, or one of 64 kB */
#define IO_HELD_ROOM (ESP_PACKET_MAX + 64)
#define IO_MESSAGES 32 /* received at once when they are small */
#define IO_MESSAGES_LARGE 4 /* and when they are large: so that they stay in the cache */
#define IO_LARGE 16384
#define IO_IN_ROOM 65536

/* Not in the headers of Debian 12's libc. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* Room for the address a packet came to or shall leave from, its class and its segments' size. */
union io_control {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int))];
};

/* Trains on their way out through one socket. */
struct io_run {
	int fd, family;
	int segment; /* UDP_SEGMENT works here */
	unsigned int n;
	struct mmsghdr msg[TRAIN_BATCH];
	struct train *train[TRAIN_BATCH];
	struct sockaddr_storage to[TRAIN_BATCH];
	union io_control control[TRAIN_BATCH];
};

/* Which of the two threads. */
enum io_thread { IO_OUT, IO_IN };

/* Of whoever is the keeper: io_out.c. */
struct io_out {
	int broken; /* the device gave an error */
	size_t taken; /* packets from it, the last time */
	uint64_t wait_until_ms; /* a socket had no room the last time: for how long; 0 = it had */
	unsigned int lean; /* times in a row that it had little for the out thread */
	uint8_t packet[VNET_LEN + VNET_PACKET_MAX]; /* as the device gives it */
	uint8_t arena[IO_ARENA]; /* cut and sealed */
	uint8_t part[VNET_PACKET_MAX]; /* cut, and to be split */
	uint32_t splits; /* identifies what was split last */
	size_t used;
	size_t n;
	struct esp_packet batch[TRAIN_BATCH];
	struct trains trains;
	struct io_run run4, run6;
};

struct io_in {
	uint8_t room[IO_MESSAGES][IO_IN_ROOM];
	size_t n;
	struct esp_packet batch[ESP_CHUNK];
	unsigned int take; /* messages next time */
	struct mmsghdr msg[IO_MESSAGES];
	struct iovec iov[IO_MESSAGES];
	struct sockaddr_storage from[IO_MESSAGES];
	union io_control control[IO_MESSAGES];
	struct merge merge;
	uint8_t whole[VNET_PACKET_MAX], part[VNET_PACKET_MAX]; /* see io_tun.c */
};

struct esp_io {
	struct esp *esp; /* NULL in kernel mode */
	struct esp_io_config c;
	atomic_uint offload; /* in use */
	uint16_t port4, port6; /* our own */
	atomic_int keeper; /* enum io_thread: has the device, the clock, and `out` */
	atomic_int crowded; /* more came in than the in thread takes at once, the last time */
	int wake[2]; /* by enum io_thread, eventfd: something for the keeper to look at */
	int stop; /* eventfd: readable from esp_io_stop on */
	int clock; /* timerfd: something is due, also when the machine has slept */
	uint64_t set_ms; /* when it rings; UINT64_MAX = not, 0 = has rung.  The keeper's. */
	int running; /* threads started: 0, 1 (out), 2 (out and in) */
	pthread_t out_thread, in_thread;
	struct links links;
	struct io_out *out;
	struct io_in *in;
};

/* The two threads; ctx is the struct esp_io. */
void *io_out_main(void *ctx);
void *io_in_main(void *ctx);

#define IO_OUT_FDS 3
/* For the thread `who`, before it sleeps: what it polls beside its own, and for how many ms. */
int io_out_poll(struct esp_io *io, enum io_thread who, struct pollfd p[IO_OUT_FDS]);
/* And after: what there is to do if it is the keeper.  look = the device may have something though
 * poll did not say so. */
void io_out_work(
    struct esp_io *io, enum io_thread who, const struct pollfd p[IO_OUT_FDS], int look);

/* Set options; 0 or -1 with errno.  *port becomes the socket's own. */
int io_socket_set_up(struct esp_io *io, int fd, int family, uint16_t *port);
/* Prepare ancillary data; and add some. */
void io_control_begin(struct msghdr *m, union io_control *control);
void io_control_add(struct msghdr *m, int level, int type, const void *data, size_t len);

/* Leave from this address of ours; by this link, unless it is 0. */
void io_control_way(struct msghdr *m, const struct endpoint *from, uint32_t link);

/* Send the trains of a batch; returns how many packets the sockets did not take. */
size_t io_send_trains(struct esp_io *io);

/* One packet from the device, header in front, into o->packet.  Its length without the header; -1
 * with errno, EAGAIN when there is none. */
ssize_t io_tun_read(struct esp_io *io);
/* One packet to the device.  0 or -1. */
int io_tun_write(struct esp_io *io, const uint8_t *packet, size_t len);
/* The same as merge.h gives it; ctx is the struct esp_io. */
merge_write io_tun_write_pieces;

#endif
