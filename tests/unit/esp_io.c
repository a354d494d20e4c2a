/*
 * The threads, over real sockets: a socket pair stands in the tunnel device's place (one read is
 * one packet there too), UDP goes over loopback.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/io.h"
#include "ipsec/esp/probe.h"
#include "ipsec/esp/probe_echo.h"
#include "tests/unit/esp_pair.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 20000 /* long enough for a loaded machine; only failures wait */

struct host {
	struct side *side;
	struct esp_io *io;
	int tun, tun_inside; /* ours, the library's */
	int udp4, udp6;
	int said; /* socket pair: what on_ike and on_stray got */
	int said_inside;
	struct endpoint at; /* of its socket */
	struct endpoint local, remote; /* of the last IKE datagram */
};

static struct host ha, hb;

static void
say(struct host *h, const void *data, size_t len)
{
	assert_int_equal(write(h->said_inside, data, len), (ssize_t)len);
}

static void
on_ike(void *ctx, const void *data, size_t len, const struct endpoint *local,
    const struct endpoint *remote)
{
	struct host *h = ctx;

	h->local = *local;
	h->remote = *remote;
	say(h, data, len);
}

static void
on_stray(void *ctx, const void *packet, size_t len)
{
	say(ctx, packet, len);
}

static int
udp_new(int family, struct endpoint *at)
{
	struct endpoint any = {.family = family == AF_INET ? 4 : 6};
	struct sockaddr_storage ss;
	socklen_t len;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	any.addr[0] = family == AF_INET ? 127 : 0;
	any.addr[family == AF_INET ? 3 : 15] = 1;
	len = endpoint_to_sockaddr(&any, &ss);
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	len = sizeof(ss);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	endpoint_from_sockaddr((struct sockaddr *)&ss, at);
	return fd;
}

static unsigned int offload; /* what the next hosts use */

static void
host_start(struct host *h, struct side *side, int family)
{
	struct esp_io_config c = {
	    .offload = offload, .on_ike = on_ike, .on_stray = on_stray, .ctx = h};
	int pair[2];

	memset(h, 0, sizeof(*h));
	h->side = side;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	h->tun = pair[0];
	h->tun_inside = pair[1];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	h->said = pair[0];
	h->said_inside = pair[1];
	h->udp4 = family == AF_INET ? udp_new(family, &h->at) : -1;
	h->udp6 = family == AF_INET6 ? udp_new(family, &h->at) : -1;
	c.tun = h->tun_inside;
	c.udp4 = h->udp4;
	c.udp6 = h->udp6;
	h->io = esp_io_start(side != NULL ? side->esp : NULL, &c);
	assert_non_null(h->io);
}

static void
host_stop(struct host *h)
{
	esp_io_free(h->io);
	close(h->tun);
	close(h->tun_inside);
	close(h->said);
	close(h->said_inside);
	if (h->udp4 != -1)
		assert_int_equal(close(h->udp4), 0); /* was left open */
	if (h->udp6 != -1)
		assert_int_equal(close(h->udp6), 0);
}

static void
remotes(void)
{
	esp_sa_move(a.esp, SPI_AB, 0, &hb.at);
	esp_sa_move(a.esp, SPI_BA, 1, &hb.at);
	esp_sa_move(b.esp, SPI_BA, 0, &ha.at);
	esp_sa_move(b.esp, SPI_AB, 1, &ha.at);
}

static void
hosts_start(int family)
{
	pair_connect(NULL);
	host_start(&ha, &a, family);
	host_start(&hb, &b, family);
	remotes();
}

static void
hosts_stop(void)
{
	host_stop(&ha);
	host_stop(&hb);
	pair_free();
}

static ssize_t
wait_read(int fd, void *data, size_t size, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1 ? recv(fd, data, size, 0) : -1;
}

