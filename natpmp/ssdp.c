#include "natpmp/ssdp.h"

#include "base/clock.h"
#include "natpmp/igd.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * miniupnpc's own search asks only the multicast group, believes every host that answers and
 * waits two seconds for more.  Here the gateway is asked directly as well (many routers answer
 * that at once), and only the gateway is heard.
 */

#define SSDP_PORT 1900
#define SSDP_ALL_MS 80 /* head start of the one question that most routers answer */
#define SSDP_AGAIN_MS 1000

static const char *const targets[] = {
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
    "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
    "urn:schemas-upnp-org:service:WANIPConnection:1",
    "urn:schemas-upnp-org:service:WANPPPConnection:1",
};

/* The value of a header line "name: value", or NULL. */
static const char *
header_value(const char *line, const char *end, const char *name, size_t *len)
{
	size_t n = strlen(name);

	if ((size_t)(end - line) <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	*len = (size_t)(end - line);
	return line;
}

int
ssdp_location(const char *data, size_t len, char *url, size_t size)
{
	const char *end = data + len, *line = data, *eol, *value;
	size_t n;

	if (len < 12 || memcmp(data, "HTTP/1.", 7) != 0 || memcmp(data + 8, " 200", 4) != 0)
		return -1;
	for (; (eol = memchr(line, '\n', (size_t)(end - line))) != NULL; line = eol + 1) {
		value = header_value(line, eol, "location", &n);
		if (value == NULL)
			continue;
		if (n == 0 || n >= size || memchr(value, '\0', n) != NULL)
			return -1;
		memcpy(url, value, n);
		url[n] = '\0';
		return 0;
	}
	return -1;
}

static uint32_t
hash(uint32_t h, const char *data, size_t len)
{
	while (len-- > 0)
		h = (h ^ (uint8_t)*data++) * 16777619u; /* FNV-1a */
	return h;
}

int
ssdp_alive(const char *data, size_t len, uint32_t *tag)
{
	const char *end = data + len, *line = data, *eol, *value;
	uint32_t h = 2166136261u;
	int alive = 0;
	size_t n;

	if (len < 9 || memcmp(data, "NOTIFY * ", 9) != 0)
		return -1;
	for (; (eol = memchr(line, '\n', (size_t)(end - line))) != NULL; line = eol + 1) {
		if ((value = header_value(line, eol, "nts", &n)) != NULL)
			alive = n == 10 && memcmp(value, "ssdp:alive", n) == 0;
		else if ((value = header_value(line, eol, "location", &n)) != NULL ||
		    (value = header_value(line, eol, "bootid.upnp.org", &n)) != NULL)
			h = hash(h, value, n);
	}
	*tag = h == 0 ? 1 : h;
	return alive ? 0 : -1;
}

static int
search_socket(const struct endpoint *local)
{
	struct endpoint from = *local;
	struct sockaddr_storage ss;
	socklen_t len;
	struct in_addr interface;
	unsigned char ttl = 2;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	from.port = 0;
	len = endpoint_to_sockaddr(&from, &ss);
	memcpy(&interface, local->addr, sizeof interface);
	/* Naming the interface is also what makes multicast work without a route for it. */
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) != 0 ||
	    bind(fd, (struct sockaddr *)&ss, len) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* For the first n targets.  Lost or refused packets are the caller's timeout. */
static void
send_searches(int fd, const struct endpoint *to, size_t n_targets)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(to, &ss);
	char text[256];
	int n;

	for (size_t i = 0; i < n_targets; i++) {
		n = snprintf(text, sizeof text,
		    "M-SEARCH * HTTP/1.1\r\n"
		    "HOST: 239.255.255.250:1900\r\n"
		    "MAN: \"ssdp:discover\"\r\n"
		    "MX: 1\r\n"
		    "ST: %s\r\n\r\n",
		    targets[i]);
		if (sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&ss, len) < 0)
			continue;
	}
}

/* 0 = found, -1 = nothing (yet), -2 = the gateway pointed elsewhere. */
static int
hear(int fd, const struct endpoint *gateway, char *url, size_t size)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	struct endpoint from;
	char data[2048];
	ssize_t n = recvfrom(fd, data, sizeof data, MSG_DONTWAIT, (struct sockaddr *)&ss, &len);

	if (n <= 0 || endpoint_from_sockaddr((struct sockaddr *)&ss, &from) != 0 ||
	    !endpoint_same_addr(&from, gateway) || ssdp_location(data, (size_t)n, url, size) != 0)
		return -1;
	return igd_url_at(url, gateway) ? 0 : -2;
}

/* The router alone at first: it answers each question by itself, one after the other, and the
 * description is waited for behind them (miniupnpd: 15 ms each).  When to go on. */
static uint64_t
search(int fd, const struct endpoint *gateway, int first, uint64_t now)
{
	const size_t all = sizeof targets / sizeof targets[0];
	struct endpoint group = {.family = 4, .port = SSDP_PORT, .addr = {239, 255, 255, 250}};
	struct endpoint router = *gateway;

	router.port = SSDP_PORT;
	send_searches(fd, &router, first ? 1 : all);
	if (first)
		return now + SSDP_ALL_MS;
	send_searches(fd, &group, all);
	return now + SSDP_AGAIN_MS;
}

static int
remaining(uint64_t deadline, uint64_t now)
{
	return deadline > now ? (int)(deadline - now) : 0;
}

int
ssdp_find(const struct endpoint *local, const struct endpoint *gateway, int wait_ms, char *url,
    size_t size)
{
	uint64_t now = clock_boot_ms(), begin = now, again = now;
	uint64_t deadline = now + (uint64_t)wait_ms;
	struct pollfd pfd = {.events = POLLIN, .fd = search_socket(local)};
	int found = -1, heard, wait;

	if (pfd.fd < 0)
		return -1;
	for (; found != 0 && now < deadline; now = clock_boot_ms()) {
		if (now >= again)
			again = search(pfd.fd, gateway, again == begin, now);
		wait = remaining(again < deadline ? again : deadline, now);
		heard = poll(&pfd, 1, wait) > 0 ? hear(pfd.fd, gateway, url, size) : -1;
		if (heard != -1)
			found = heard;
	}
	close(pfd.fd);
	return found;
}
