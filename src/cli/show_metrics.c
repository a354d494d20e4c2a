#include "cli/show.h"

#include "cli/words.h"

#include <inttypes.h>
#include <string.h>

/*
 * OpenMetrics 1.0 text, as autotunnel-dnsd has it: families with TYPE and HELP, samples, "# EOF".
 * Counters of a peer begin again with each tunnel, which whoever collects them understands.
 */

#define PREFIX "autotunnel_"

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE " PREFIX "%s %s\n# HELP " PREFIX "%s %s\n", name, type, name, help);
}

static void
gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "gauge", help);
	fprintf(out, PREFIX "%s %" PRIu64 "\n", name, value);
}

/* One of `words` holds. */
static void
state_set(FILE *out, const char *name, const char *help, const char *const *words, unsigned n,
    const char *now)
{
	family(out, name, "stateset", help);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, PREFIX "%s{" PREFIX "%s=\"%s\"} %d\n", name, name, words[i],
		    strcmp(words[i], now) == 0);
}

static void
self_part(FILE *out, const struct snapshot *s)
{
	const struct msg_ctl_self *self = &s->self;

	family(out, "build", "info", "Of the daemon.");
	fprintf(out, PREFIX "build_info{version=\"%s\",strongswan=\"%s\",esp=\"%s\"} 1\n",
	    self->version, self->strongswan, word_dataplane(self->dataplane));
	gauge(out, "enrolled", "Is this a machine of an account?", self->enrolled);
	family(out, "worker_up", "gauge", "Does the worker run?");
	for (unsigned i = 0; i < 3; i++)
		fprintf(out, PREFIX "worker_up{worker=\"%s\"} %d\n", word_worker(i),
		    self->worker[i].pid != 0);
	family(out, "worker_restarts", "counter", "Times that the worker was started again.");
	for (unsigned i = 0; i < 3; i++)
		fprintf(out, PREFIX "worker_restarts_total{worker=\"%s\"} %" PRIu32 "\n",
		    word_worker(i), self->worker[i].restarts);
	family(out, "dropped_packets", "counter",
	    "Packets for or from no known peer that were not delivered.");
	for (unsigned i = 0; i < IPSEC_DROP_MAX; i++)
		if (self->drop[i] != 0)
			fprintf(out, PREFIX "dropped_packets_total{reason=\"%s\"} %" PRIu64 "\n",
			    word_drop(i), self->drop[i]);
}

static void
outside_part(FILE *out, const struct snapshot *s)
{
	static const char *const inbound[] = {"yes", "no", "unknown"};
	static const char *const dns[] = {"starting", "ok", "unreachable", "refused"};
	const struct msg_dns_state *d = &s->dns.state;

	gauge(out, "mapping_up", "Does the router of the best way out forward the tunnel's port?",
	    s->mapping.state.state == NAT_UP);
	state_set(out, "inbound", "Does anybody come in from outside?", inbound, 3,
	    word_inbound(s->mapping.inbound));
	state_set(out, "dns", "The name server.", dns, 4, word_dns_status(d->status));
	gauge(out, "dns_published", "Do this machine's records stand in the zone?", d->published);
	gauge(out, "dns_epoch", "Updates of this machine's records, ever.", d->epoch);
	gauge(out, "roster_serial", "Of the roster that counts; 0 = none.", s->roster.state.serial);
}

/* ---- peers ---- */

enum number {
	PEER_UP,
	PEER_STALE,
	PEER_IN_BYTES,
	PEER_OUT_BYTES,
	PEER_IN_PACKETS,
	PEER_OUT_PACKETS,
	PEER_NUMBERS
};

static const struct {
	const char *name, *type, *help;
} peer_families[PEER_NUMBERS] = {
    [PEER_UP] = {"peer_up", "gauge", "Does the tunnel stand?"},
    [PEER_STALE] = {"peer_stale", "gauge", "Has the time in the peer's records passed?"},
    [PEER_IN_BYTES] = {"peer_received_bytes", "counter", "Inner octets received."},
    [PEER_OUT_BYTES] = {"peer_sent_bytes", "counter", "Inner octets sent."},
    [PEER_IN_PACKETS] = {"peer_received_packets", "counter", "Inner packets received."},
    [PEER_OUT_PACKETS] = {"peer_sent_packets", "counter", "Inner packets sent."},
};

static uint64_t
peer_number(const struct msg_ctl_peer *p, enum number which)
{
	switch (which) {
	case PEER_UP:
		return p->tunnel.state == TUNNEL_UP;
	case PEER_STALE:
		return p->stale;
	case PEER_IN_BYTES:
		return p->tunnel.in_bytes;
	case PEER_OUT_BYTES:
		return p->tunnel.out_bytes;
	case PEER_IN_PACKETS:
		return p->tunnel.in_packets;
	case PEER_OUT_PACKETS:
		return p->tunnel.out_packets;
	case PEER_NUMBERS:
		break;
	}
	return 0;
}

static void
drops_part(FILE *out, const struct snapshot *s)
{
	family(out, "peer_dropped_packets", "counter",
	    "Packets for or from the peer that were not delivered.");
	for (size_t i = 0; i < s->peers; i++)
		for (unsigned k = 0; k < IPSEC_DROP_MAX; k++)
			if (s->peer[i].tunnel.drop[k] != 0)
				fprintf(out,
				    PREFIX "peer_dropped_packets_total{peer=\"%s\",reason=\"%s\"}"
					   " %" PRIu64 "\n",
				    s->peer[i].dns.name, word_drop(k), s->peer[i].tunnel.drop[k]);
}

static void
peers_part(FILE *out, const struct snapshot *s)
{
	for (int f = 0; f < PEER_NUMBERS; f++) {
		const char *type = peer_families[f].type;

		family(out, peer_families[f].name, type, peer_families[f].help);
		for (size_t i = 0; i < s->peers; i++)
			fprintf(out, PREFIX "%s%s{peer=\"%s\"} %" PRIu64 "\n",
			    peer_families[f].name, strcmp(type, "counter") == 0 ? "_total" : "",
			    s->peer[i].dns.name, peer_number(&s->peer[i], (enum number)f));
	}
	drops_part(out, s);
}

void
show_metrics(FILE *out, const struct snapshot *s)
{
	self_part(out, s);
	outside_part(out, s);
	peers_part(out, s);
	fputs("# EOF\n", out);
}