/* n packets out of `from`'s device; all must come out of the other's, in order. */
static void
cross(struct host *from, struct host *to, int n)
{
	const uint8_t *src = from == &ha ? ula_a : ula_b, *dst = from == &ha ? ula_b : ula_a;
	uint8_t got[ESP_PACKET_MAX];
	struct slot s;

	for (int i = 0; i < n; i++) {
		packet_make(&s, src, dst, 1 + (size_t)(i * 37 % 1200), i);
		assert_int_equal(send(from->tun, s.p.data, s.p.len, 0), s.p.len);
		if (i % 50 != 49 && i != n - 1)
			continue;
		for (int k = i / 50 * 50; k <= i; k++) {
			packet_make(&s, src, dst, 1 + (size_t)(k * 37 % 1200), k);
			assert_int_equal(wait_read(to->tun, got, sizeof(got), WAIT_MS), s.p.len);
			assert_memory_equal(got, s.p.data, s.p.len);
		}
	}
}

static void
crosses(void **state)
{
	const unsigned int all = ESP_IO_SEGMENT | ESP_IO_GRO;

	for (int v = 0; v < 8; v++) {
		offload = (v & 1 ? ESP_IO_SEGMENT : 0) | (v & 2 ? ESP_IO_GRO : 0);
		hosts_start(v & 4 ? AF_INET6 : AF_INET);
		if (esp_io_offload(ha.io) != offload)
			print_message("this kernel lacks offloads %x of %x\n",
			    offload & ~esp_io_offload(ha.io), all);
		cross(&ha, &hb, 1);
		cross(&hb, &ha, 500);
		cross(&ha, &hb, 500);
		assert_int_equal(drops_all(&a) + drops_all(&b), 0);
		hosts_stop();
	}
	offload = 0;
}

static void
cross_until(enum io_thread keeper, int n)
{
	time_t end = time(NULL) + WAIT_MS / 1000;

	do {
		cross(&ha, &hb, n);
	} while (atomic_load(&ha.io->keeper) != (int)keeper && time(NULL) < end);
	assert_int_equal(atomic_load(&ha.io->keeper), keeper);
}

/* Who reads the device changes with how much there is; nothing is lost or overtakes. */
static void
hand_over(void **state)
{
	offload = ESP_IO_SEGMENT | ESP_IO_GRO;
	hosts_start(AF_INET);
	assert_int_equal(atomic_load(&ha.io->keeper), IO_IN);
	for (int i = 0; i < 20; i++) {
		cross_until(IO_OUT, 50);
		cross(&hb, &ha, 50);
		cross_until(IO_IN, 1);
	}
	assert_int_equal(drops_all(&a) + drops_all(&b), 0);
	hosts_stop();
	offload = 0;
}

/* Without a header the device does not speak of large packets, whatever is asked for. */
static void
no_header_no_merging(void **state)
{
	offload = ESP_IO_ALL & ~ESP_IO_VNET;
	hosts_start(AF_INET);
	assert_int_equal(esp_io_offload(ha.io) & (ESP_IO_VNET | ESP_IO_USO | ESP_IO_MERGE), 0);
	cross(&ha, &hb, 300);
	hosts_stop();
	offload = 0;
}

/* One large datagram of the kernel's: two of ESP, and IKE behind them, as UDP_GRO merges them. */
static void
ike_behind_esp(void **state)
{
	static const uint8_t ike[20] = {0, 0, 0, 0, 9, 8, 7};
	uint8_t data[300], got[ESP_PACKET_MAX];
	struct sockaddr_storage to;
	struct slot s;
	int fd, segment;

	offload = ESP_IO_GRO;
	hosts_start(AF_INET);
	fd = ha.udp4; /* the peer's own place */
	for (int i = 0; i < 2; i++) {
		packet_make(&s, ula_a, ula_b, 20, i);
		packet_out(&a, &s, 1);
		memcpy(data + (size_t)i * s.p.len, s.p.data, s.p.len);
	}
	segment = (int)s.p.len;
	memcpy(data + 2 * s.p.len, ike, sizeof(ike));
	if (setsockopt(fd, IPPROTO_UDP, 103 /* UDP_SEGMENT */, &segment, sizeof(segment)) == -1) {
		print_message("this kernel has no UDP_SEGMENT: nothing is merged here\n");
	} else {
		socklen_t len = endpoint_to_sockaddr(&hb.at, &to);

		assert_int_equal(
		    sendto(fd, data, 2 * s.p.len + sizeof(ike), 0, (struct sockaddr *)&to, len),
		    2 * s.p.len + sizeof(ike));
		assert_int_equal(wait_read(hb.said, got, sizeof(got), WAIT_MS), sizeof(ike));
		assert_memory_equal(got, ike, sizeof(ike));
		for (int i = 0; i < 2; i++) {
			assert_int_equal(wait_read(hb.tun, got, sizeof(got), WAIT_MS), 60);
			assert_int_equal(got[59], i);
		}
	}
	assert_int_equal(drops_all(&b), 0);
	hosts_stop();
	offload = 0;
}

