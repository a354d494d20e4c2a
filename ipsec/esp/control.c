/* SAs and policies as IKE sets them: the calls that may come from any thread. */
#include "ipsec/esp/lifetime.h"
#include "ipsec/esp/paths.h"
#include "ipsec/esp/state.h"

#include <errno.h>
#include <string.h>

#define SPI_INBOUND_MIN UINT32_C(0xc0000000) /* the shared port's two top bits */
#define SPI_OUTBOUND_MIN 256 /* RFC 4303 2.1 */

static int
spec_valid(const struct esp_sa *spec)
{
	if (spec->spi < (spec->inbound ? SPI_INBOUND_MIN : SPI_OUTBOUND_MIN))
		return 0;
	if (!spec->inbound && spec->remote.family == 0)
		return 0;
	if (spec->inbound ? spec->id != 0 && spec->id != spec->spi
			  : spec->mtu != 0 && spec->mtu < PROBE_FLOOR)
		return 0;
	return endpoint_valid(&spec->remote) && aead_key_len(spec->algorithm) > 0;
}

/* Has the peer been heard on this inbound SA, or is there none to hear it on? */
static int
was_heard(struct esp *e, uint32_t spi)
{
	struct sa *sa;
	int heard;

	pthread_mutex_lock(&e->in.lock);
	sa = sa_find(&e->in.sas, spi);
	heard = sa == NULL || sa->packets > 0;
	pthread_mutex_unlock(&e->in.lock);
	return heard;
}

int
esp_sa_add(struct esp *e, const struct esp_sa *spec, uint64_t now_ms)
{
	int wait = !spec->inbound && spec->partner != 0 && !was_heard(e, spec->partner);
	struct half *half = esp_half(e, spec->inbound);
	struct aead *aead;
	struct sa *sa;

	if (!spec_valid(spec)) {
		errno = EINVAL;
		return -1;
	}
	if ((aead = aead_new(spec->algorithm, spec->key, !spec->inbound)) == NULL) {
		errno = ENOSPC;
		return -1;
	}
	pthread_mutex_lock(&half->lock);
	sa = sa_insert(&half->sas, spec, aead, now_ms);
	if (sa != NULL && !sa->inbound)
		path_settle(e, sa);
	if (sa != NULL && wait)
		sa->ready_ms = now_ms + ESP_WAIT_MS;
	if (sa != NULL && sa_due_ms(sa) < half->due_ms)
		half->due_ms = sa_due_ms(sa);
	pthread_mutex_unlock(&half->lock);
	if (sa == NULL)
		aead_free(aead); /* keeps errno: it only frees memory */
	return sa != NULL ? 0 : -1;
}

/* Lock the half and find the SA in it; NULL, unlocked, with errno ENOENT when it is not there. */
static struct sa *
lock_sa(struct half *half, uint32_t id)
{
	struct sa *sa;

	pthread_mutex_lock(&half->lock);
	if ((sa = sa_find(&half->sas, id)) == NULL) {
		pthread_mutex_unlock(&half->lock);
		errno = ENOENT;
	}
	return sa;
}

int
esp_sa_move(struct esp *e, uint32_t id, int inbound, const struct endpoint *remote)
{
	struct half *half = esp_half(e, inbound);
	struct sa *sa;

	if (remote->family == 0 || !endpoint_valid(remote)) {
		errno = EINVAL;
		return -1;
	}
	if ((sa = lock_sa(half, id)) == NULL)
		return -1;
	sa->remote = *remote;
	if (!inbound)
		sa_new_path(sa); /* also when only our own address is another */
	pthread_mutex_unlock(&half->lock);
	return 0;
}

int
esp_sa_mtu(struct esp *e, uint32_t id, uint32_t mtu)
{
	struct sa *sa;

	if (mtu != 0 && mtu < PROBE_FLOOR) {
		errno = EINVAL;
		return -1;
	}
	if ((sa = lock_sa(&e->out, id)) == NULL)
		return -1;
	if (sa->mtu != mtu) {
		sa->mtu = mtu;
		probe_changed(&sa->probe);
		path_settle(e, sa);
	}
	pthread_mutex_unlock(&e->out.lock);
	return 0;
}

