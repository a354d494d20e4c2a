/*
 * OpenMetrics 1.0 text: families with HELP and TYPE, samples, "# EOF".  Numbers that only rise are
 * counters and end in _total.
 */
#include "dnsupdate/server/control/control.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/transfer/notifier.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/live/subscriptions.h"
#include "dnsupdate/server/transfer/transfer.h"

#include <string.h>

#define PREFIX "autotunnel_dnsd_"

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE " PREFIX "%s %s\n# HELP " PREFIX "%s %s\n", name, type, name, help);
}

static void
counter(FILE *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "counter", help);
	fprintf(out, PREFIX "%s_total %llu\n", name, (unsigned long long)value);
}

static void
gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "gauge", help);
	fprintf(out, PREFIX "%s %llu\n", name, (unsigned long long)value);
}

static void
by_transport(FILE *out, const char *name, const char *help, const uint64_t value[3])
{
	static const char *const transport[] = {"udp", "tcp", "tls"};

	family(out, name, "counter", help);
	for (int i = 0; i < 3; i++)
		fprintf(out, PREFIX "%s_total{transport=\"%s\"} %llu\n", name, transport[i],
		    (unsigned long long)value[i]);
}

static void
by_rcode(FILE *out, const struct stats *s)
{
	family(out, "replies", "counter", "Replies by response code.");
	for (unsigned i = 0; i < STATS_RCODES; i++)
		if (i <= RCODE_NOTZONE || i == RCODE_BADVERS)
			fprintf(out, PREFIX "replies_total{rcode=\"%s\"} %llu\n", rcode_text(i),
			    (unsigned long long)s->rcode[i]);
}

static void
server_part(const struct keeper *k, FILE *out)
{
	const struct stats *s = &k->server->stats;

	by_transport(out, "queries", "Queries received.", s->queries);
	by_transport(out, "updates", "Updates received.", s->updates);
	by_transport(out, "other_requests", "Requests with another opcode.", s->other);
	by_rcode(out, s);
	counter(out, "malformed", "Messages that could not be read.", s->malformed);
	counter(out, "truncated", "Replies that did not fit and were cut.", s->truncated);
	counter(
	    out, "knocks", "Datagrams sent to show a machine that it can be reached.", s->knocks);
	counter(out, "rate_limited", "Replies not sent, or cut, by the rate limit.",
	    s->rrl_dropped + s->rrl_slipped);
	counter(out, "bad_signatures", "Requests whose TSIG was not accepted.", s->tsig_bad);
	counter(out, "replays", "Updates that had been there before.", s->replays);
	counter(out, "commits", "Batches of updates made durable.", s->commits);
	counter(out, "commits_failed", "Batches undone because they could not be written.",
	    s->commits_failed);
	counter(out, "leases_expired", "Leases that ran out.", s->leases_expired);
	counter(out, "connections_accepted", "TCP and TLS connections.", s->streams_accepted);
	counter(out, "connections_refused", "Connections above the limit.", s->streams_refused);
	gauge(out, "connections", "Open TCP and TLS connections.", s->streams_open);
	gauge(out, "zones", "Zones served.", k->server->zones.count);
	gauge(out, "keys", "TSIG keys.", keyring_count(k->server->keys));
}

static void
subscriptions_part(const struct keeper *k, FILE *out)
{
	const struct llqs *llqs = subscriptions_llqs(k->subscriptions);
	const struct push *push = dso_push(subscriptions_dso(k->subscriptions));
	const struct llqs_stats *l = llqs_stats(llqs);
	const struct push_stats *p = push_stats(push);

	gauge(out, "long_lived_queries", "Long-lived queries (RFC 8764).", llqs_count(llqs));
	counter(out, "llq_events", "Events sent, repetitions not counted.", l->events);
	counter(out, "llq_repeated", "Events sent again.", l->repeated);
	counter(
	    out, "llq_lost", "Long-lived queries given up without an acknowledgement.", l->lost);
	counter(out, "llq_refused", "Set-ups answered with SERV-FULL.", l->refused);
	gauge(out, "push_sessions", "DNS stateful operations sessions (RFC 8490).",
	    dso_sessions(subscriptions_dso(k->subscriptions)));
	gauge(out, "push_subscriptions", "Subscriptions of push clients (RFC 8765).",
	    push_count(push));
	counter(out, "push_messages", "PUSH messages sent.", p->messages);
	counter(out, "push_behind", "Times a client was told later because he did not keep up.",
	    p->behind);
	counter(
	    out, "push_refused", "Subscriptions refused because there are too many.", p->refused);
}