static void
sorts_datagrams(void **state)
{
	static const uint8_t ike[40] = {0, 0, 0, 0, 7, 8, 9};
	static const uint8_t junk[40] = {0x40, 1, 2}, esp[40] = {0xc3, 1, 2};
	struct endpoint me;
	uint8_t got[64];
	int fd;

	for (int v6 = 0; v6 < 2; v6++) {
		struct sockaddr_storage to;
		socklen_t len;

		hosts_start(v6 ? AF_INET6 : AF_INET);
		fd = udp_new(v6 ? AF_INET6 : AF_INET, &me);
		len = endpoint_to_sockaddr(&hb.at, &to);
		sendto(fd, "\xff", 1, 0, (struct sockaddr *)&to, len); /* keep-alive */
		sendto(fd, "\0\0\0", 3, 0, (struct sockaddr *)&to, len);
		sendto(fd, "", 0, 0, (struct sockaddr *)&to, len);
		sendto(fd, junk, sizeof(junk), 0, (struct sockaddr *)&to, len);
		sendto(fd, esp, sizeof(esp), 0, (struct sockaddr *)&to, len);
		sendto(fd, ike, sizeof(ike), 0, (struct sockaddr *)&to, len);
		assert_int_equal(wait_read(hb.said, got, sizeof(got), WAIT_MS), sizeof(ike));
		assert_memory_equal(got, ike, sizeof(ike));
		assert_true(endpoint_equal(&hb.local, &hb.at));
		assert_true(endpoint_equal(&hb.remote, &me));
		assert_int_equal(wait_read(hb.said, got, sizeof(got), 0), -1);
		cross(&ha, &hb, 1); /* so the ESP one has been looked at, too */
		assert_int_equal(drops(&b, ESP_DROP_NO_SA), 1);
		assert_int_equal(drops_all(&b), 1);
		/* And back, from a given source; also when the threads have ended. */
		assert_int_equal(esp_io_send(hb.io, &hb.at, 0, &me, ike, sizeof(ike)), 0);
		assert_int_equal(wait_read(fd, got, sizeof(got), WAIT_MS), sizeof(ike));
		esp_io_stop(hb.io);
		assert_int_equal(esp_io_send(hb.io, NULL, 0, &me, ike, 8), 0);
		assert_int_equal(wait_read(fd, got, sizeof(got), WAIT_MS), 8);
		me.family = v6 ? 4 : 6; /* no socket of that family */
		assert_int_equal(esp_io_send(hb.io, NULL, 0, &me, ike, 8), -1);
		assert_int_equal(errno, EAFNOSUPPORT);
		close(fd);
		hosts_stop();
	}
}

/* One receiver, two sockets: what one leaves in the buffers must not cut the other's addresses. */
static void
both_families(void **state)
{
	static const uint8_t ike[8] = {0};
	struct endpoint at6, me[2];
	struct esp_io_config c = {.on_ike = on_ike, .ctx = &ha};
	int fd[2];

	host_start(&ha, NULL, AF_INET);
	esp_io_free(ha.io);
	c.tun = ha.tun_inside;
	c.udp4 = ha.udp4;
	c.udp6 = ha.udp6 = udp_new(AF_INET6, &at6);
	ha.io = esp_io_start(NULL, &c);
	assert_non_null(ha.io);
	fd[0] = udp_new(AF_INET, &me[0]);
	fd[1] = udp_new(AF_INET6, &me[1]);
	for (int i = 0; i < 6; i++) {
		const struct endpoint *at = i % 2 ? &at6 : &ha.at;
		struct sockaddr_storage to;
		socklen_t len = endpoint_to_sockaddr(at, &to);
		uint8_t got[16];

		sendto(fd[i % 2], ike, sizeof(ike), 0, (struct sockaddr *)&to, len);
		assert_int_equal(wait_read(ha.said, got, sizeof(got), WAIT_MS), sizeof(ike));
		assert_true(endpoint_equal(&ha.remote, &me[i % 2]));
		assert_true(endpoint_equal(&ha.local, at));
	}
	close(fd[0]);
	close(fd[1]);
	host_stop(&ha);
}

