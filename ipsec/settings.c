#include "ipsec/settings.h"

#include "base/clock.h"
#include "ipsec/creds.h"
#include "ipsec/peers.h"
#include "ipsec/plane.h"

#include <string.h>

/* Best first.  All are AEAD with a 16-octet tag, x25519 only (RFC 8247, 8221, 8031). */
static const char *const ike_proposals[] = {
    "aes128gcm16-prfsha256-x25519",
    "aes256gcm16-prfsha384-x25519",
    "chacha20poly1305-prfsha256-x25519",
};
static const char *const esp_proposals[] = {
    "aes128gcm16-x25519-esn-noesn",
    "aes256gcm16-x25519-esn-noesn",
    "chacha20poly1305-x25519-esn-noesn",
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct msg_ipsec_self own;

void
settings_init(const struct msg_ipsec_self *self)
{
	own = *self;
}

const struct msg_ipsec_self *
settings_self(void)
{
	return &own;
}

/* Any address on either side: who the other is, its certificate says.  dial.c sets the place
 * to call on the IKE SA itself. */
static ike_cfg_t *
make_ike(void)
{
	ike_cfg_create_t data = {
	    .version = IKEV2,
	    .local = "%any",
	    .local_port = own.port,
	    .remote = "%any",
	    .remote_port = own.port,
	    .force_encap = TRUE,
	    .fragmentation = FRAGMENTATION_YES,
	    .childless = CHILDLESS_NEVER,
	};
	ike_cfg_t *ike = ike_cfg_create(&data);

	for (size_t i = 0; i < COUNT(ike_proposals); i++)
		ike->add_proposal(ike, proposal_create_from_string(PROTO_IKE, ike_proposals[i]));
	return ike;
}

static auth_cfg_t *
make_auth(const char *name)
{
	auth_cfg_t *auth = auth_cfg_create();

	auth->add(
	    auth, AUTH_RULE_IDENTITY, identification_create_from_string((char *)(uintptr_t)name));
	auth->add(auth, AUTH_RULE_AUTH_CLASS, AUTH_CLASS_PUBKEY);
	return auth;
}

static traffic_selector_t *
one_address(const uint8_t ula[16])
{
	chunk_t addr = chunk_create((u_char *)(uintptr_t)ula, 16);

	return traffic_selector_create_from_bytes(0, TS_IPV6_ADDR_RANGE, addr, 0, addr, 65535);
}

/* A tenth of random spread, so that both ends do not rekey at once. */
static child_cfg_t *
make_child(const char *name, const uint8_t ula[16])
{
	child_cfg_create_t data = {
	    .mode = MODE_TUNNEL,
	    /* Any value: libcharon hands it on to sad.c if the peer takes padding, and our data
	     * plane pads nothing but its probes.  The kernel would pad each packet. */
	    .tfc = plane_is_kernel() ? 0 : 1,
	    .lifetime.time =
		{
		    .rekey = own.child_rekey_sec,
		    .jitter = own.child_rekey_sec / 10,
		    .life = own.child_rekey_sec + own.child_rekey_sec / 10 + 1,
		},
	};
	child_cfg_t *child = child_cfg_create((char *)(uintptr_t)name, &data);

	for (size_t i = 0; i < COUNT(esp_proposals); i++)
		child->add_proposal(
		    child, proposal_create_from_string(PROTO_ESP, esp_proposals[i]));
	child->add_traffic_selector(child, TRUE, one_address(own.ula));
	child->add_traffic_selector(child, FALSE, one_address(ula));
	return child;
}

/* Asked by libcharon each time before it waits: a tunnel at rest is asked more rarely.  Nobody
 * calls libcharon with the peers' lock held, so it may be taken here. */
static uint32_t
dpd_sec(peer_cfg_t *cfg)
{
	uint64_t quiet_ms = 0, now = clock_boot_ms();

	peers_lock();
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		if (p != NULL && p->config == cfg)
			quiet_ms = clock_since(p->active_ms, now);
	}
	peers_unlock();
	return alive_dpd_sec(own.dpd_sec, quiet_ms);
}

/* UNIQUE_NEVER: INITIAL_CONTACT would destroy one of two crossing SAs at one end only; dedupe.c
 * has the rule instead. */
peer_cfg_t *
settings_for_peer(const char *name, const uint8_t ula[16])
{
	peer_cfg_create_t data = {
	    .cert_policy = CERT_ALWAYS_SEND,
	    .unique = UNIQUE_NEVER,
	    .keyingtries = 1,
	    .rekey_time = own.ike_rekey_sec,
	    .jitter_time = own.ike_rekey_sec / 10,
	    .over_time = own.ike_rekey_sec / 10 + 1,
	    .dpd = own.dpd_sec,
	};
	peer_cfg_t *cfg = peer_cfg_create((char *)(uintptr_t)name, make_ike(), &data);
	auth_cfg_t *local = make_auth(own.name), *remote = make_auth(name);

	if (own.dpd_sec != 0)
		cfg->get_dpd = dpd_sec;
	local->add(local, AUTH_RULE_SUBJECT_CERT, creds_own());
	remote->add(remote, AUTH_RULE_CA_CERT, creds_ca());
	cfg->add_auth_cfg(cfg, local, TRUE);
	cfg->add_auth_cfg(cfg, remote, FALSE);
	cfg->add_child_cfg(cfg, make_child(name, ula));
	return cfg;
}

/* libcharon enumerates at leisure, so it gets references to what there is now, without a lock. */
static linked_list_t *
snapshot(int ike)
{
	linked_list_t *list = linked_list_create();

	peers_lock();
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);
		peer_cfg_t *cfg = p != NULL ? p->config : NULL;
		ike_cfg_t *first;

		if (cfg == NULL)
			continue;
		first = cfg->get_ike_cfg(cfg);
		list->insert_last(
		    list, ike ? (void *)first->get_ref(first) : (void *)cfg->get_ref(cfg));
	}
	peers_unlock();
	return list;
}

static void
forget_ikes(linked_list_t *list)
{
	list->destroy_offset(list, offsetof(ike_cfg_t, destroy));
}

static void
forget_peers(linked_list_t *list)
{
	list->destroy_offset(list, offsetof(peer_cfg_t, destroy));
}

static enumerator_t *
enumerate_ikes(backend_t *this, host_t *me, host_t *other)
{
	linked_list_t *list = snapshot(1);

	return enumerator_create_cleaner(list->create_enumerator(list), (void *)forget_ikes, list);
}

static enumerator_t *
enumerate_peers(backend_t *this, identification_t *me, identification_t *other)
{
	linked_list_t *list = snapshot(0);

	return enumerator_create_cleaner(list->create_enumerator(list), (void *)forget_peers, list);
}

static peer_cfg_t *
peer_by_name(backend_t *this, char *name)
{
	peer_cfg_t *cfg = NULL;
	struct peer *p;

	peers_lock();
	p = peers_by_name(name);
	if (p != NULL && p->config != NULL) {
		cfg = p->config;
		cfg = cfg->get_ref(cfg);
	}
	peers_unlock();
	return cfg;
}

static backend_t backend = {
    .create_ike_cfg_enumerator = enumerate_ikes,
    .create_peer_cfg_enumerator = enumerate_peers,
    .get_peer_cfg_by_name = peer_by_name,
};

void
settings_publish(void)
{
	charon->backends->add_backend(charon->backends, &backend);
}

void
settings_withdraw(void)
{
	charon->backends->remove_backend(charon->backends, &backend);
}
