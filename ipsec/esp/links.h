/*
 * Which of our addresses is on which link, as far as datagrams that came in tell.  Whoever came by
 * one is to be answered by the same: a router in between forwards no answer that comes from
 * elsewhere.  Any thread.
 */
#ifndef IPSEC_ESP_LINKS_H
#define IPSEC_ESP_LINKS_H

#include "base/addr.h"

#include <pthread.h>

#define LINKS_MAX 16

struct links {
	pthread_mutex_t lock;
	unsigned int next; /* the oldest makes place */
	struct {
		struct endpoint local;
		uint32_t link; /* interface index */
	} seen[LINKS_MAX];
};

void links_init(struct links *l);
void links_note(struct links *l, const struct endpoint *local, uint32_t link);
/* It is gone. */
void links_forget(struct links *l, uint32_t link);
/* The interface index, 0 when it is not known. */
uint32_t links_find(struct links *l, const struct endpoint *local);

#endif