int
esp_sa_way(struct esp *e, uint32_t id, const struct esp_way *way)
{
	struct sa *sa = lock_sa(&e->out, id);

	if (sa == NULL)
		return -1;
	if (sa->way.link != way->link)
		sa_new_path(sa);
	sa->way = *way;
	pthread_mutex_unlock(&e->out.lock);
	return 0;
}

void
esp_way_lost(struct esp *e, uint32_t link)
{
	struct sa *sa;
	size_t at = 0;

	pthread_mutex_lock(&e->out.lock);
	while ((sa = sa_next(&e->out.sas, &at)) != NULL) {
		if (link == 0 || sa->way.link != link)
			continue;
		sa->way.link = 0;
		sa_new_path(sa);
	}
	pthread_mutex_unlock(&e->out.lock);
}

int
esp_sa_query(struct esp *e, uint32_t id, int inbound, struct esp_usage *out)
{
	struct half *half = esp_half(e, inbound);
	struct sa *sa = lock_sa(half, id);

	if (sa == NULL)
		return -1;
	*out = (struct esp_usage) {
	    .bytes = sa->bytes,
	    .packets = sa->packets,
	    .last_ms = sa->last_ms,
	    .remote = sa->remote,
	};
	pthread_mutex_unlock(&half->lock);
	return 0;
}

/* A data thread touches an SA only while it holds the half's lock, so none is inside it here. */
int
esp_sa_delete(struct esp *e, uint32_t id, int inbound)
{
	struct half *half = esp_half(e, inbound);
	struct sa *sa = lock_sa(half, id);
	struct aead *aead;

	if (sa == NULL)
		return -1;
	if (!inbound && sa->has_policy)
		policy_index_remove(&e->policies, sa);
	aead = sa_remove(&half->sas, sa);
	pthread_mutex_unlock(&half->lock);
	aead_free(aead);
	return 0;
}

int
esp_spi_in_use(struct esp *e, uint32_t spi)
{
	int used;

	pthread_mutex_lock(&e->in.lock);
	used = sa_find(&e->in.sas, spi) != NULL;
	pthread_mutex_unlock(&e->in.lock);
	return used;
}

int
esp_policy_add(
    struct esp *e, uint32_t id, int inbound, const uint8_t local[16], const uint8_t remote[16])
{
	struct half *half = esp_half(e, inbound);
	struct sa *sa = lock_sa(half, id);
	int rc;

	if (sa == NULL)
		return -1;
	rc = policy_set(sa, local, remote);
	if (rc == 0 && !inbound) {
		path_inherit(e, sa);
		policy_index_add(&e->policies, sa);
		e->held_ready = 1;
	}
	pthread_mutex_unlock(&half->lock);
	return rc;
}

int
esp_policy_delete(
    struct esp *e, uint32_t id, int inbound, const uint8_t local[16], const uint8_t remote[16])
{
	struct half *half = esp_half(e, inbound);
	struct sa *sa = lock_sa(half, id);
	int found;

	if (sa == NULL)
		return -1;
	found = policy_is(sa, local, remote);
	if (found && !inbound)
		policy_index_remove(&e->policies, sa);
	if (found)
		sa->has_policy = 0;
	pthread_mutex_unlock(&half->lock);
	if (!found)
		errno = ENOENT;
	return found ? 0 : -1;
}

int
esp_peer_know(struct esp *e, const uint8_t ula[16])
{
	int rc = 0;

	for (int inbound = 0; inbound < 2; inbound++) {
		struct half *half = esp_half(e, inbound);

		pthread_mutex_lock(&half->lock);
		rc |= drops_know(&half->drops, ula);
		pthread_mutex_unlock(&half->lock);
	}
	return rc;
}

void
esp_peer_forget(struct esp *e, const uint8_t ula[16])
{
	for (int inbound = 0; inbound < 2; inbound++) {
		struct half *half = esp_half(e, inbound);

		pthread_mutex_lock(&half->lock);
		drops_forget(&half->drops, ula);
		pthread_mutex_unlock(&half->lock);
	}
}

void
esp_peer_drops(struct esp *e, const uint8_t ula[16], uint64_t out[ESP_DROP_MAX])
{
	memset(out, 0, ESP_DROP_MAX * sizeof(out[0]));
	for (int inbound = 0; inbound < 2; inbound++) {
		struct half *half = esp_half(e, inbound);

		pthread_mutex_lock(&half->lock);
		drops_read(&half->drops, ula, out);
		pthread_mutex_unlock(&half->lock);
	}
}
