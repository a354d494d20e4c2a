#include "ipsec/stray.h"

#include "base/addr.h"
#include "base/clock.h"
#include "ipsec/esp/esp.h"

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#define IP6_HEADER 40
#define ASK_AGAIN_MS 2000

struct stray {
	uint64_t number; /* in order of arrival */
	uint64_t since_ms;
	size_t len; /* 0 = free */
	uint8_t data[ESP_PACKET_MAX];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct stray strays[STRAY_MAX];
static uint64_t arrived;
/* Whom we asked for lately; the oldest gives way. */
static struct {
	uint8_t dst[16];
	uint64_t when_ms;
} asked[STRAY_MAX];

static const uint8_t *
destination(const uint8_t *packet)
{
	return packet + 24;
}

static int
is_for_ula(const uint8_t *packet, size_t len)
{
	return len >= IP6_HEADER && len <= ESP_PACKET_MAX && packet[0] >> 4 == 6 &&
	    ip6_is_ula(destination(packet));
}

static void
forget_old(uint64_t now_ms)
{
	for (size_t i = 0; i < STRAY_MAX; i++)
		if (strays[i].len != 0 && clock_since(strays[i].since_ms, now_ms) > STRAY_MS)
			strays[i].len = 0;
}

static void
keep(const uint8_t *packet, size_t len, uint64_t now_ms)
{
	struct stray *room = NULL;
	int same = 0;

	for (size_t i = 0; i < STRAY_MAX; i++) {
		if (strays[i].len == 0)
			room = &strays[i];
		else
			same += memcmp(destination(strays[i].data), destination(packet), 16) == 0;
	}
	if (room == NULL || same >= STRAY_PER_PEER)
		return;
	room->number = ++arrived;
	room->since_ms = now_ms;
	room->len = len;
	memcpy(room->data, packet, len);
}

static int
should_ask(const uint8_t dst[16], uint64_t now_ms)
{
	size_t oldest = 0;

	for (size_t i = 0; i < STRAY_MAX; i++) {
		if (asked[i].when_ms != 0 && memcmp(asked[i].dst, dst, 16) == 0) {
			if (clock_since(asked[i].when_ms, now_ms) < ASK_AGAIN_MS)
				return 0;
			oldest = i;
			break;
		}
		if (asked[i].when_ms < asked[oldest].when_ms)
			oldest = i;
	}
	memcpy(asked[oldest].dst, dst, 16);
	asked[oldest].when_ms = now_ms;
	return 1;
}

int
stray_hold(const void *packet, size_t len, uint64_t now_ms, uint8_t dst[16])
{
	int ask;

	if (!is_for_ula(packet, len))
		return 0;
	memcpy(dst, destination(packet), 16);
	pthread_mutex_lock(&mutex);
	forget_old(now_ms);
	keep(packet, len, now_ms);
	ask = should_ask(dst, now_ms);
	pthread_mutex_unlock(&mutex);
	return ask;
}

/* The packet for dst that came first. */
static struct stray *
oldest_for(const uint8_t dst[16])
{
	struct stray *first = NULL;

	for (size_t i = 0; i < STRAY_MAX; i++) {
		struct stray *s = &strays[i];

		if (s->len != 0 && memcmp(destination(s->data), dst, 16) == 0 &&
		    (first == NULL || s->number < first->number))
			first = s;
	}
	return first;
}

void
stray_release(int raw_fd, const uint8_t dst[16], uint64_t now_ms)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	struct stray *s;

	memcpy(&to.sin6_addr, dst, 16);
	pthread_mutex_lock(&mutex);
	forget_old(now_ms);
	while ((s = oldest_for(dst)) != NULL) {
		/* A packet that cannot be sent is lost like any other. */
		(void)!sendto(
		    raw_fd, s->data, s->len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
		s->len = 0;
	}
	/* There is a tunnel; when it goes away, however soon, ask for another at once. */
	for (size_t i = 0; i < STRAY_MAX; i++)
		if (memcmp(asked[i].dst, dst, 16) == 0)
			asked[i].when_ms = 0;
	pthread_mutex_unlock(&mutex);
}
