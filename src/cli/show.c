#include "cli/show.h"

#include "cli/explain.h"
#include "cli/format.h"
#include "cli/table.h"
#include "cli/words.h"

#include <inttypes.h>
#include <string.h>

static uint64_t
age_of(const struct snapshot *s, uint64_t then_ms)
{
	return format_seconds_since(s->self.now_ms, then_ms);
}

int
show_is_degraded(const struct snapshot *s)
{
	char text[EXPLAIN_MAX];

	for (size_t i = 0; i < 3; i++)
		if (s->self.worker[i].pid == 0)
			return 1;
	return explain_mapping(&s->mapping, s->self.now_ms, text) != HEALTH_GOOD ||
	    explain_roster(&s->roster, s->self.now_sec, text) == HEALTH_BAD ||
	    explain_dns(&s->dns.state, s->self.now_ms, s->self.now_sec, text) != HEALTH_GOOD;
}

/* ---- status ---- */

static void
show_tunnels(FILE *out, const struct snapshot *s)
{
	size_t up = 0;

	for (size_t i = 0; i < s->peers; i++)
		up += s->peer[i].tunnel.state == TUNNEL_UP;
	fprintf(out, "tunnels  %zu of %zu up on %s", up, s->peers, s->self.interface);
	if (s->self.dataplane == DATAPLANE_USER)
		fputs(", ESP in user space\n", out);
	else if (s->self.dataplane == DATAPLANE_KERNEL)
		fputs(", ESP in the kernel\n", out);
	else
		fputs(", IKE has not started yet\n", out);
}

/* Those that are not zero, by reason. */
static void
show_reasons(FILE *out, const uint64_t drop[IPSEC_DROP_MAX])
{
	const char *before = ": ";

	for (unsigned i = 0; i < IPSEC_DROP_MAX; i++) {
		if (drop[i] == 0)
			continue;
		fprintf(out, "%s%" PRIu64 " %s", before, drop[i], word_drop(i));
		before = ", ";
	}
}

static void
show_nobodys_drops(FILE *out, const struct msg_ctl_self *self)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < IPSEC_DROP_MAX; i++)
		sum += self->drop[i];
	if (sum == 0)
		return;
	fprintf(out, "lost     %" PRIu64 " packet%s of no peer", sum, sum == 1 ? "" : "s");
	show_reasons(out, self->drop);
	fputc('\n', out);
}

/* How user-space ESP works here. */
static void
show_esp(FILE *out, const struct snapshot *s)
{
	static const char *const offloads[] = {"TSO", "USO", "UDP_SEGMENT", "UDP_GRO", "merging"};

	if (s->self.dataplane != DATAPLANE_USER)
		return;
	fprintf(out, "esp      %s;", s->self.crypto);
	for (unsigned i = 0; i < sizeof offloads / sizeof offloads[0]; i++)
		if ((s->self.offload >> i & 1) != 0)
			fprintf(out, " %s", offloads[i]);
	fputs(s->self.offload == 0 ? " no offload\n" : "\n", out);
	show_nobodys_drops(out, &s->self);
}

static void
show_self(FILE *out, const struct snapshot *s, int verbose)
{
	char text[EXPLAIN_MAX], ula[ADDR_TEXT_MAX];

	fprintf(out, "this     %s  %s\n", s->self.name, ip6_text(s->self.ula, ula));
	explain_mapping(&s->mapping, s->self.now_ms, text);
	fprintf(out, "router   %s\n", text);
	explain_dns(&s->dns.state, s->self.now_ms, s->self.now_sec, text);
	fprintf(out, "dns      %s\n", text);
	explain_roster(&s->roster, s->self.now_sec, text);
	fprintf(out, "roster   %s\n", text);
	if (s->self.unfiltered[0] != '\0')
		fprintf(out, "allow    ANYTHING: %s\n", s->self.unfiltered);
	else
		fprintf(out, "allow    %s; and replies\n", s->self.allow);
	show_tunnels(out, s);
	if (verbose)
		show_esp(out, s);
	if (explain_workers(&s->self, text))
		fprintf(out, "workers  %s\n", text);
}

static void
fill_peer_row(const void *ctx, size_t i, struct table_row *row)
{
	static const char *const paints[] = {[HEALTH_GOOD] = "32", [HEALTH_BAD] = "31"};
	const struct snapshot *s = ctx;
	const struct msg_ctl_peer *p = &s->peer[i];
	char name[MSG_NAME_MAX], in[FORMAT_MAX], out[FORMAT_MAX], age[FORMAT_MAX];
	struct peer_view v;

	explain_peer(p, s->self.now_sec, &v);
	row->paint = v.health == HEALTH_WAITING ? NULL : paints[v.health];
	snprintf(row->cell[0], TABLE_CELL_MAX, "%s", snapshot_short_name(s, p->dns.name, name));
	snprintf(row->cell[1], TABLE_CELL_MAX, "%s", v.word);
	snprintf(row->cell[2], TABLE_CELL_MAX, "%s", v.path);
	snprintf(row->cell[3], TABLE_CELL_MAX, "%s / %s", format_bytes(p->tunnel.in_bytes, in),
	    format_bytes(p->tunnel.out_bytes, out));
	snprintf(row->cell[4], TABLE_CELL_MAX, "%s",
	    p->tunnel.since_ms == 0 ? "-" : format_age(age_of(s, p->tunnel.since_ms), age));
	snprintf(row->cell[5], TABLE_CELL_MAX, "%s", v.remark);
}

