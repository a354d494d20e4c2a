/* What struct esp_io is made of.  For esp_io.c, io_out.c and io_in.c only. */
#ifndef IPSEC_ESP_IO_STATE_H
#define IPSEC_ESP_IO_STATE_H

#include "ipsec/esp/esp_io.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#define IO_BATCH 64
#define IO_FRONT 16 /* room before an inner packet: ESP header and IV */
#define IO_OUT_ROOM (ESP_PACKET_MAX + 64)
#define IO_IN_ROOM 10240 /* the largest IKE message libcharon takes is 10000 octets */

/* Room for the address a packet came to, or shall leave from. */
union io_control {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* A batch on its way out through one socket. */
struct io_run {
	int fd;
	unsigned int n;
	struct mmsghdr msg[IO_BATCH];
	struct iovec iov[IO_BATCH];
	struct sockaddr_storage to[IO_BATCH];
};

struct io_out {
	uint8_t room[IO_BATCH][IO_OUT_ROOM];
	struct esp_packet batch[IO_BATCH];
	struct io_run run4, run6;
};

struct io_in {
	uint8_t room[IO_BATCH][IO_IN_ROOM];
	struct esp_packet batch[IO_BATCH];
	struct mmsghdr msg[IO_BATCH];
	struct iovec iov[IO_BATCH];
	struct sockaddr_storage from[IO_BATCH];
	union io_control control[IO_BATCH];
};

struct esp_io {
	struct esp *esp; /* NULL in kernel mode */
	struct esp_io_config c;
	uint16_t port4, port6; /* our own */
	int wake; /* eventfd: something for the out thread to look at */
	int stop; /* eventfd: readable from esp_io_stop on */
	int running; /* threads started: 0, 1 (out), 2 (out and in) */
	pthread_t out_thread, in_thread;
	struct io_out *out;
	struct io_in *in;
};

/* The two threads; ctx is the struct esp_io. */
void *io_out_main(void *ctx);
void *io_in_main(void *ctx);

#endif