static void
no_sa_yet(void **state)
{
	uint8_t got[ESP_PACKET_MAX];
	struct slot s;

	pair_new();
	host_start(&ha, &a, AF_INET);
	host_start(&hb, &b, AF_INET);
	for (int i = 0; i < 3; i++) {
		packet_make(&s, ula_a, ula_b, 100, i);
		send(ha.tun, s.p.data, s.p.len, 0);
	}
	assert_int_equal(wait_read(hb.tun, got, sizeof(got), 50), -1);
	pair_add(SPI_AB, 0, NULL);
	pair_add(SPI_BA, 1, NULL);
	remotes();
	esp_io_release(ha.io);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(wait_read(hb.tun, got, sizeof(got), WAIT_MS), 140);
		assert_int_equal(got[139], i);
	}
	host_stop(&ha);
	host_stop(&hb);
	assert_int_equal(a.seen.acquired, 1); /* read after the threads ended */
	pair_free();
}

/* B believes A elsewhere; A says where it is. */
static void
poke_crosses(void **state)
{
	struct endpoint nowhere = {.family = 4, .port = 9, .addr = {127, 0, 0, 1}};
	struct esp_usage u = {0};

	hosts_start(AF_INET);
	esp_sa_move(b.esp, SPI_BA, 0, &nowhere);
	esp_sa_move(b.esp, SPI_AB, 1, &nowhere);
	esp_io_poke(ha.io, ula_b, NULL);
	for (int i = 0; i < WAIT_MS && !endpoint_equal(&u.remote, &ha.at); i++) {
		usleep(1000);
		esp_sa_query(b.esp, SPI_BA, 0, &u);
	}
	cross(&hb, &ha, 5);
	host_stop(&ha);
	host_stop(&hb);
	assert_int_equal(b.seen.moved, 1);
	pair_free();
}

static void
soon(struct esp_sa *sa)
{
	sa->life = (struct esp_lifetime) {.soft_ms = 30, .hard_ms = 60};
}

/* The out thread keeps time, also for an SA that came while it slept. */
static void
keeps_time(void **state)
{
	hosts_start(AF_INET);
	usleep(20000);
	pair_add(0xc0000444, 0, soon);
	esp_io_release(ha.io);
	esp_io_release(hb.io);
	usleep(300000);
	host_stop(&ha);
	host_stop(&hb);
	assert_int_equal(a.seen.hard, 1);
	assert_int_equal(b.seen.hard, 1);
	pair_free();
}

static void
kernel_mode(void **state)
{
	static const uint8_t esp[40] = {0xc3, 1, 2}, ike[8] = {0};
	uint8_t got[64];
	struct host h, peer;

	host_start(&h, NULL, AF_INET);
	host_start(&peer, NULL, AF_INET);
	assert_int_equal(send(h.tun, "a packet", 8, 0), 8);
	assert_int_equal(wait_read(h.said, got, sizeof(got), WAIT_MS), 8);
	assert_memory_equal(got, "a packet", 8);
	esp_io_send(peer.io, NULL, 0, &h.at, esp, sizeof(esp));
	esp_io_send(peer.io, NULL, 0, &h.at, ike, sizeof(ike));
	assert_int_equal(wait_read(h.said, got, sizeof(got), WAIT_MS), 8);
	assert_memory_equal(got, ike, 8);
	esp_io_poke(h.io, ula_b, NULL);
	esp_io_release(h.io);
	host_stop(&h);
	host_stop(&peer);
}

static long
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The device fails: the thread does not spin, IKE still comes in, and when the device works again
 * (here: another one under the same number) so does the thread. */
