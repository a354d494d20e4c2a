/*
 * A gateway that does not behave, on UDP 5351:
 *
 *	fake_gateway ADDRESS MODE
 *
 * MODE, what it speaks and how:
 *	pcp		PCP, as it should
 *	pmp		NAT-PMP, as it should; PCP is answered in NAT-PMP's way
 *	older		the same, with opcode 0 and R bit clear, 8 octets (RFC 6886 section 3.5)
 *	mute2		the same, but PCP is not answered at all
 *	denied		PCP: NOT_AUTHORIZED, lifetime 0
 *	forever		PCP: NO_RESOURCES for 2^32-1 seconds
 *	noann		PCP, but ANNOUNCE is an unknown opcode
 *	nonce		PCP: another mapping's nonce, then nothing
 *	port		PCP: another internal port, then nothing
 *	cut		PCP: answers end 4 octets early, then nothing
 *	giant		PCP: answers of 1400 octets
 *	nothing		PCP: grants lifetime 0
 *	nowhere		PCP: grants 0.0.0.0
 *	loop		PCP: grants 127.0.0.1
 *	victim		PCP: grants an address that is somebody else's
 *	many		PCP: each answer five times
 *	late		PCP: each answer 700 ms late
 *	elsewhere	PCP: answers come from port 5352
 *	amnesia		PCP: its epoch starts again with each answer
 *	pmpport		NAT-PMP: another internal port
 *	pmpshort	NAT-PMP: 11 octets
 *	pmpzero		NAT-PMP: external address 0.0.0.0
 *	pmpbad		NAT-PMP: result 77
 *	storm		PCP, as it should; and 2000 announcements a second
 * Each request is a line on standard output.
 */
#include "base/buf.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 1400
#define STORM_MS 20
#define STORM_PACKETS 40

static const char *mode;
static int door, side_door;
static time_t began;

struct answer {
	uint8_t data[ANSWER_MAX];
	size_t len;
	struct sockaddr_in to;
};

static int
is(const char *name)
{
	return strcmp(mode, name) == 0;
}

static int
open_door(const char *address, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET, address, &sin.sin_addr) != 1)
		fatalx("no address: %s", address);
	if (bind(fd, (struct sockaddr *)&sin, sizeof sin) == -1)
		fatal("bind %s:%u", address, port);
	return fd;
}

static uint32_t
epoch(void)
{
	static uint32_t odd;

	if (is("amnesia"))
		return ++odd % 2 != 0 ? 90000 : 1;
	return (uint32_t)(time(NULL) - began);
}

/* ---- NAT-PMP ---- */

static int
speaks_pmp(void)
{
	return strncmp(mode, "pmp", 3) == 0 || is("older") || is("mute2");
}

static void
answer_pmp(const uint8_t *q, struct answer *a)
{
	static const uint8_t outside[4] = {11, 22, 33, 7}, zero[4];
	struct buf b = buf_writer(a->data, sizeof a->data);
	uint16_t port = (uint16_t)(q[4] << 8 | q[5]);
	int deletes = q[1] != 0 && q[8] == 0 && q[9] == 0 && q[10] == 0 && q[11] == 0;

	buf_put_u8(&b, 0);
	buf_put_u8(&b, q[1] | 0x80);
	buf_put_u16(&b, is("pmpbad") ? 77 : 0);
	buf_put_u32(&b, epoch());
	if (q[1] == 0) {
		buf_put(&b, is("pmpzero") ? zero : outside, 4);
	} else {
		buf_put_u16(&b, is("pmpport") ? (uint16_t)(port + 1) : port);
		buf_put_u16(&b, deletes ? 0 : port);
		buf_put_u32(&b, deletes ? 0 : 3600);
	}
	a->len = is("pmpshort") ? 11 : b.pos;
}

/* "Unsupported version", to a PCP request. */
static void
answer_older(const uint8_t *q, struct answer *a)
{
	struct buf b = buf_writer(a->data, sizeof a->data);

	buf_put_u8(&b, 0);
	buf_put_u8(&b, is("older") ? 0 : q[1] | 0x80);
	buf_put_u16(&b, 1);
	buf_put_u32(&b, epoch());
	a->len = is("mute2") ? 0 : b.pos;
}

/* ---- PCP ---- */

