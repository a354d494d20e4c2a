#include "cli/explain.h"

#include "cli/format.h"
#include "cli/words.h"

#include <stdio.h>
#include <string.h>

static const char *
gateway_text(const struct msg_natpmp_state *s, char out[ADDR_TEXT_MAX])
{
	if (s->gateway.family == 0)
		snprintf(out, ADDR_TEXT_MAX, "the router");
	else
		endpoint_addr_text(&s->gateway, out);
	return out;
}

static const char closed[] = "; but nothing comes in: a firewall";

static enum health
mapping_up(const struct msg_ctl_mapping *m, uint64_t now_ms, char out[EXPLAIN_MAX])
{
	const struct msg_natpmp_state *s = &m->state;
	char external[ENDPOINT_TEXT_MAX], age[FORMAT_MAX], renew[FORMAT_MAX + 16] = "";
	const char *but = "";

	if (s->renew_ms != 0)
		snprintf(renew, sizeof renew, ", renewal in %s",
		    format_age(format_seconds_since(s->renew_ms, now_ms), age));
	if (m->nat == NAT_KIND_DOUBLE)
		but = endpoint_is_public(&s->external)
		    ? "; not the address the name server sees: another NAT stands before the router"
		    : "; not a public address: another NAT stands before the router";
	else if (m->inbound == INBOUND_NO)
		but = closed;
	snprintf(out, EXPLAIN_MAX, "%s gives %s%s%s", word_method_title(s->method),
	    endpoint_text(&s->external, external), renew, but);
	return but[0] != '\0' ? HEALTH_BAD : HEALTH_GOOD;
}

/* No router is asked, and none need be. */
static enum health
mapping_unneeded(const struct msg_ctl_mapping *m, char out[EXPLAIN_MAX])
{
	const char *but = m->inbound == INBOUND_NO ? closed : "";
	char place[ENDPOINT_TEXT_MAX];

	if (m->nat == NAT_KIND_NONE)
		snprintf(out, EXPLAIN_MAX, "not needed: this machine has a public address%s", but);
	else
		snprintf(out, EXPLAIN_MAX, "%s is forwarded by hand%s",
		    endpoint_text(&m->place, place), but);
	return but[0] != '\0' ? HEALTH_BAD : HEALTH_GOOD;
}

enum health
explain_mapping(const struct msg_ctl_mapping *m, uint64_t now_ms, char out[EXPLAIN_MAX])
{
	const struct msg_natpmp_state *s = &m->state;
	char gateway[ADDR_TEXT_MAX];
	int reason = s->reason[0] != '\0';

	if (m->nat == NAT_KIND_NONE ||
	    (m->nat == NAT_KIND_UNKNOWN && m->hdr.id == 0 && m->place.family == 4))
		return mapping_unneeded(m, out);
	if (s->state == NAT_SILENT && s->gateway.family == 0 && !reason) {
		snprintf(out, EXPLAIN_MAX, "no mapping is asked for");
		return m->nat == NAT_KIND_UNMAPPED ? HEALTH_BAD : HEALTH_GOOD;
	}
	gateway_text(s, gateway);
	switch (s->state) {
	case NAT_UP:
		return mapping_up(m, now_ms, out);
	case NAT_REFUSED:
		snprintf(out, EXPLAIN_MAX, "%s refuses a mapping%s%s", gateway, reason ? ": " : "",
		    s->reason);
		return HEALTH_BAD;
	case NAT_SILENT:
		if (reason)
			snprintf(out, EXPLAIN_MAX, "no mapping: %s", s->reason);
		else
			snprintf(
			    out, EXPLAIN_MAX, "%s gives no mapping: it does not answer", gateway);
		return HEALTH_BAD;
	default:
		snprintf(out, EXPLAIN_MAX, "asking %s%s%s", gateway, reason ? ": " : "", s->reason);
		return HEALTH_WAITING;
	}
}

