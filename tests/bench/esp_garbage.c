/*
 * esp_garbage ADDRESS PORT: datagrams that look like ESP, of all sizes, with SPIs as ours are, as
 * fast as the socket takes them, until killed.  For a lab: flood.sh.
 */
#include "base/addr.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE_MAX_OUT 1472

int
main(int argc, char **argv)
{
	uint8_t packet[SIZE_MAX_OUT];
	struct sockaddr_storage to;
	struct endpoint where;
	uint32_t x = 1;
	int fd;

	log_init("esp_garbage", 0);
	if (argc != 3 || endpoint_parse(argv[1], (uint16_t)atoi(argv[2]), &where) == -1)
		fatalx("usage: esp_garbage ADDRESS PORT");
	fd = socket(where.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&to, endpoint_to_sockaddr(&where, &to)) == -1)
		fatal("socket");
	memset(packet, 0xa5, sizeof(packet));
	for (;;) {
		x = x * 1664525 + 1013904223;
		memcpy(packet, &x, 4);
		packet[0] |= 0xc0;
		memcpy(packet + 4, &x, 4);
		if (send(fd, packet, 4 + (x >> 8) % (SIZE_MAX_OUT - 4), 0) == -1)
			continue; /* nobody there yet, or the queue is full */
	}
}
