#include "ipsec/knocked.h"

#include "ipsec/peers.h"

#include <string.h>

#define EARLY_MAX 8

/* Knocks of unknown numbers: a near name server knocks before the manager has told us of it.  The
 * last few are kept. */
static struct {
	uint8_t nonce[KNOCK_NONCE_LEN];
	struct endpoint from;
} early[EARLY_MAX];
static unsigned earlies; /* ever */

/* Under the peers' lock, as all here. */
static struct {
	uint8_t nonce[KNOCK_NONCE_LEN];
	int wanted;
	int come;
	struct endpoint from;
} knock[MSG_LOOKS_MAX];

/* 1 when it is one that is waited for, and the first of its number. */
static int
note(const uint8_t *nonce, const struct endpoint *from)
{
	for (unsigned i = 0; i < MSG_LOOKS_MAX; i++) {
		if (!knock[i].wanted || memcmp(knock[i].nonce, nonce, KNOCK_NONCE_LEN) != 0)
			continue;
		knock[i].wanted = 0;
		knock[i].come = 1;
		knock[i].from = *from;
		return 1;
	}
	return 0;
}

static void
keep_early(const uint8_t *nonce, const struct endpoint *from)
{
	unsigned i = earlies++ % EARLY_MAX;

	memcpy(early[i].nonce, nonce, KNOCK_NONCE_LEN);
	early[i].from = *from;
}

void
knocked_want(const struct msg_ipsec_knock *want)
{
	static const uint8_t none[KNOCK_NONCE_LEN];

	peers_lock();
	for (unsigned i = 0; i < MSG_LOOKS_MAX; i++) {
		if (memcmp(knock[i].nonce, want->nonce[i], KNOCK_NONCE_LEN) == 0)
			continue;
		memset(&knock[i], 0, sizeof knock[i]);
		memcpy(knock[i].nonce, want->nonce[i], KNOCK_NONCE_LEN);
		knock[i].wanted = memcmp(want->nonce[i], none, KNOCK_NONCE_LEN) != 0;
	}
	for (unsigned i = 0; i < EARLY_MAX; i++)
		note(early[i].nonce, &early[i].from);
	peers_unlock();
}

int
knocked_take(const void *data, size_t len, const struct endpoint *from)
{
	const uint8_t *nonce = knock_read(data, len);
	int noted;

	if (nonce == NULL)
		return 0;
	peers_lock();
	noted = note(nonce, from);
	if (!noted)
		keep_early(nonce, from);
	peers_unlock();
	if (noted)
		peers_wake();
	return 1;
}

/* The first that the manager does not know of; MSG_LOOKS_MAX = none. */
static unsigned
first_come(void)
{
	unsigned i = 0;

	while (i < MSG_LOOKS_MAX && !knock[i].come)
		i++;
	return i;
}

int
knocked_next(union msg *m)
{
	unsigned i;

	peers_lock();
	i = first_come();
	if (i < MSG_LOOKS_MAX) {
		msg_begin(m, MSG_IPSEC_KNOCKED, 0);
		memcpy(m->ipsec_knocked.nonce, knock[i].nonce, KNOCK_NONCE_LEN);
		m->ipsec_knocked.from = knock[i].from;
	}
	peers_unlock();
	return i < MSG_LOOKS_MAX;
}

void
knocked_drop(void)
{
	unsigned i;

	peers_lock();
	i = first_come();
	if (i < MSG_LOOKS_MAX)
		knock[i].come = 0;
	peers_unlock();
}