const char *
explain_verdict(const struct msg_ctl_mapping *m)
{
	if (m->inbound == INBOUND_YES)
		return "what is sent there from outside comes in";
	if (m->inbound == INBOUND_NO)
		return "what the name server sends there does not come in";
	if (m->verifying)
		return "the name server is being asked to knock";
	if (m->answer == SEEN_NO_SUCH)
		return "this name server cannot do that, and no machine has called yet";
	if (m->answer == SEEN_NO_WAY)
		return "there is no way to the name server by IPv4 or IPv6 as needed for it";
	return "nobody has come in from outside";
}

const char *
explain_double(const struct msg_ctl_mapping *m)
{
	if (!endpoint_is_public(&m->state.external))
		return "That is not a public address: another NAT stands between the router and the"
		       " Internet.";
	return "The name server sees another address: another NAT stands between the router and"
	       " the Internet.";
}

static const char two_nats_advice[] =
    "Nobody outside can reach this machine; it can still call machines that can be reached.\n"
    "Ask the provider for a public IPv4 address or for IPv6, or put the first router into\n"
    "bridge mode.";

static const char no_mapping_advice[] =
    "This machine can still call machines that can be reached.  To be reached itself, switch\n"
    "PCP, NAT-PMP or UPnP on in the router's settings; or forward a UDP port by hand and say so\n"
    "with external = ADDRESS:PORT in autotunnel.conf(5).";

const char *
explain_mapping_advice(const struct msg_ctl_mapping *m)
{
	if (m->nat == NAT_KIND_NONE)
		return "";
	if (m->nat == NAT_KIND_DOUBLE)
		return two_nats_advice;
	if (m->state.state == NAT_REFUSED || m->nat == NAT_KIND_UNMAPPED)
		return no_mapping_advice;
	return "";
}

static const char *
source_text(unsigned source)
{
	return source == DNS_SOURCE_PUSH ? "pushed"
	    : source == DNS_SOURCE_LLQ   ? "long-lived query"
	    : source == DNS_SOURCE_POLL  ? "polled"
					 : "not watched yet";
}

/* UDP goes without saying. */
static const char *
channel_text(unsigned channel)
{
	return channel == DNS_CHANNEL_TLS ? " over TLS"
	    : channel == DNS_CHANNEL_TCP  ? " over TCP"
					  : "";
}

static enum health
dns_ok(const struct msg_dns_state *d, const char *server, const char *heard, uint64_t now_sec,
    char out[EXPLAIN_MAX])
{
	char left[FORMAT_MAX], published[FORMAT_MAX + 32] = "not published yet";

	if (d->withdrawn)
		snprintf(published, sizeof published, "withdrawn");
	else if (d->published && d->published_until_sec > now_sec)
		snprintf(published, sizeof published, "published, %s %s",
		    d->leased ? "leased for" : "good for",
		    format_age(d->published_until_sec - now_sec, left));
	else if (d->published)
		snprintf(published, sizeof published, "published");
	snprintf(out, EXPLAIN_MAX, "%s answers%s%s, %s; %s", server, channel_text(d->channel),
	    heard, source_text(d->source), published);
	return d->published ? HEALTH_GOOD : HEALTH_WAITING;
}

enum health
explain_dns(const struct msg_dns_state *d, uint64_t now_ms, uint64_t now_sec, char out[EXPLAIN_MAX])
{
	char server[ENDPOINT_TEXT_MAX] = "the name server", age[FORMAT_MAX],
	     heard[FORMAT_MAX + 24] = "";
	const char *gap = d->reason[0] != '\0' ? ": " : "";

	if (d->server.family != 0)
		endpoint_text(&d->server, server);
	if (d->heard_ms != 0)
		snprintf(heard, sizeof heard, ", heard %s ago",
		    format_age(format_seconds_since(now_ms, d->heard_ms), age));
	switch (d->status) {
	case DNS_OK:
		return dns_ok(d, server, heard, now_sec, out);
	case DNS_UNREACHABLE:
		snprintf(
		    out, EXPLAIN_MAX, "%s does not answer%s%s%s", server, heard, gap, d->reason);
		return HEALTH_BAD;
	case DNS_REFUSED:
		snprintf(
		    out, EXPLAIN_MAX, "%s does not take our records%s%s", server, gap, d->reason);
		return HEALTH_BAD;
	default:
		snprintf(out, EXPLAIN_MAX, "looking for the name server%s%s", gap, d->reason);
		return HEALTH_WAITING;
	}
}

