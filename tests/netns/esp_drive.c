/*
 * The data plane alone, with fixed keys in IKE's place: esp_drive [-o OFFLOAD] [-m MTU] [-t]
 * [-n SAS] [-s SEQUENCE] a|b PORT REMOTE [ALGORITHM [esn]].  OFFLOAD are bits of ESP_IO_*, what it
 * may use; MTU is what the path carries; with -t the peer takes padding, so it is probed; SAS peers
 * more are at B, each with SAs of its own; SEQUENCE packets of each SA are taken for used already.
 * Makes the tunnel device at0 and waits for somebody to give it addresses.  B's SAs are there from
 * the start; A's come when a packet asks for them, a twentieth of a second later.  Ends with
 * SIGTERM; SIGUSR1 pokes the peer. esp_plane.sh starts two.
 */
#include "base/clock.h"
#include "base/log.h"
#include "ipsec/esp/esp_io.h"
#include "ipsec/esp/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/udp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SPI_AB UINT32_C(0xc0000001)
#define SPI_BA UINT32_C(0xc0000002)

static const uint8_t ula_a[16] = {0xfd, 1, 2, 3, 4, 5, [15] = 0xa};
static const uint8_t ula_b[16] = {0xfd, 1, 2, 3, 4, 5, [15] = 0xb};

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static int is_a;
static unsigned offload = ESP_IO_ALL, mtu, others, used;
static struct endpoint remote;
static struct esp_sa sa;
static struct esp *esp;
static int asked[2]; /* pipe: an acquire */

static void
on_acquire(void *ctx, const uint8_t dst[16])
{
	char text[ADDR_TEXT_MAX];

	log_info("acquire %s", ip6_text(dst, text));
	if (memcmp(dst, is_a ? ula_b : ula_a, 16) == 0 && write(asked[1], "", 1) == -1)
		log_warn("pipe");
}

static void
on_moved(void *ctx, uint32_t spi, const struct endpoint *from)
{
	char text[ENDPOINT_TEXT_MAX];

	log_info("moved to %s", endpoint_text(from, text));
}

static void
on_narrow(void *ctx, const uint8_t peer[16], uint32_t size)
{
	log_info("narrow %u", size);
}

static void
on_expired(void *ctx, uint32_t id, int inbound, int hard)
{
	log_info("expired %08x %s", id, hard ? "hard" : "soft");
}

static void
on_ike(void *ctx, const void *data, size_t len, const struct endpoint *local,
    const struct endpoint *from)
{
	char text[ENDPOINT_TEXT_MAX], text2[ENDPOINT_TEXT_MAX];

	log_info("ike %zu octets from %s to %s", len, endpoint_text(from, text),
	    endpoint_text(local, text2));
}

/* What the kernel lacks goes out of `offload`. */
static int
tun_open(void)
{
	const unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	struct ifreq r = {.ifr_name = "at0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if ((offload & ESP_IO_VNET) != 0)
		r.ifr_flags |= IFF_VNET_HDR;
	if (fd == -1 || ioctl(fd, TUNSETIFF, &r) == -1)
		fatal("/dev/net/tun");
	if ((offload & ESP_IO_USO) != 0 &&
	    ioctl(fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) == -1)
		offload &= ~ESP_IO_USO;
	if ((offload & (ESP_IO_VNET | ESP_IO_USO)) == ESP_IO_VNET &&
	    ioctl(fd, TUNSETOFFLOAD, tcp) == -1)
		log_info("no TSO here");
	return fd;
}

static int
udp_open(int family, uint16_t port)
{
	struct endpoint any = {.family = family == AF_INET ? 4 : 6, .port = port};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&any, &ss);
	int on = 1, fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1 ||
	    (family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == -1) ||
	    bind(fd, (struct sockaddr *)&ss, len) == -1)
		fatal("udp socket");
	return fd;
}

static void
add_sa(uint32_t spi, int inbound)
{
	sa.spi = spi;
	sa.inbound = (uint8_t)inbound;
	sa.remote = remote;
	sa.mtu = inbound ? 0 : mtu;
	for (size_t i = 0; i < sizeof(sa.key); i++)
		sa.key[i] = (uint8_t)(spi + i);
	if (esp_sa_add(esp, &sa, clock_boot_ms()) == -1 ||
	    esp_policy_add(esp, spi, inbound, is_a ? ula_a : ula_b, is_a ? ula_b : ula_a) == -1)
		fatal("SA");
}

/* SAs of more peers, which all are at B: fd01:203:405::1:0 and so on. */
static void
crowd(void)
{
	struct esp_sa some = {.algorithm = AEAD_AES_128_GCM, .remote = remote};
	uint8_t ula[16];

	for (unsigned i = 0; i < others; i++) {
		memcpy(ula, ula_a, sizeof(ula));
		ula[14] = (uint8_t)(i >> 8);
		ula[13] = 1;
		ula[15] = (uint8_t)i;
		for (some.inbound = 0; some.inbound < 2; some.inbound++) {
			some.spi = UINT32_C(0xc1000000) + i;
			if (esp_sa_add(esp, &some, clock_boot_ms()) == -1 ||
			    esp_policy_add(esp, some.spi, some.inbound, is_a ? ula_a : ula,
				is_a ? ula : ula_a) == -1)
				fatal("SA %u", i);
		}
	}
}

