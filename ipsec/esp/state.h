/* What struct esp is made of; see esp.c for the picture.  For the files of this folder only. */
#ifndef IPSEC_ESP_STATE_H
#define IPSEC_ESP_STATE_H

#include "ipsec/esp/hold.h"
#include "ipsec/esp/policy.h"

#include "crypto/siphash.h"

#include <pthread.h>
#include <stdatomic.h>

struct half {
	pthread_mutex_t lock; /* of all that is in here, and its SAs */
	struct sa_table sas;
	uint64_t due_ms; /* nothing happens by time alone before this */
	struct drops drops;
};

struct esp {
	struct esp_events events;
	void *ctx;
	struct half in;
	struct half out; /* its lock also guards the following */
	struct policy_index policies;
	struct hold hold;
	int held_ready; /* a policy was added or a peer became ready since the queue was last looked
			   through */
	int probing; /* the time of some probe has come since they were last looked through */
	uint32_t probes; /* the last one's number */
	struct siphash_key cookie; /* see probe_echo.h; never changes */
	atomic_int narrow; /* some path is, or was: esp_fit is worth a look */
	atomic_int sooner; /* see esp_sooner */
};

struct half *esp_half(struct esp *e, int inbound);
/* Call back for what was noted; no lock may be held. */
void esp_fire(struct esp *e, struct event_list *events);

#endif