/* "serial 17 of 2 days ago, 3 machines, 1 revoked" */
static void
describe_roster(const struct msg_ipsec_roster_state *s, uint64_t now_sec, char out[EXPLAIN_MAX / 2])
{
	char age[FORMAT_MAX], revoked[32] = "";

	if (s->revoked > 0)
		snprintf(revoked, sizeof revoked, ", %u revoked", s->revoked);
	snprintf(out, EXPLAIN_MAX / 2, "serial %u of %s ago, %u machine%s%s%s", s->serial,
	    format_age(now_sec > s->signed_sec ? now_sec - s->signed_sec : 0, age), s->machines,
	    s->machines == 1 ? "" : "s", revoked, s->open ? ", and any that joined before it" : "");
}

enum health
explain_roster(const struct msg_ctl_roster *r, uint64_t now_sec, char out[EXPLAIN_MAX])
{
	char held[EXPLAIN_MAX / 2], age[FORMAT_MAX];

	if (r->state.serial == 0) {
		snprintf(out, EXPLAIN_MAX, "%s",
		    r->view == ROSTER_VIEW_ABSENT
			? "none: nobody can be thrown out before \"autotunnel join\" has made one"
			: "not known yet");
		return r->view == ROSTER_VIEW_REFUSED ? HEALTH_BAD : HEALTH_WAITING;
	}
	describe_roster(&r->state, now_sec, held);
	format_age(now_sec > r->view_sec ? now_sec - r->view_sec : 0, age);
	if (r->state.self == ROSTER_SELF_REVOKED)
		snprintf(out, EXPLAIN_MAX, "THIS MACHINE WAS REVOKED; %s", held);
	else if (r->state.self == ROSTER_SELF_UNLISTED && !r->state.open)
		snprintf(out, EXPLAIN_MAX, "THIS MACHINE IS NOT ON IT, join again; %s", held);
	else if (r->view == ROSTER_VIEW_HIDDEN)
		snprintf(out, EXPLAIN_MAX, "%s; the name server has hidden it for %s", held, age);
	else if (r->view == ROSTER_VIEW_REFUSED)
		snprintf(out, EXPLAIN_MAX, "%s; the name server's is refused: %.128s", held,
		    r->state.reason);
	else
		snprintf(out, EXPLAIN_MAX, "%s", held);
	if (r->view == ROSTER_VIEW_HIDDEN || r->view == ROSTER_VIEW_REFUSED ||
	    r->state.self == ROSTER_SELF_REVOKED ||
	    (r->state.self == ROSTER_SELF_UNLISTED && !r->state.open))
		return HEALTH_BAD;
	return r->view == ROSTER_VIEW_UNKNOWN ? HEALTH_WAITING : HEALTH_GOOD;
}

/* Why nobody but the peer itself can begin. */
static const char *
nat_remark(const struct msg_dns_peer *d)
{
	if (d->nat == NAT_KIND_DOUBLE)
		return "behind two NATs: it can call, but not be called";
	if (d->nat == NAT_KIND_UNMAPPED)
		return "its router forwards no port: it can call, but not be called";
	return d->contacts == 0 ? "it has published no address to call" : "";
}

static void
remark(struct peer_view *v, const char *text)
{
	snprintf(v->remark, sizeof v->remark, "%s", text);
}