static unsigned
result(const uint8_t *q)
{
	if (is("denied") && q[1] == 1)
		return 2;
	if (is("forever") && q[1] == 1)
		return 8;
	return is("noann") && q[1] == 0 ? 4 : 0;
}

static const uint8_t *
outside(void)
{
	static const uint8_t fair[4] = {11, 22, 33, 7}, zero[4], loop[4] = {127, 0, 0, 1},
			     victim[4] = {11, 22, 33, 99};

	return is("nowhere") ? zero : is("loop") ? loop : is("victim") ? victim : fair;
}

static void
put_map(struct buf *b, const uint8_t *q)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t part[20];

	memcpy(part, q + 24, sizeof part);
	if (is("nonce"))
		part[3] ^= 1;
	if (is("port"))
		part[17] ^= 1;
	buf_put(b, part, sizeof part); /* nonce, protocol, both ports as they were asked for */
	buf_put(b, mapped, sizeof mapped);
	buf_put(b, outside(), 4);
}

static void
answer_pcp(const uint8_t *q, struct answer *a)
{
	struct buf b = buf_writer(a->data, sizeof a->data);
	uint32_t asked = (uint32_t)q[4] << 24 | (uint32_t)q[5] << 16 | (uint32_t)q[6] << 8 | q[7];
	unsigned code = result(q);

	buf_put_u8(&b, 2);
	buf_put_u8(&b, q[1] | 0x80);
	buf_put_u8(&b, 0);
	buf_put_u8(&b, (uint8_t)code);
	buf_put_u32(&b, is("forever") ? UINT32_MAX : code != 0 || is("nothing") ? 0 : asked);
	buf_put_u32(&b, epoch());
	buf_put_u64(&b, 0);
	buf_put_u32(&b, 0);
	if (q[1] == 1)
		put_map(&b, q);
	a->len = is("giant") ? ANSWER_MAX : is("cut") && q[1] == 1 ? b.pos - 4 : b.pos;
}

/* ---- both ---- */

static void
send_answer(const struct answer *a)
{
	int from = is("elsewhere") ? side_door : door;

	if (is("late"))
		usleep(700000);
	for (int i = 0; i < (is("many") ? 5 : 1); i++)
		if (sendto(from, a->data, a->len, 0, (const struct sockaddr *)&a->to,
			sizeof a->to) == -1)
			log_warn("sendto");
}

static void
serve(void)
{
	struct answer a = {.len = 0};
	socklen_t len = sizeof a.to;
	uint8_t q[64] = {0};
	ssize_t n = recvfrom(door, q, sizeof q, 0, (struct sockaddr *)&a.to, &len);

	if (n < 2)
		return;
	printf("version %u opcode %u lifetime %u, %zd octets\n", q[0], q[1],
	    q[0] == 2 ? (unsigned)(q[4] << 24 | q[5] << 16 | q[6] << 8 | q[7]) : 0, n);
	if (q[0] == 2 && !speaks_pmp())
		answer_pcp(q, &a);
	else if (q[0] == 2)
		answer_older(q, &a);
	else if (q[0] == 0 && speaks_pmp())
		answer_pmp(q, &a);
	if (a.len > 0)
		send_answer(&a);
}

static void
storm(const char *address)
{
	struct sockaddr_in group = {.sin_family = AF_INET, .sin_port = htons(5350)};
	struct in_addr interface;
	uint8_t packet[24] = {2, 0x80};

	inet_pton(AF_INET, "224.0.0.1", &group.sin_addr);
	inet_pton(AF_INET, address, &interface);
	setsockopt(door, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface);
	for (int i = 0; i < STORM_PACKETS; i++)
		if (sendto(door, packet, sizeof packet, 0, (struct sockaddr *)&group,
			sizeof group) == -1)
			log_warn("sendto");
}

int
main(int argc, char **argv)
{
	struct pollfd pfd = {.events = POLLIN};

	if (argc != 3)
		fatalx("usage: fake_gateway ADDRESS MODE");
	mode = argv[2];
	began = time(NULL) - 1000;
	log_init("fake_gateway", 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pfd.fd = door = open_door(argv[1], 5351);
	side_door = open_door(argv[1], 5352);
	printf("ready\n");
	while (poll(&pfd, 1, is("storm") ? STORM_MS : -1) >= 0) {
		if (pfd.revents != 0)
			serve();
		if (is("storm"))
			storm(argv[1]);
	}
	return 1;
}
