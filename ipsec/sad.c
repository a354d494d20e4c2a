/*
 * libcharon names an SA by SPI and destination address, as the kernel does; struct esp by direction
 * and a number: inbound the SPI, outbound one of ours.  The list here translates.  It is needed for
 * more than form: a peer chooses the SPI of our outbound SA.  It may be the one another peer chose,
 * also one behind the same NAT; or that of some inbound SA of ours, which must not get deleted.
 */
#include "ipsec/swan.h"

#include "ipsec/sad.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "ipsec/plane.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>

/* Our inbound SPIs are 0xc0000000 .. 0xcfffffff: the top bits tell ESP from STUN. */
#define SPI_BASE 0xc0000000u
#define SPI_RANDOM 0x0fffffffu
#define SALT_LEN 4
/* Two that were put in so soon after each other are of ends that called each other at the same
 * moment. */
#define CROSSING_MS 1000

struct entry {
	struct entry *next;
	uint32_t spi;
	uint32_t id; /* what struct esp calls it */
	uint32_t reqid; /* the same for all that replace one another */
	uint32_t partner; /* outbound: the SPI of the inbound SA that belongs to it */
	uint8_t inbound;
	struct endpoint dst;
	uint64_t put_ms;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

/* Lock held.  Address and port tell, or the address alone: a port may have changed since. */
static struct entry **
find(uint32_t spi, const struct endpoint *dst)
{
	struct entry **near = NULL, **e;

	for (e = &entries; *e != NULL; e = &(*e)->next) {
		if ((*e)->spi != spi || !endpoint_same_addr(&(*e)->dst, dst))
			continue;
		if ((*e)->dst.port == dst->port)
			return e;
		if (near == NULL)
			near = e;
	}
	return near != NULL ? near : e;
}

/* A copy of the entry; 0 or -1. */
static int
look_up(uint32_t spi, host_t *dst, struct entry *out)
{
	struct endpoint to = endpoint_of(dst);
	struct entry *e;

	pthread_mutex_lock(&mutex);
	e = *find(ntohl(spi), &to);
	if (e != NULL)
		*out = *e;
	pthread_mutex_unlock(&mutex);
	return e != NULL ? 0 : -1;
}

static void
remember(const struct esp_sa *sa, uint32_t reqid, uint32_t partner, host_t *dst)
{
	struct entry *e = calloc(1, sizeof *e);

	if (e == NULL)
		fatal("SA");
	e->spi = sa->spi;
	e->id = sa->id;
	e->reqid = reqid;
	e->partner = partner;
	e->inbound = sa->inbound;
	e->dst = endpoint_of(dst);
	e->put_ms = clock_boot_ms();
	pthread_mutex_lock(&mutex);
	e->next = entries;
	entries = e;
	pthread_mutex_unlock(&mutex);
}

/* Lock held.  A number no outbound SA has. */
static uint32_t
free_id(void)
{
	static uint32_t last;
	struct entry *e;

	do {
		last++;
		for (e = entries; e != NULL && (e->inbound || e->id != last); e = e->next)
			continue;
	} while (last == 0 || e != NULL);
	return last;
}

uint32_t
sad_inbound_spi(uint32_t id)
{
	uint32_t spi = 0;

	pthread_mutex_lock(&mutex);
	for (struct entry *e = entries; e != NULL; e = e->next)
		if (!e->inbound && e->id == id)
			spi = e->partner;
	pthread_mutex_unlock(&mutex);
	return spi;
}

static void
forget(kernel_ipsec_sa_id_t *id)
{
	struct endpoint dst = endpoint_of(id->dst);
	struct entry **e, *gone;

	pthread_mutex_lock(&mutex);
	e = find(ntohl(id->spi), &dst);
	gone = *e;
	if (gone != NULL)
		*e = gone->next;
	pthread_mutex_unlock(&mutex);
	free(gone);
}

static void
rename_dst(kernel_ipsec_sa_id_t *id, host_t *new_dst)
{
	struct endpoint dst = endpoint_of(id->dst);
	struct entry *e;

	pthread_mutex_lock(&mutex);
	e = *find(ntohl(id->spi), &dst);
	if (e != NULL)
		e->dst = endpoint_of(new_dst);
	pthread_mutex_unlock(&mutex);
}

static kernel_feature_t
get_features(kernel_ipsec_t *this)
{
	return KERNEL_REQUIRE_UDP_ENCAPSULATION | KERNEL_NO_POLICY_UPDATES | KERNEL_POLICY_SPI |
	    KERNEL_ESP_V3_TFC;
}

static status_t
get_spi(kernel_ipsec_t *this, host_t *src, host_t *dst, uint8_t protocol, uint32_t *spi)
{
	uint32_t value;

	do {
		crypto_random(&value, sizeof value);
		value = SPI_BASE | (value & SPI_RANDOM);
	} while (esp_spi_in_use(plane_esp(), value));
	*spi = htonl(value);
	return SUCCESS;
}

static status_t
get_cpi(kernel_ipsec_t *this, host_t *src, host_t *dst, uint16_t *cpi)
{
	return NOT_SUPPORTED;
}

/* 0 when the data plane knows none such. */
static enum aead_algorithm
algorithm_of(uint16_t alg, size_t key_len)
{
	if (alg == ENCR_AES_GCM_ICV16 && key_len == 16)
		return AEAD_AES_128_GCM;
	if (alg == ENCR_AES_GCM_ICV16 && key_len == 32)
		return AEAD_AES_256_GCM;
	if (alg == ENCR_CHACHA20_POLY1305 && key_len == 32)
		return AEAD_CHACHA20_POLY1305;
	return 0;
}

static void
set_lifetime(struct esp_lifetime *out, const lifetime_cfg_t *in)
{
	out->soft_ms = in->time.rekey * 1000;
	out->hard_ms = in->time.life * 1000;
	out->soft_bytes = in->bytes.rekey;
	out->hard_bytes = in->bytes.life;
	out->soft_packets = in->packets.rekey;
	out->hard_packets = in->packets.life;
}

/* What struct esp shall call it, and what fits through. */
static void
name_sa(struct esp_sa *sa)
{
	sa->id = sa->spi;
	if (sa->inbound)
		return;
	pthread_mutex_lock(&mutex);
	sa->id = free_id();
	pthread_mutex_unlock(&mutex);
	sa->mtu = plane_mtu(&sa->remote);
}

/*
 * The inbound SA that belongs to an outbound one: the newest of the same reqid, for it is put in
 * first.  *replaces is set when there is an older one that has been in use: then this is a
 * rekeying, and who asked for it has both ends of the new SAs in place before ours is put in.  Not
 * so when two calls crossed: the older one may be in use already, and the caller of the newer one
 * not ready.
 */
static uint32_t
find_partner(uint32_t reqid, int *replaces)
{
	uint64_t now = clock_boot_ms();
	struct esp_usage usage;
	uint32_t spi = 0;

	*replaces = 0;
	pthread_mutex_lock(&mutex);
	for (struct entry *e = entries; e != NULL; e = e->next) {
		if (!e->inbound || e->reqid != reqid)
			continue;
		if (spi == 0)
			spi = e->id;
		else if (clock_since(e->put_ms, now) > CROSSING_MS &&
		    esp_sa_query(plane_esp(), e->id, 1, &usage) == 0 && usage.packets > 0)
			*replaces = 1;
	}
	pthread_mutex_unlock(&mutex);
	return spi;
}

static void
set_way(uint32_t id, const struct endpoint *local, const struct endpoint *remote)
{
	struct esp_way way;

	plane_way(local, remote, &way);
	esp_sa_way(plane_esp(), id, &way);
}

static status_t
add_sa(kernel_ipsec_t *this, kernel_ipsec_sa_id_t *id, kernel_ipsec_add_sa_t *data)
{
	size_t key_len = data->enc_key.len > SALT_LEN ? data->enc_key.len - SALT_LEN : 0;
	struct esp_sa sa = {
	    .spi = ntohl(id->spi),
	    .inbound = data->inbound,
	    .algorithm = (uint8_t)algorithm_of(data->enc_alg, key_len),
	    .esn = data->esn,
	    .tfc = data->tfc != 0, /* settings.c wants it, and the peer has nothing against it */
	    .remote = endpoint_of(data->inbound ? id->src : id->dst),
	    .local = endpoint_of(data->inbound ? id->dst : id->src),
	};
	uint32_t partner = 0;
	int replaces, rc;

	if (!data->inbound)
		partner = find_partner(data->reqid, &replaces);
	if (!data->inbound && !data->initiator && !replaces)
		sa.partner = partner;
	if (sa.algorithm == 0 || data->mode != MODE_TUNNEL || id->proto != IPPROTO_ESP)
		return NOT_SUPPORTED;
	memcpy(sa.key, data->enc_key.ptr, key_len);
	memcpy(sa.salt, data->enc_key.ptr + key_len, SALT_LEN);
	set_lifetime(&sa.life, data->lifetime);
	name_sa(&sa);
	rc = esp_sa_add(plane_esp(), &sa, clock_boot_ms());
	if (rc == 0 && !sa.inbound)
		set_way(sa.id, &sa.local, &sa.remote);
	if (rc == -1)
		log_warn("SA %08x does not fit", ntohl(id->spi));
	else
		remember(&sa, data->reqid, partner, id->dst);
	crypto_wipe(&sa, sizeof sa);
	return rc == -1 ? FAILED : SUCCESS;
}

static status_t
update_sa(kernel_ipsec_t *this, kernel_ipsec_sa_id_t *id, kernel_ipsec_update_sa_t *data)
{
	struct endpoint remote, local = endpoint_of(data->new_src);
	struct entry e;

	if (look_up(id->spi, id->dst, &e) == -1)
		return NOT_FOUND;
	remote = endpoint_of(e.inbound ? data->new_src : data->new_dst);
	if (esp_sa_move(plane_esp(), e.id, e.inbound, &remote) == -1)
		return NOT_FOUND;
	if (!e.inbound) {
		esp_sa_mtu(plane_esp(), e.id, plane_mtu(&remote));
		set_way(e.id, &local, &remote);
	}
	rename_dst(id, data->new_dst);
	return SUCCESS;
}

static status_t
query_sa(kernel_ipsec_t *this, kernel_ipsec_sa_id_t *id, kernel_ipsec_query_sa_t *data,
    uint64_t *bytes, uint64_t *packets, time_t *when)
{
	struct esp_usage usage;
	struct entry e;

	if (look_up(id->spi, id->dst, &e) == -1 ||
	    esp_sa_query(plane_esp(), e.id, e.inbound, &usage) == -1)
		return NOT_FOUND;
	/* Asked every few seconds: a path may have become narrower since. */
	if (!e.inbound)
		esp_sa_mtu(plane_esp(), e.id, plane_mtu(&usage.remote));
	if (bytes != NULL)
		*bytes = usage.bytes;
	if (packets != NULL)
		*packets = usage.packets;
	if (when != NULL)
		*when = usage.last_ms == 0
		    ? 0
		    : time_monotonic(NULL) - (time_t)((clock_boot_ms() - usage.last_ms) / 1000);
	return SUCCESS;
}

static status_t
del_sa(kernel_ipsec_t *this, kernel_ipsec_sa_id_t *id, kernel_ipsec_del_sa_t *data)
{
	struct entry e;

	if (look_up(id->spi, id->dst, &e) == -1 ||
	    esp_sa_delete(plane_esp(), e.id, e.inbound) == -1)
		return NOT_FOUND;
	forget(id);
	return SUCCESS;
}

static status_t
flush(kernel_ipsec_t *this)
{
	return SUCCESS;
}

/* FORWARD policies and others than the peers' mean nothing here. */
static int
policy_of(kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data, uint8_t local[16],
    uint8_t remote[16])
{
	int inbound = id->dir == POLICY_IN;

	return data->type == POLICY_IPSEC && (inbound || id->dir == POLICY_OUT) &&
	    address_of(inbound ? id->dst_ts : id->src_ts, local) == 0 &&
	    address_of(inbound ? id->src_ts : id->dst_ts, remote) == 0;
}

/* The SA a policy is for, as struct esp calls it.  0 or -1. */
static int
policy_sa(kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data, uint32_t *out)
{
	struct entry e = {.id = ntohl(data->sa->esp.spi)};

	if (id->dir == POLICY_OUT && look_up(data->sa->esp.spi, data->dst, &e) == -1)
		return -1;
	*out = e.id;
	return 0;
}

static status_t
add_policy(kernel_ipsec_t *this, kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data)
{
	uint8_t local[16], remote[16];
	uint32_t sa;

	if (!policy_of(id, data, local, remote))
		return SUCCESS;
	if (policy_sa(id, data, &sa) == -1 ||
	    esp_policy_add(plane_esp(), sa, id->dir == POLICY_IN, local, remote) == -1)
		return FAILED;
	if (id->dir == POLICY_OUT) {
		plane_release(remote);
		plane_poke(remote, NULL); /* the peer waits to hear that we are ready */
	}
	return SUCCESS;
}

static status_t
del_policy(kernel_ipsec_t *this, kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data)
{
	uint8_t local[16], remote[16];
	uint32_t sa;

	if (policy_of(id, data, local, remote) && policy_sa(id, data, &sa) == 0)
		esp_policy_delete(plane_esp(), sa, id->dir == POLICY_IN, local, remote);
	return SUCCESS;
}

static status_t
query_policy(kernel_ipsec_t *this, kernel_ipsec_policy_id_t *id, kernel_ipsec_query_policy_t *data,
    time_t *use_time)
{
	return NOT_SUPPORTED;
}

static bool
bypass_socket(kernel_ipsec_t *this, int fd, int family)
{
	return TRUE;
}

static bool
enable_udp_decap(kernel_ipsec_t *this, int fd, int family, uint16_t port)
{
	return TRUE;
}

static void
destroy(kernel_ipsec_t *this)
{
	while (entries != NULL) {
		struct entry *e = entries;

		entries = e->next;
		free(e);
	}
	free(this);
}

void *
sad_make(void)
{
	kernel_ipsec_t *k = malloc(sizeof *k);

	if (k == NULL)
		fatal("kernel_ipsec");
	*k = (kernel_ipsec_t) {
	    .get_features = get_features,
	    .get_spi = get_spi,
	    .get_cpi = get_cpi,
	    .add_sa = add_sa,
	    .update_sa = update_sa,
	    .query_sa = query_sa,
	    .del_sa = del_sa,
	    .flush_sas = flush,
	    .add_policy = add_policy,
	    .query_policy = query_policy,
	    .del_policy = del_policy,
	    .flush_policies = flush,
	    .bypass_socket = bypass_socket,
	    .enable_udp_decap = enable_udp_decap,
	    .destroy = destroy,
	};
	return k;
}