/* Since its x=, as text. */
static const char *
expired_age(const struct msg_ctl_peer *p, uint64_t now_sec, char age[FORMAT_MAX])
{
	uint64_t expired = p->dns.expires_sec;

	return format_age(now_sec > expired ? now_sec - expired : 0, age);
}

static void
remark_stale(const struct msg_ctl_peer *p, uint64_t now_sec, struct peer_view *v)
{
	char age[FORMAT_MAX];

	snprintf(v->remark, sizeof v->remark, "its records ran out %s ago",
	    expired_age(p, now_sec, age));
}

/* A machine that stops takes its records away but for the TXT, whose x= then tells since when; it
 * stays on the account's list. */
static int
is_off(const struct msg_dns_peer *d)
{
	return d->present && d->contacts == 0 && !ip6_is_ula(d->ula);
}

static void
remark_off(const struct msg_ctl_peer *p, uint64_t now_sec, struct peer_view *v)
{
	char age[FORMAT_MAX];

	if (p->stale)
		snprintf(v->remark, sizeof v->remark, "it took its records away %s ago",
		    expired_age(p, now_sec, age));
	else
		remark(v, "it has taken its records away");
}

static void
explain_idle(const struct msg_ctl_peer *p, uint64_t now_sec, struct peer_view *v)
{
	v->health = HEALTH_BAD;
	if (!p->dns.present) {
		v->word = "gone";
		remark(v, "no longer in the account's zone");
	} else if (is_off(&p->dns)) {
		v->word = "off";
		v->health = HEALTH_WAITING;
		remark_off(p, now_sec, v);
	} else if (p->tunnel.reason[0] != '\0') {
		v->word = "down";
		remark(v, p->tunnel.reason);
	} else if (p->stale) {
		v->word = "stale";
		remark_stale(p, now_sec, v);
	} else if (!ip6_is_ula(p->dns.ula)) {
		v->word = "down";
		remark(v, "its address is not in the zone");
	} else {
		v->word = "idle";
		v->health = HEALTH_WAITING;
		remark(v, nat_remark(&p->dns));
	}
}

void
explain_peer(const struct msg_ctl_peer *p, uint64_t now_sec, struct peer_view *v)
{
	char text[ENDPOINT_TEXT_MAX];

	memset(v, 0, sizeof *v);
	snprintf(v->path, sizeof v->path, "-");
	if (p->tunnel.remote.family != 0)
		snprintf(
		    v->path, sizeof v->path, "direct %s", endpoint_text(&p->tunnel.remote, text));
	else if (p->dns.contacts > 0)
		endpoint_text(&p->dns.contact[0], v->path);
	if (p->tunnel.state == TUNNEL_UP) {
		v->word = "up";
		if (!p->dns.present)
			remark(v, "no longer in the account's zone");
		else if (p->stale)
			remark_stale(p, now_sec, v);
	} else if (p->tunnel.state == TUNNEL_CONNECTING && !is_off(&p->dns)) {
		v->word = "calling";
		v->health = HEALTH_WAITING;
		remark(v, p->tunnel.reason);
	} else {
		explain_idle(p, now_sec, v);
	}
}

int
explain_workers(const struct msg_ctl_self *self, char out[EXPLAIN_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < 3; i++) {
		const struct msg_worker_info *w = &self->worker[i];
		const char *gap = used == 0 ? "" : "; ";

		if (w->pid == 0 && self->enrolled)
			used += (size_t)snprintf(out + used, EXPLAIN_MAX - used,
			    "%s%s does not run", gap, word_worker(i));
		else if (w->restarts > 0)
			used += (size_t)snprintf(out + used, EXPLAIN_MAX - used,
			    "%s%s was restarted %u time%s", gap, word_worker(i), w->restarts,
			    w->restarts == 1 ? "" : "s");
	}
	return used > 0;
}
