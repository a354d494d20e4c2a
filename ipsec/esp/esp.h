/*
 * User-space ESP in UDP: RFC 4303 tunnel mode with AES-GCM (RFC 4106) or ChaCha20-Poly1305
 * (RFC 7634), encapsulated as in RFC 3948.  A library of its own: no libcharon, no root needed;
 * the ipsec worker drives it, the tests feed it packets.
 *
 *      inner packets  -> esp_outbound -> sealed datagrams          (one thread)
 *      datagrams      -> esp_inbound  -> inner packets, events     (another thread)
 *      SAs, policies  -> esp_sa_*, esp_policy_*                    (any thread)
 *
 * struct esp holds state and does no I/O (`now_ms` is an argument); esp_io.h moves packets between
 * it, the tunnel device and the UDP sockets.  All memory is taken at esp_new and has a limit.
 */
#ifndef IPSEC_ESP_H
#define IPSEC_ESP_H

#include "base/addr.h"
#include "crypto/aead.h"

#include <stddef.h>
#include <stdint.h>

#define ESP_SA_MAX 8192 /* both directions together, half for each: three a peer, and some */
#define ESP_HOLD_MAX 256 /* packets waiting for a tunnel, all peers together */
#define ESP_HOLD_PER_PEER 32
#define ESP_HOLD_MS 10000 /* then they are dropped */
#define ESP_WAIT_MS 250 /* for the peer to be ready, see esp_sa.partner */
#define ESP_REPLAY_WINDOW 8192 /* packets: more than a train of trains can be late */
#define ESP_PEERS_MAX 1024 /* whose drops are counted one by one */
#define ESP_CHUNK 64 /* packets handled while a lock is held; four events each fit in a list */
#define ESP_PACKET_MAX 2048 /* inner packet, outbound */
#define ESP_MTU_MIN 1280 /* IPv6's; where a path carries less, packets are split */
#define ESP_QUIET_MS 5000 /* without a packet: the next one is told of */
#define ESP_TOO_BIG_MS 10 /* between two answers to packets that are too big for a tunnel */
/* What tunnelling adds at most after the UDP header: SPI, sequence, IV, padding, trailer, ICV. */
#define ESP_OVERHEAD_MAX (4 + 4 + 8 + 3 + 2 + 16)

struct esp;

/* Called without any lock held, from the thread that noticed. */
struct esp_events {
	/* First packet to an address without policy; not again for the same one within 2 s. */
	void (*acquire)(void *ctx, const uint8_t dst[16]);
	/* An authentic packet of inbound SA spi came from elsewhere; the plane itself already sends
	 * to the new place.  At most 5 a second for one SA. */
	void (*moved)(void *ctx, uint32_t spi, const struct endpoint *from);
	/* A peer that was waited for (esp_sa.partner) has been heard: held packets may go. */
	void (*ready)(void *ctx, const uint8_t peer[16]);
	/* The path to a peer carries inner packets of this size, as probes have shown; 0 = of any
	 * size, after all.  See probe.h. */
	void (*narrow)(void *ctx, const uint8_t peer[16], uint32_t size);
	/* An SA has carried an inner packet, the first one in ESP_QUIET_MS. */
	void (*used)(void *ctx, uint32_t id, int inbound);
	/* A lifetime has passed: soft (hard = 0) wants a rekey, hard ends the SA.  Each once. */
	void (*expired)(void *ctx, uint32_t id, int inbound, int hard);
	/* Packets were dropped that are of no known peer; not again until esp_nobodys_drops. */
	void (*dropped)(void *ctx);
};

struct esp_lifetime {
	uint64_t soft_ms, hard_ms; /* from creation; 0 = none */
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
};

struct esp_sa {
	uint32_t
	    spi; /* host order; inbound >= 0xc0000000: tells ESP from STUN on the shared port */
	uint8_t inbound;
	uint8_t algorithm; /* enum aead_algorithm */
	uint8_t esn; /* 64-bit sequence numbers (RFC 4304) */
	uint8_t tfc; /* outbound: the peer takes padding (RFC 4303 2.7), so its path is probed */
	/* What the SA is called in the calls below.  Inbound it is the SPI, which is our own
	 * choice. Outbound the peer chose the SPI, and two peers may choose the same: the caller
	 * gives it a number of its own.  0 = the SPI. */
	uint32_t id;
	uint32_t mtu; /* outbound: see esp_sa_mtu */
	/* Outbound, where the peer asked for the SAs and is still putting in its own end: nothing
	 * is sent before it is heard on this inbound SA, or ESP_WAIT_MS have passed.  It pokes when
	 * it is done.  0 = do not wait. */
	uint32_t partner;
	uint8_t key[AEAD_KEY_MAX];
	uint8_t salt[4];
	struct endpoint remote; /* where the peer is */
	struct endpoint local; /* our own address; only reported back */
	struct esp_lifetime life;
};