static void
others_part(const struct keeper *k, FILE *out)
{
	struct transfers_stats t;
	struct notifier_stats n;

	transfers_stats(k->transfers, &t);
	notifier_stats(k->notifier, &n);
	counter(out, "transfers_full", "Full zone transfers begun.", t.full);
	counter(out, "transfers_incremental", "Incremental zone transfers begun.", t.incremental);
	gauge(out, "transfers_running", "Zone transfers under way.", t.running);
	counter(out, "notifies_sent", "NOTIFY messages sent.", n.sent);
	counter(out, "notifies_answered", "NOTIFY messages answered.", n.answered);
}

/* Names as label values: a backslash or a quote in them is written with one more backslash. */
static const char *
zone_label(const struct zone *z, char out[2 * NAME_TEXT_MAX])
{
	char name[NAME_TEXT_MAX];
	size_t used = 0;

	name_text(&z->name, name);
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '\\' || *p == '"')
			out[used++] = '\\';
		out[used++] = *p;
	}
	out[used] = '\0';
	return out;
}

enum zone_number {
	ZONE_SERIAL,
	ZONE_NAMES,
	ZONE_RECORDS,
	ZONE_LEASES,
	ZONE_JOURNAL,
	ZONE_HISTORY,
	ZONE_SNAPSHOT,
	ZONE_SYNCS,
	ZONE_FAILURES,
	ZONE_SNAPSHOTS,
	ZONE_NUMBERS
};

static const struct {
	const char *name, *type, *help;
} zone_families[ZONE_NUMBERS] = {
    [ZONE_SERIAL] = {"zone_serial", "gauge", "Serial number."},
    [ZONE_NAMES] = {"zone_names", "gauge", "Names, empty ones included."},
    [ZONE_RECORDS] = {"zone_records", "gauge", "Records."},
    [ZONE_LEASES] = {"zone_leases", "gauge", "Groups of records that live by a lease."},
    [ZONE_JOURNAL] = {"zone_journal_bytes", "gauge", "Journal not yet in a snapshot."},
    [ZONE_HISTORY] = {"zone_history_bytes", "gauge", "Journal kept for incremental transfers."},
    [ZONE_SNAPSHOT] = {"zone_snapshot_bytes", "gauge", "The last snapshot."},
    [ZONE_SYNCS] = {"zone_journal_syncs", "counter", "Syncs of the journal."},
    [ZONE_FAILURES] = {"zone_journal_failures", "counter", "Writes or syncs that failed."},
    [ZONE_SNAPSHOTS] = {"zone_snapshots", "counter", "Snapshots written."},
};

static uint64_t
zone_number(const struct zone *z, enum zone_number which)
{
	struct store_stats s;

	store_stats(z, &s);
	switch (which) {
	case ZONE_SERIAL:
		return z->serial;
	case ZONE_NAMES:
		return z->names;
	case ZONE_RECORDS:
		return z->records;
	case ZONE_LEASES:
		return lease_count(z->leases);
	case ZONE_JOURNAL:
		return s.journal_octets;
	case ZONE_HISTORY:
		return s.history_octets;
	case ZONE_SNAPSHOT:
		return s.snapshot_octets;
	case ZONE_SYNCS:
		return s.syncs;
	case ZONE_FAILURES:
		return s.failures;
	case ZONE_SNAPSHOTS:
		return s.snapshots;
	case ZONE_NUMBERS:
		break;
	}
	return 0;
}

static void
zones_part(const struct keeper *k, FILE *out)
{
	char label[2 * NAME_TEXT_MAX];

	for (int i = 0; i < ZONE_NUMBERS; i++) {
		const char *name = zone_families[i].name, *type = zone_families[i].type;

		family(out, name, type, zone_families[i].help);
		for (const struct zone *z = k->server->zones.first; z != NULL; z = z->next)
			fprintf(out, PREFIX "%s%s{zone=\"%s\"} %llu\n", name,
			    strcmp(type, "counter") == 0 ? "_total" : "", zone_label(z, label),
			    (unsigned long long)zone_number(z, (enum zone_number)i));
	}
}

void
metrics_write(const struct keeper *k, FILE *out)
{
	server_part(k, out);
	subscriptions_part(k, out);
	others_part(k, out);
	zones_part(k, out);
	fputs("# EOF\n", out);
}