static void
device_fails(void **state)
{
	static const uint8_t ike[8] = {0};
	uint8_t got[16];
	struct host h;
	int pair[2];
	long before;

	host_start(&h, NULL, AF_INET);
	shutdown(h.tun, SHUT_RDWR);
	before = cpu_ms();
	usleep(300000);
	assert_in_range(cpu_ms() - before, 0, 50);
	esp_io_send(h.io, NULL, 0, &h.at, ike, sizeof(ike));
	assert_int_equal(wait_read(h.said, got, sizeof(got), WAIT_MS), 8);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(dup2(pair[1], h.tun_inside), h.tun_inside);
	assert_int_equal(send(pair[0], "again", 5, 0), 5);
	assert_int_equal(wait_read(h.said, got, sizeof(got), WAIT_MS), 5);
	host_stop(&h);
	close(pair[0]);
	close(pair[1]);
}

/* IKE leaves from the address it names; only a socket bound to none can choose. */
static void
source_is_chosen(void **state)
{
	struct endpoint two = {.family = 4, .addr = {127, 0, 0, 2}}, me, from;
	struct sockaddr_storage ss = {.ss_family = AF_INET};
	struct esp_io_config c = {.udp6 = -1};
	socklen_t len = sizeof(ss);
	struct host h;
	uint8_t got[8];
	int fd = udp_new(AF_INET, &me);

	host_start(&h, NULL, AF_INET);
	esp_io_free(h.io);
	close(h.udp4);
	c.tun = h.tun_inside;
	c.udp4 = h.udp4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(h.udp4, (struct sockaddr *)&ss, sizeof(struct sockaddr_in)), 0);
	h.io = esp_io_start(NULL, &c);
	assert_non_null(h.io);
	/* the link of the loopback, and one that there is not */
	assert_int_equal(esp_io_send(h.io, &two, if_nametoindex("lo"), &me, "ike", 3), 0);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 3);
	assert_int_equal(esp_io_send(h.io, &two, 12345678, &me, "ike", 3), -1);
	for (int chosen = 0; chosen < 2; chosen++) {
		assert_int_equal(esp_io_send(h.io, chosen ? &two : NULL, 0, &me, "ike", 3), 0);
		len = sizeof(ss);
		assert_int_equal(
		    recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&ss, &len), 3);
		endpoint_from_sockaddr((struct sockaddr *)&ss, &from);
		assert_int_equal(endpoint_same_addr(&from, &two), chosen);
	}
	close(fd);
	host_stop(&h);
}

/* Where the path carries less than a packet, it comes in pieces. */
static void
splits(void **state)
{
	const size_t len = 1300;
	uint8_t got[ESP_PACKET_MAX], all[ESP_PACKET_MAX] = {0};
	size_t body = 0;
	struct slot s;

	hosts_start(AF_INET6);
	assert_int_equal(esp_sa_mtu(a.esp, SPI_AB, PROBE_FLOOR), 0);
	packet_make(&s, ula_a, ula_b, PROBE_FLOOR - 40, 1);
	assert_int_equal(send(ha.tun, s.p.data, s.p.len, 0), s.p.len);
	assert_int_equal(wait_read(hb.tun, got, sizeof(got), WAIT_MS), PROBE_FLOOR);
	packet_make(&s, ula_a, ula_b, len - 40, 2);
	assert_int_equal(send(ha.tun, s.p.data, s.p.len, 0), s.p.len);
	for (int i = 0; i < 2; i++) {
		ssize_t n = wait_read(hb.tun, got, sizeof(got), WAIT_MS);

		assert_in_range(n, 49, PROBE_FLOOR);
		assert_int_equal(got[6], IPPROTO_FRAGMENT);
		assert_int_equal(got[42] << 8 | got[43], i == 0 ? body | 1 : body);
		memcpy(all + body, got + 48, (size_t)n - 48);
		body += (size_t)n - 48;
	}
	assert_int_equal(body, len - 40);
	assert_memory_equal(all, s.p.data + 40, body);
	hosts_stop();
}

static void
padded(struct esp_sa *sa)
{
	sa->tfc = 1;
	sa->mtu = 1418;
}

/* A packet of n octets at the end of this host; the echo request in it turned into its answer. */
static void
echo(struct host *h, ssize_t n)
{
	uint8_t got[ESP_PACKET_MAX], ula[16];

	assert_int_equal(wait_read(h->tun, got, sizeof(got), WAIT_MS), n);
	assert_int_equal(got[40], 128);
	memcpy(ula, got + 8, 16);
	memcpy(got + 8, got + 24, 16);
	memcpy(got + 24, ula, 16);
	got[40] = 129;
	assert_int_equal(send(h->tun, got, (size_t)n, 0), n);
}