/* How packets leave where routing would have them leave otherwise. */
struct esp_way {
	uint32_t link; /* by this interface (index); 0 = as routing says */
	struct endpoint from; /* from this address of ours */
};

struct esp_usage {
	uint64_t bytes, packets;
	uint64_t last_ms; /* boot time of the last packet; 0 = none */
	struct endpoint remote;
};

/* Why packets were not delivered; index of esp_drops. */
enum esp_drop {
	ESP_DROP_NO_POLICY, /* outbound: no tunnel, hold queue full or too old */
	ESP_DROP_NOT_IPV6, /* outbound: not an IPv6 packet of ours */
	ESP_DROP_TOO_BIG, /* its sender is told, now and then */
	ESP_DROP_SEQUENCE, /* outbound: the sequence number space is used up */
	ESP_DROP_NO_SA, /* inbound: unknown SPI */
	ESP_DROP_SHORT, /* inbound: no whole ESP packet */
	ESP_DROP_REPLAY,
	ESP_DROP_AUTH, /* inbound: wrong ICV */
	ESP_DROP_INNER, /* inbound: trailer or inner header makes no sense */
	ESP_DROP_SELECTOR, /* inbound: inner addresses are not this peer's and ours */
	ESP_DROP_EXPIRED,
	ESP_DROP_CONGESTED, /* inbound: marked outside, and nobody inside would understand */
	ESP_DROP_SEND, /* outbound: the socket did not take it */
	ESP_DROP_DEVICE, /* inbound: the tunnel device did not take it */
	ESP_DROP_MAX
};

/* NULL when out of memory or no engine passes the cipher self test. */
struct esp *esp_new(const struct esp_events *events, void *ctx);
/* What it encrypts with: "ENGINE VERSION, AES-128-GCM N GB/s". */
void esp_crypto_text(char *out, size_t size);
/* Wipes keys. */
void esp_free(struct esp *e);

/* Add an SA.  0; -1 with errno EEXIST, ENOSPC (also: no memory for the cipher), EINVAL. */
int esp_sa_add(struct esp *e, const struct esp_sa *sa, uint64_t now_ms);
/* Re-point an SA to another remote address; sequence numbers and keys stay.  0, or -1 ENOENT. */
int esp_sa_move(struct esp *e, uint32_t id, int inbound, const struct endpoint *remote);
/* Outbound: its packets leave so.  0, or -1 with errno. */
int esp_sa_way(struct esp *e, uint32_t id, const struct esp_way *way);
/* That link is gone: what left by it leaves as routing says. */
void esp_way_lost(struct esp *e, uint32_t link);
/*
 * The path of an outbound SA carries inner packets of this size, as far as routing knows; 0 = any.
 * Senders of larger ones are told.  Under ESP_MTU_MIN, which IPv6 does not go, packets are split
 * instead; less than an underlay of 1280 carries is EINVAL: there routers make fragments.  0, or -1
 * ENOENT, EINVAL.
 */
int esp_sa_mtu(struct esp *e, uint32_t id, uint32_t mtu);
/* The peer with this ULA does not answer: look soon whether its path has become narrow. */
void esp_peer_doubt(struct esp *e, const uint8_t ula[16], uint64_t now_ms);
int esp_sa_query(struct esp *e, uint32_t id, int inbound, struct esp_usage *out);
/* Ends its policy too.  0, or -1 ENOENT. */
int esp_sa_delete(struct esp *e, uint32_t id, int inbound);
/* Is the SPI taken by an inbound SA? */
int esp_spi_in_use(struct esp *e, uint32_t spi);

/*
 * Selectors are two host addresses.  Outbound: packets to remote (from local) leave through SA
 * id; the policy added last wins (make before break), and held packets for remote are released
 * by the next esp_outbound_held.  Inbound: SA id may carry packets from remote to local only;
 * without a policy it delivers nothing and its peer is not followed.
 * An SA has one pair: adding it again makes it the newest, adding another is EEXIST.  ENOENT for
 * an SA or a policy that is not there.
 */