/* As if so many packets had crossed. */
static void
wear(void)
{
	sa_find(&esp->out.sas, is_a ? SPI_AB : SPI_BA)->seq = used;
	sa_find(&esp->in.sas, is_a ? SPI_BA : SPI_AB)->replay.highest = used;
}

static void
install(struct esp_io *io)
{
	crowd();
	add_sa(is_a ? SPI_BA : SPI_AB, 1);
	add_sa(is_a ? SPI_AB : SPI_BA, 0);
	wear();
	esp_io_release(io);
	log_info("installed");
}

/* Stands for IKE: answers one acquire with the SAs, after about what a handshake takes. */
static void *
ike(void *ctx)
{
	char c;

	if (is_a && read(asked[0], &c, 1) == 1)
		usleep(50000);
	install(ctx);
	return NULL;
}

static void
wait_for_end(struct esp_io *io, const sigset_t *signals)
{
	int signo;

	while (sigwait(signals, &signo) == 0 && signo == SIGUSR1)
		esp_io_poke(io, is_a ? ula_b : ula_a, NULL);
}

static void
report(void)
{
	static const char *const names[ESP_DROP_MAX] = {"no-policy", "not-ipv6", "too-big",
	    "sequence", "no-sa", "short", "replay", "auth", "inner", "selector", "expired",
	    "congested", "send", "device"};
	uint64_t drops[ESP_DROP_MAX];
	struct esp_usage in = {0}, out = {0};

	esp_drops(esp, drops);
	for (size_t i = 0; i < ESP_DROP_MAX; i++)
		if (drops[i] != 0)
			log_info("dropped %s %" PRIu64, names[i], drops[i]);
	esp_sa_query(esp, is_a ? SPI_BA : SPI_AB, 1, &in);
	esp_sa_query(esp, is_a ? SPI_AB : SPI_BA, 0, &out);
	log_info("in %" PRIu64 " out %" PRIu64, in.packets, out.packets);
}

static void
parse(int argc, char **argv)
{
	if (argc < 4 || endpoint_parse(argv[3], 4500, &remote) == -1)
		fatalx(
		    "usage: esp_drive [-o OFFLOAD] [-m MTU] [-t] [-n SAS] [-s SEQUENCE] a|b PORT REMOTE [ALGORITHM"
		    " [esn]]");
	is_a = strcmp(argv[1], "a") == 0;
	sa.algorithm = argc > 4 ? (uint8_t)atoi(argv[4]) : AEAD_AES_128_GCM;
	sa.esn = argc > 5;
}

static unsigned
number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 0);
}

/* Returns how many arguments options took. */
static int
options(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+o:m:n:s:t")) != -1) {
		if (opt == 'o')
			offload = number(optarg);
		else if (opt == 'm')
			mtu = number(optarg);
		else if (opt == 'n')
			others = number(optarg);
		else if (opt == 's')
			used = number(optarg);
		else if (opt == 't')
			sa.tfc = 1;
	}
	return optind - 1;
}

static int
encap(const char *port)
{
	static const int family[2] = {AF_INET, AF_INET6};
	int type = UDP_ENCAP_ESPINUDP;

	for (size_t i = 0; i < 2; i++) {
		int fd = udp_open(family[i], (uint16_t)atoi(port));

		if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)) == -1)
			fatal("UDP_ENCAP");
	}
	log_info("ready");
	return pause();
}

int
main(int argc, char **argv)
{
	struct esp_events events = {
	    .acquire = on_acquire, .moved = on_moved, .narrow = on_narrow, .expired = on_expired};
	struct esp_io_config c = {.on_ike = on_ike};
	struct esp_io *io;
	pthread_t ike_thread;
	sigset_t signals;
	char crypto[64];
	int skip;

	log_init("esp_drive", 0);
	log_set_level(LOG_LEVEL_DEBUG);
	if (argc == 3 && strcmp(argv[1], "encap") == 0)
		return encap(argv[2]);
	skip = options(argc, argv);
	argc -= skip;
	argv += skip;
	parse(argc, argv);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	c.tun = tun_open();
	c.offload = offload;
	c.udp4 = udp_open(AF_INET, (uint16_t)atoi(argv[2]));
	c.udp6 = udp_open(AF_INET6, (uint16_t)atoi(argv[2]));
	if (pipe(asked) == -1 || (esp = esp_new(&events, NULL)) == NULL ||
	    (io = esp_io_start(esp, &c)) == NULL || pthread_create(&ike_thread, NULL, ike, io) != 0)
		fatal("start");
	esp_crypto_text(crypto, sizeof(crypto));
	log_info("crypto %s", crypto);
	log_info("offload %u", esp_io_offload(io));
	log_info("ready");
	wait_for_end(io, &signals);
	esp_io_stop(io); /* before the pipe it writes to goes */
	close(asked[1]);
	pthread_join(ike_thread, NULL);
	esp_io_free(io);
	report();
	esp_free(esp);
	return 0;
}
