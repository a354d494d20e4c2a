#include "ipsec/plane.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipsec/asked.h"
#include "ipsec/peers.h"
#include "ipsec/socket.h"
#include "ipsec/stray.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int is_kernel;
static int fds[IPSEC_FD_MAX];
static uint16_t own_port;
static struct esp *esp;
static struct esp_io *io;

void
plane_init(int kernel)
{
	is_kernel = kernel;
	for (int i = 0; i < IPSEC_FD_MAX; i++)
		fds[i] = -1;
}

int
plane_is_kernel(void)
{
	return is_kernel;
}

void
plane_set_fd(enum ipsec_fd_kind kind, int fd)
{
	if (fds[kind] != -1)
		fatalx("the manager sent descriptor %d twice", kind);
	fds[kind] = fd;
}

int
plane_fd(enum ipsec_fd_kind kind)
{
	return fds[kind];
}

uint16_t
plane_port(void)
{
	return own_port;
}

struct esp *
plane_esp(void)
{
	return esp;
}

/* ---- events of the data plane, from its threads ---- */

static struct asked asked; /* under the peers' lock */

/* Whoever claims the address is called; the certificate decides whose it is. */
static void
want(const uint8_t ula[16])
{
	uint64_t now = clock_boot_ms();
	int found = 0;

	peers_lock();
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		if (p == NULL || memcmp(p->ula, ula, 16) != 0)
			continue;
		call_want(&p->call, now);
		found = 1;
	}
	if (!found)
		asked_note(&asked, ula, now + CALL_WANTED_MS);
	peers_unlock();
	if (found)
		peers_wake();
}

int
plane_was_asked(const uint8_t ula[16], uint64_t now_ms)
{
	return asked_take(&asked, ula, now_ms);
}

static void
on_acquire(void *ctx, const uint8_t dst[16])
{
	want(dst);
}

static void
on_moved(void *ctx, uint32_t spi, const struct endpoint *from)
{
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = peers_by_spi(spi, 1, &t);
	if (p != NULL) {
		t->moved = 1;
		t->from = *from;
		peer_heard(p, clock_boot_ms());
	}
	peers_unlock();
	peers_wake();
}

static void
on_ready(void *ctx, const uint8_t peer[16])
{
	plane_release(peer);
}

static void
on_expired(void *ctx, uint32_t spi, int inbound, const struct endpoint *remote, int hard)
{
	struct tunnel *t;

	peers_lock();
	if (peers_by_spi(spi, inbound, &t) != NULL) {
		t->soft |= !hard;
		t->hard |= hard;
	}
	peers_unlock();
	peers_wake();
}

/* Kernel mode: a packet that no policy of the kernel's took. */
static void
on_stray(void *ctx, const void *packet, size_t len)
{
	uint8_t dst[16];

	if (stray_hold(packet, len, clock_boot_ms(), dst))
		want(dst);
}

static const struct esp_events events = {
    .acquire = on_acquire,
    .moved = on_moved,
    .ready = on_ready,
    .expired = on_expired,
};

int
plane_start(uint16_t port)
{
	struct esp_io_config config = {
	    .tun = fds[IPSEC_FD_TUN],
	    .udp4 = fds[IPSEC_FD_UDP4],
	    .udp6 = fds[IPSEC_FD_UDP6],
	    .on_ike = socket_receive,
	    .on_stray = is_kernel ? on_stray : NULL,
	};

	own_port = port;
	if (!is_kernel && (esp = esp_new(&events, NULL)) == NULL)
		return -1;
	io = esp_io_start(esp, &config);
	return io == NULL ? -1 : 0;
}

int
plane_send(
    const struct endpoint *local, const struct endpoint *remote, const void *data, size_t len)
{
	if (io == NULL) {
		errno = ENOTCONN;
		return -1;
	}
	return esp_io_send(io, local, remote, data, len);
}

void
plane_poke(const uint8_t ula[16])
{
	if (esp != NULL && io != NULL)
		esp_io_poke(io, ula);
}

void
plane_release(const uint8_t ula[16])
{
	if (is_kernel)
		stray_release(fds[IPSEC_FD_RAW6], ula, clock_boot_ms());
	else if (io != NULL)
		esp_io_release(io);
}

void
plane_stop(void)
{
	if (io != NULL)
		esp_io_stop(io);
}

void
plane_free(void)
{
	if (io != NULL)
		esp_io_free(io);
	if (esp != NULL)
		esp_free(esp);
	io = NULL;
	esp = NULL;
}