int esp_policy_add(
    struct esp *e, uint32_t id, int inbound, const uint8_t local[16], const uint8_t remote[16]);
int esp_policy_delete(
    struct esp *e, uint32_t id, int inbound, const uint8_t local[16], const uint8_t remote[16]);

/* One packet of a batch: data with room before and after, so that it is sealed in place. */
struct esp_packet {
	uint8_t *data; /* outbound: inner packet, with >= 16 octets of room before and >= 21 after;
			  inbound: UDP payload.  After the call: the result, inside the same room */
	size_t len; /* 0 after the call = not to be delivered (held or dropped) */
	/* Inbound: where it came from.  Outbound: result; family 0 = this is an ICMPv6 message back
	 * to the sender, for the device. */
	struct endpoint remote;
	uint8_t tos; /* traffic class outside; inbound as it came, outbound result */
	struct esp_way way; /* outbound result */
};

/* How long the ESP packet of an inner packet of len octets is; and the largest inner packet whose
 * ESP packet has at most `room` octets, 0 when none has. */
size_t esp_sealed_len(size_t len);
size_t esp_inner_max(size_t room);

/* Seal a batch of inner packets.  Packets without tunnel are copied to the hold queue and acquire
 * is called.  One thread at a time; it calls esp_outbound_held first, for the sake of order. */
void esp_outbound(struct esp *e, struct esp_packet *batch, size_t n, uint64_t now_ms);
/* Fill the batch with held packets whose tunnel is up now, sealed; returns how many.  Same thread
 * as esp_outbound.  The packets' data must be buffers with ESP_PACKET_MAX + 64 octets of room,
 * pointing 16 octets in. */
size_t esp_outbound_held(struct esp *e, struct esp_packet *batch, size_t max, uint64_t now_ms);
/* Make one empty packet (next header 59, RFC 4303 2.6) for the newest outbound SA towards remote
 * ULA: it tells the peer where we are.  out as in esp_outbound.  0, or -1 when there is no SA. */
int esp_poke(struct esp *e, const uint8_t remote[16], struct esp_packet *out, uint64_t now_ms);
/* Fill the batch with probes whose time has come (probe.h), sealed; returns how many.  As
 * esp_outbound_held. */
size_t esp_outbound_probes(struct esp *e, struct esp_packet *batch, size_t max, uint64_t now_ms);

/* What leaves whole on the way to where an inner packet goes: up to `whole` octets.  Up to `most`
 * it is to be split (split.h) before it is given to esp_outbound, which answers what is larger. */
struct esp_fit {
	size_t whole, most;
};
/* Is any path narrow, or was it ever?  If not, nothing need be asked. */
int esp_narrow(struct esp *e);
struct esp_fit esp_fit(struct esp *e, const uint8_t *packet, size_t len, uint64_t now_ms);
/* Open a batch.  IKE and keep-alives must have been taken out before.  One thread at a time. */
void esp_inbound(struct esp *e, struct esp_packet *batch, size_t n, uint64_t now_ms);

/* Look at times: lifetimes, held packets.  Returns milliseconds until the next call is due,
 * UINT64_MAX when nothing waits for time.  An SA added or a packet held may make it sooner. */
uint64_t esp_tick(struct esp *e, uint64_t now_ms);
/* Has something inbound made the next call due sooner than esp_tick last said?  Says so once. */
int esp_sooner(struct esp *e);

/* Counters since esp_new, all together. */
void esp_drops(struct esp *e, uint64_t out[ESP_DROP_MAX]);
/* From now on count what is dropped for and from this ULA by itself, too.  0, or -1 when there are
 * ESP_PEERS_MAX.  Those of an ULA nobody knows are zero. */
int esp_peer_know(struct esp *e, const uint8_t ula[16]);
void esp_peer_forget(struct esp *e, const uint8_t ula[16]);
void esp_peer_drops(struct esp *e, const uint8_t ula[16], uint64_t out[ESP_DROP_MAX]);
/* Those of no known peer: unknown SPIs, what is too short, addresses of nobody. */
void esp_nobodys_drops(struct esp *e, uint64_t out[ESP_DROP_MAX]);
/* Count packets that whoever moves them could not deliver. */
void esp_drop_note(struct esp *e, enum esp_drop reason, int inbound, size_t n);

#endif