/* The first packet is followed by two probes, whose answers are for nobody inside.  The next packet
 * behind those is. */
static void
probes(void **state)
{
	uint8_t got[ESP_PACKET_MAX];
	struct slot s;

	pair_new();
	pair_add(SPI_AB, 0, padded);
	pair_add(SPI_BA, 1, NULL);
	host_start(&ha, &a, AF_INET6);
	host_start(&hb, &b, AF_INET6);
	remotes();
	packet_make(&s, ula_a, ula_b, 10, 1);
	assert_int_equal(send(ha.tun, s.p.data, s.p.len, 0), s.p.len);
	assert_int_equal(wait_read(hb.tun, got, sizeof(got), WAIT_MS), 50);
	echo(&hb, PROBE_ECHO_LEN);
	echo(&hb, PROBE_ECHO_LEN);
	packet_make(&s, ula_b, ula_a, 10, 1);
	assert_int_equal(send(hb.tun, s.p.data, s.p.len, 0), s.p.len);
	assert_int_equal(wait_read(ha.tun, got, sizeof(got), WAIT_MS), 50);
	assert_int_equal(drops_all(&a) + drops_all(&b), 0);
	hosts_stop();
}

static atomic_int churning;

/* What IKE does, much too often: rekeys and other peers coming and going. */
static void *
churn(void *arg)
{
	struct esp_sa sa = {.spi = 0xc8000000, .algorithm = AEAD_AES_128_GCM, .remote = at_new};
	struct esp_usage u;

	for (uint32_t i = 0; churning; i++) {
		sa.spi = 0xc8000000 + i % 100;
		sa.inbound = i % 2;
		esp_sa_add(a.esp, &sa, 1);
		esp_policy_add(a.esp, sa.spi, sa.inbound, ula_a, ula_c);
		esp_sa_query(a.esp, SPI_AB, 0, &u);
		esp_sa_move(a.esp, SPI_AB, 0, &hb.at);
		esp_io_release(ha.io);
		esp_io_poke(ha.io, ula_b, NULL);
		esp_policy_delete(a.esp, sa.spi, sa.inbound, ula_a, ula_c);
		esp_sa_delete(a.esp, sa.spi, sa.inbound);
		drops_all(&a);
		usleep(50);
	}
	return NULL;
}

static void
control_meets_data(void **state)
{
	pthread_t t[2];

	hosts_start(AF_INET);
	churning = 1;
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, churn, NULL);
	for (int i = 0; i < 20; i++) {
		cross(&ha, &hb, 200);
		cross(&hb, &ha, 200);
	}
	churning = 0;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	hosts_stop();
}

/* An SA in full use is replaced again and again, and never is one used that has gone. */
static void
rekeys_under_traffic(void **state)
{
	hosts_start(AF_INET);
	for (uint32_t i = 0; i < 50; i++) {
		pair_add(0xc9000000 + i, 0, NULL);
		esp_sa_move(a.esp, 0xc9000000 + i, 0, &hb.at);
		esp_sa_move(b.esp, 0xc9000000 + i, 1, &ha.at);
		cross(&ha, &hb, 60);
		if (i > 0) {
			esp_sa_delete(a.esp, 0xc9000000 + i - 1, 0);
			esp_sa_delete(b.esp, 0xc9000000 + i - 1, 1);
		}
	}
	assert_int_equal(drops_all(&a) + drops_all(&b), 0);
	hosts_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(crosses),
	    cmocka_unit_test(hand_over),
	    cmocka_unit_test(no_header_no_merging),
	    cmocka_unit_test(ike_behind_esp),
	    cmocka_unit_test(sorts_datagrams),
	    cmocka_unit_test(both_families),
	    cmocka_unit_test(no_sa_yet),
	    cmocka_unit_test(device_fails),
	    cmocka_unit_test(source_is_chosen),
	    cmocka_unit_test(poke_crosses),
	    cmocka_unit_test(splits),
	    cmocka_unit_test(probes),
	    cmocka_unit_test(keeps_time),
	    cmocka_unit_test(kernel_mode),
	    cmocka_unit_test(control_meets_data),
	    cmocka_unit_test(rekeys_under_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
