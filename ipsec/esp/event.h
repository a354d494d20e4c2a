/*
 * Events noticed while a lock is held, kept until it is released.  Whoever notes an event marks
 * it as told only when there was room: what did not fit is noticed again by the next call.
 */
#ifndef IPSEC_ESP_EVENT_H
#define IPSEC_ESP_EVENT_H

#include "ipsec/esp/esp.h"

#define EVENTS_MAX 256

struct event {
	enum {
		EVENT_ACQUIRE,
		EVENT_MOVED,
		EVENT_HEARD,
		EVENT_PROBED, /* for the outbound half only */
		EVENT_NARROW,
		EVENT_USED,
		EVENT_EXPIRED,
	} kind;
	uint32_t id; /* of the SA */
	uint8_t inbound;
	uint8_t hard;
	uint8_t large; /* which of two probes was answered */
	uint32_t number; /* of the probe; or what passes */
	uint8_t peer[16]; /* ULA */
	struct endpoint remote;
};

struct event_list {
	size_t n;
	struct event e[EVENTS_MAX];
};

/* The place for one more, zeroed; NULL when full. */
struct event *esp_event_add(struct event_list *l);
/* Call back for each, without any lock held, and empty the list. */
void esp_event_fire(struct event_list *l, const struct esp_events *to, void *ctx);

#endif
