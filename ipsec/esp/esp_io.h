/*
 * The threads that move packets: tunnel device <-> struct esp <-> UDP sockets.  IKE shares the
 * UDP port: datagrams that begin with the non-ESP marker (RFC 3948 2.2) go to on_ike.
 */
#ifndef IPSEC_ESP_IO_H
#define IPSEC_ESP_IO_H

#include "ipsec/esp/esp.h"

struct esp_io;

/* What makes few large calls of many small ones.  Each can be missing. */
#define ESP_IO_VNET 1u /* the device speaks of packets to be cut (IFF_VNET_HDR) */
#define ESP_IO_USO 2u /* and takes large UDP packets, too (Linux 6.2) */
#define ESP_IO_SEGMENT 4u /* UDP_SEGMENT (Linux 4.18) */
#define ESP_IO_GRO 8u /* UDP_GRO (Linux 5.0) */
#define ESP_IO_MERGE 16u /* merge.h; wants ESP_IO_VNET */
#define ESP_IO_ALL 31u

struct esp_io_config {
	int tun; /* non-blocking, IFF_TUN | IFF_NO_PI; borrowed */
	int udp4; /* bound; borrowed; -1 for none */
	int udp6;
	/* ESP_IO_*: the first two say what the device is, the others what may be used if this
	 * kernel has it. */
	unsigned int offload;
	/* IKE datagram, marker still in front; local is our own address and port it came to.
	 * Called from the receiving thread: queue it and return. */
	void (*on_ike)(void *ctx, const void *data, size_t len, const struct endpoint *local,
	    const struct endpoint *remote);
	/* NULL esp = kernel mode: only IKE is received, and packets read from tun go to on_stray.
	 */
	void (*on_stray)(void *ctx, const void *packet, size_t len);
	void *ctx;
};

/* Start the threads.  Sets the socket options it needs (packet info, buffers).  NULL with errno. */
struct esp_io *esp_io_start(struct esp *e, const struct esp_io_config *config);
/* What is in use: ESP_IO_*.  One that turns out not to work is given up while running. */
unsigned int esp_io_offload(const struct esp_io *io);
/* The link (interface index) by which IKE has come to this address of ours; 0 = not known. */
uint32_t esp_io_link(struct esp_io *io, const struct endpoint *local);
/* Send a datagram from the shared port.  local family 0 = let routing choose the source; link 0 =
 * and the way.  0 or -1 with errno.  Any thread. */
int esp_io_send(struct esp_io *io, const struct endpoint *local, uint32_t link,
    const struct endpoint *remote, const void *data, size_t len);
/* Send an empty packet to the peer with this ULA; to where it is (NULL), or may be: it follows to
 * where the packet comes from.  Any thread. */
void esp_io_poke(struct esp_io *io, const uint8_t remote[16], const struct endpoint *to);
/* A policy was added: send what is held, and mind the new SA's lifetime (the threads call esp_tick
 * themselves).  Any thread. */
void esp_io_release(struct esp_io *io);
/* End the threads; the descriptors stay open, esp_io_send keeps working until esp_io_free. */
void esp_io_stop(struct esp_io *io);
void esp_io_free(struct esp_io *io);

#endif