void
show_status(FILE *out, const struct snapshot *s, int colour, int verbose)
{
	static const char *const headings[TABLE_COLUMNS] = {
	    "PEER", "STATE", "PATH", "RX / TX", "SINCE", ""};

	if (!s->self.enrolled) {
		fputs("This device belongs to no account yet: see \"autotunnel help init\" and"
		      " \"autotunnel help join\".\n",
		    out);
		return;
	}
	show_self(out, s, verbose);
	if (s->peers == 0)
		return;
	fputc('\n', out);
	table_print(out, headings, s->peers, colour, fill_peer_row, s);
}

/* ---- one peer ---- */

static void
show_count(FILE *out, const char *what, uint64_t packets, uint64_t bytes)
{
	char text[FORMAT_MAX];

	fprintf(out, "  %-10s %" PRIu64 " packet%s, %s bytes", what, packets,
	    packets == 1 ? "" : "s", format_bytes(bytes, text));
}

static void
show_drops(FILE *out, const struct msg_ipsec_state *t, int verbose)
{
	if (t->drops == 0)
		return;
	fprintf(out, "  lost       %" PRIu64 " packet%s", t->drops, t->drops == 1 ? "" : "s");
	if (verbose)
		show_reasons(out, t->drop);
	fputc('\n', out);
}

static void
show_traffic(FILE *out, const struct snapshot *s, const struct msg_ipsec_state *t, int verbose)
{
	char age[FORMAT_MAX];

	show_count(out, "received", t->in_packets, t->in_bytes);
	if (t->last_in_ms != 0)
		fprintf(out, "; the last %s ago", format_age(age_of(s, t->last_in_ms), age));
	fputc('\n', out);
	show_count(out, "sent", t->out_packets, t->out_bytes);
	fputc('\n', out);
	show_drops(out, t, verbose);
}

static void
show_tunnel(FILE *out, const struct snapshot *s, const struct msg_ctl_peer *p, int verbose)
{
	const struct msg_ipsec_state *t = &p->tunnel;
	struct peer_view v;
	char age[FORMAT_MAX];

	explain_peer(p, s->self.now_sec, &v);
	fprintf(out, "  state      %s", v.word);
	if (t->since_ms != 0)
		fprintf(out, " for %s", format_age(age_of(s, t->since_ms), age));
	if (t->state == TUNNEL_UP)
		fputs(t->initiator ? ", this machine called" : ", the peer called", out);
	fputc('\n', out);
	if (v.remark[0] != '\0')
		fprintf(out, "  remark     %s\n", v.remark);
	fprintf(out, "  path       %s\n", v.path);
	if (t->proposal[0] != '\0')
		fprintf(out, "  cipher     %s\n", t->proposal);
	show_traffic(out, s, t, verbose);
}

static void
show_records(FILE *out, const struct snapshot *s, const struct msg_dns_peer *d)
{
	char text[ENDPOINT_TEXT_MAX], age[FORMAT_MAX];

	fprintf(out, "  records    epoch %" PRIu64, d->epoch);
	if (d->expires_sec > s->self.now_sec)
		fprintf(out, ", good for %s", format_age(d->expires_sec - s->self.now_sec, age));
	else if (d->expires_sec != 0)
		fprintf(out, ", ran out %s ago", format_age(s->self.now_sec - d->expires_sec, age));
	fputc('\n', out);
	for (unsigned i = 0; i < d->contacts; i++)
		fprintf(out, "  contact    %s, priority %u\n", endpoint_text(&d->contact[i], text),
		    d->contact[i].priority);
	fprintf(out, "  NAT        %s, reached from outside: %s\n", word_nat_kind(d->nat),
	    word_inbound(d->inbound));
	if (d->os[0] != '\0')
		fprintf(out, "  system     %s\n", d->os);
}

void
show_peer(FILE *out, const struct snapshot *s, const struct msg_ctl_peer *p, int verbose)
{
	char ula[ADDR_TEXT_MAX];

	fprintf(out, "%s\n  address    %s\n", p->dns.name,
	    ip6_is_ula(p->dns.ula) ? ip6_text(p->dns.ula, ula) : "unknown");
	show_tunnel(out, s, p, verbose);
	if (p->dns.epoch != 0 || p->dns.contacts > 0)
		show_records(out, s, &p->dns);
}
