#include "ipsec/plane.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ipsec/asked.h"
#include "ipsec/esp/probe.h"
#include "ipsec/net.h"
#include "ipsec/peers.h"
#include "ipsec/sad.h"
#include "ipsec/socket.h"
#include "ipsec/stray.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static int is_kernel;
static int fds[IPSEC_FD_MAX];
static uint16_t own_port;
static uint32_t device; /* IPSEC_TUN_* */
static uint32_t own_mtu;
static struct esp *esp;
static struct esp_io *io;
static atomic_int dropped; /* of nobody's: not said yet */

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
plane_set_fd(enum ipsec_fd_kind kind, int fd, uint32_t tun)
{
	if (fds[kind] != -1)
		fatalx("the manager sent descriptor %d twice", kind);
	fds[kind] = fd;
	if (kind == IPSEC_FD_TUN)
		device = tun;
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
		if (p->call.wanted_ms <= now && peer_tunnel(p) == NULL)
			peer_step(p, 0, IPSEC_STEP_WANTED, NULL, "");
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
	uint8_t ula[16];
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = peers_by_spi(spi, 1, &t);
	if (p != NULL) {
		t->moved = 1;
		t->from = *from;
		peer_heard(p, clock_boot_ms());
		memcpy(ula, p->ula, sizeof ula);
	}
	peers_unlock();
	/* It may not know where we are, when both have moved.  This ends: who sees us where we were
	 * does not answer. */
	if (p != NULL)
		plane_poke(ula, NULL);
	peers_wake();
}

static void
on_ready(void *ctx, const uint8_t peer[16])
{
	plane_release(peer);
}

static void
on_narrow(void *ctx, const uint8_t ula[16], uint32_t size)
{
	char name[MSG_NAME_MAX] = "";

	peers_lock();
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		if (p != NULL && memcmp(p->ula, ula, 16) == 0)
			str_copy(name, sizeof name, p->name);
	}
	peers_unlock();
	if (size != 0)
		log_info(
		    "peer %s: nothing larger than %u octets comes through, and no router says so",
		    name, size);
	else
		log_info("peer %s: packets of full size come through again", name);
}

/* The tunnel's traffic is to be counted, and more often from now on (usage.c). */
static void
on_used(void *ctx, uint32_t id, int inbound)
{
	uint32_t spi = inbound ? id : sad_inbound_spi(id);
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	if ((p = peers_by_spi(spi, 1, &t)) != NULL)
		p->active_ms = clock_boot_ms();
	peers_unlock();
	peers_wake();
}

static void
on_expired(void *ctx, uint32_t id, int inbound, int hard)
{
	uint32_t spi = inbound ? id : sad_inbound_spi(id);
	struct tunnel *t;

	peers_lock();
	if (peers_by_spi(spi, 1, &t) != NULL) {
		t->soft |= !hard;
		t->hard |= hard;
	}
	peers_unlock();
	peers_wake();
}

static void
on_dropped(void *ctx)
{
	atomic_store(&dropped, 1);
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
    .narrow = on_narrow,
    .used = on_used,
    .expired = on_expired,
    .dropped = on_dropped,
};

/* What the data plane counts as ESP_DROP_*, everybody else knows as IPSEC_DROP_*. */
_Static_assert((int)ESP_DROP_MAX == (int)IPSEC_DROP_MAX &&
	(int)ESP_DROP_REPLAY == (int)IPSEC_DROP_REPLAY &&
	(int)ESP_DROP_SELECTOR == (int)IPSEC_DROP_SELECTOR &&
	(int)ESP_DROP_DEVICE == (int)IPSEC_DROP_DEVICE && ESP_IO_VNET == IPSEC_OFFLOAD_TSO &&
	ESP_IO_USO == IPSEC_OFFLOAD_USO && ESP_IO_SEGMENT == IPSEC_OFFLOAD_SEGMENT &&
	ESP_IO_GRO == IPSEC_OFFLOAD_GRO && ESP_IO_MERGE == IPSEC_OFFLOAD_MERGE,
    "two names for one thing");

/* The device speaks as it was made; the rest is used unless it shall not be. */
static unsigned
offload(const struct msg_ipsec_self *self)
{
	unsigned may =
	    (device & IPSEC_TUN_VNET ? ESP_IO_VNET : 0) | (device & IPSEC_TUN_USO ? ESP_IO_USO : 0);

	return self->plain ? may : may | ESP_IO_SEGMENT | ESP_IO_GRO | ESP_IO_MERGE;
}

int
plane_start(const struct msg_ipsec_self *self)
{
	struct esp_io_config config = {
	    .tun = fds[IPSEC_FD_TUN],
	    .udp4 = fds[IPSEC_FD_UDP4],
	    .udp6 = fds[IPSEC_FD_UDP6],
	    .offload = offload(self),
	    .on_ike = socket_receive,
	    .on_stray = is_kernel ? on_stray : NULL,
	};

	own_port = self->port;
	own_mtu = self->mtu;
	if (!is_kernel && (esp = esp_new(&events, NULL)) == NULL)
		return -1;
	io = esp_io_start(esp, &config);
	return io == NULL ? -1 : 0;
}

void
plane_describe(struct msg_ipsec_ready *ready)
{
	if (esp == NULL)
		return;
	ready->offload = esp_io_offload(io);
	esp_crypto_text(ready->crypto, sizeof ready->crypto);
}

uint32_t
plane_mtu(const struct endpoint *remote)
{
	const uint32_t around = (remote->family == 6 ? 40 : 20) + 8;
	uint32_t path = net_path_mtu(remote), mtu, least;

	if (path <= around)
		return own_mtu;
	mtu = (uint32_t)esp_inner_max(path - around);
	/* Of what is larger than a narrow path of IPv4 routers make fragments; of IPv6's there is
	 * none narrower than this. */
	least = remote->family == 6 ? PROBE_FLOOR : ESP_MTU_MIN;
	if (mtu < least)
		return least;
	return mtu < own_mtu ? mtu : own_mtu;
}

void
plane_know(const uint8_t ula[16])
{
	if (esp != NULL && esp_peer_know(esp, ula) == -1)
		log_debug("too many peers: what is dropped of this one is counted for all only");
}

void
plane_forget(const uint8_t ula[16])
{
	if (esp != NULL)
		esp_peer_forget(esp, ula);
}

void
plane_drops(const uint8_t ula[16], uint64_t out[IPSEC_DROP_MAX])
{
	memset(out, 0, IPSEC_DROP_MAX * sizeof out[0]);
	if (esp != NULL)
		esp_peer_drops(esp, ula, out);
}

int
plane_nobodys_drops(void)
{
	return esp != NULL && atomic_load(&dropped);
}

void
plane_describe_drops(union msg *m)
{
	msg_begin(m, MSG_IPSEC_DROPS, 0);
	atomic_store(&dropped, 0);
	esp_nobodys_drops(esp, m->ipsec_drops.drop);
}

void
plane_way(const struct endpoint *local, const struct endpoint *remote, struct esp_way *out)
{
	memset(out, 0, sizeof *out);
	if (io == NULL || local->family == 0 || net_leaves_from(local, remote))
		return;
	out->link = esp_io_link(io, local);
	out->from = *local;
}

int
plane_send(
    const struct endpoint *local, const struct endpoint *remote, const void *data, size_t len)
{
	struct esp_way way;

	if (io == NULL) {
		errno = ENOTCONN;
		return -1;
	}
	if (local == NULL)
		return esp_io_send(io, NULL, 0, remote, data, len);
	plane_way(local, remote, &way);
	return esp_io_send(io, local, way.link, remote, data, len);
}

void
plane_poke(const uint8_t ula[16], const struct endpoint *to)
{
	if (esp != NULL && io != NULL)
		esp_io_poke(io, ula, to);
}

void
plane_doubt(const uint8_t ula[16])
{
	if (esp != NULL)
		esp_peer_doubt(esp, ula, clock_boot_ms());
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
