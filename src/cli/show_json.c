#include "cli/show.h"

#include "cli/explain.h"
#include "cli/json.h"
#include "cli/words.h"

#include <netinet/in.h>

/*
 * autotunnel(1), JSON, documents every member.  Members are only ever added while "schema" is 1.
 * Points in time are seconds since 1970, null where there is none.
 */
#define SCHEMA 1

/* A point in boot time, as the wall clock showed it. */
static void
json_boot_time(struct json *j, const char *key, const struct snapshot *s, uint64_t boot_ms)
{
	int64_t ahead_ms = (int64_t)(boot_ms - s->self.now_ms);

	if (boot_ms == 0)
		json_text(j, key, NULL);
	else
		json_number(j, key, (uint64_t)((int64_t)s->self.now_sec + ahead_ms / 1000));
}

static void
json_wall_time(struct json *j, const char *key, uint64_t sec)
{
	if (sec == 0)
		json_text(j, key, NULL);
	else
		json_number(j, key, sec);
}

static void
json_endpoint(struct json *j, const char *key, const struct endpoint *ep)
{
	char addr[ADDR_TEXT_MAX];

	if (ep->family == 0) {
		json_text(j, key, NULL);
		return;
	}
	json_object(j, key);
	json_text(j, "address", endpoint_addr_text(ep, addr));
	json_number(j, "port", ep->port);
	json_number(j, "priority", ep->priority);
	json_number(j, "weight", ep->weight);
	json_object_end(j);
}

static void
json_ula(struct json *j, const char *key, const uint8_t ula[16])
{
	char text[ADDR_TEXT_MAX];

	json_text(j, key, ip6_is_ula(ula) ? ip6_text(ula, text) : NULL);
}

static void
json_workers(struct json *j, const struct msg_ctl_self *self)
{
	json_array(j, "workers");
	for (unsigned i = 0; i < 3; i++) {
		const struct msg_worker_info *w = &self->worker[i];

		json_object(j, NULL);
		json_text(j, "name", word_worker(i));
		json_bool(j, "running", w->pid != 0);
		json_number(j, "pid", w->pid);
		json_number(j, "restarts", w->restarts);
		json_bool(j, "seccomp", (w->features & MSG_FEATURE_SECCOMP) != 0);
		json_bool(j, "landlock", (w->features & MSG_FEATURE_LANDLOCK) != 0);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
json_offloads(struct json *j, unsigned offload)
{
	static const char *const names[] = {"tso", "uso", "udp_segment", "udp_gro", "merge"};

	json_object(j, "offload");
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		json_bool(j, names[i], (offload >> i & 1) != 0);
	json_object_end(j);
}

static void
json_drops(struct json *j, const uint64_t drop[IPSEC_DROP_MAX])
{
	json_object(j, "dropped");
	for (unsigned i = 0; i < IPSEC_DROP_MAX; i++)
		if (drop[i] != 0)
			json_number(j, word_drop(i), drop[i]);
	json_object_end(j);
}

static void
json_self(struct json *j, const struct msg_ctl_self *self)
{
	json_object(j, "self");
	json_text(j, "version", self->version);
	json_text(j, "strongswan", self->strongswan);
	json_bool(j, "enrolled", self->enrolled);
	json_text(j, "domain", self->domain);
	json_text(j, "name", self->name);
	json_ula(j, "address", self->ula);
	json_text(j, "interface", self->interface);
	json_number(j, "port", self->port);
	json_text(j, "dataplane", word_dataplane(self->dataplane));
	json_bool(j, "filtered", self->unfiltered[0] == '\0');
	json_text(j, "allow", self->allow);
	json_text(j, "crypto", self->crypto);
	json_offloads(j, self->offload);
	json_drops(j, self->drop);
	json_number(j, "pid", self->manager_pid);
	json_number(j, "time", self->now_sec);
	json_workers(j, self);
	json_object_end(j);
}

static void
json_methods(struct json *j, const struct snapshot *s, const struct msg_natpmp_state *m)
{
	static const char *const keys[NAT_COLUMNS] = {"pcp", "natpmp", "upnp"};
	static const char *const answers[NAT_ANSWER_MAX] = {
	    "not_asked", "none", "spoken", "gives", "refuses"};

	json_array(j, "methods");
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		json_object(j, NULL);
		json_text(j, "method", keys[i]);
		json_text(j, "answer", answers[m->said[i].answer]);
		json_number(j, "code", m->said[i].code);
		json_text(j, "text", m->said[i].text);
		json_boot_time(j, "heard", s, m->said[i].heard_ms);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
json_one_mapping(
    struct json *j, const char *key, const struct snapshot *s, const struct msg_ctl_mapping *c)
{
	const struct msg_natpmp_state *m = &c->state;
	char text[EXPLAIN_MAX];
	enum health health = explain_mapping(c, s->self.now_ms, text);

	json_object(j, key);
	json_bool(j, "ok", health == HEALTH_GOOD);
	json_text(j, "state", word_nat_state(m->state));
	json_text(j, "nat", word_nat_kind(c->nat));
	json_text(j, "protocol", m->proto == IPPROTO_TCP ? "tcp" : "udp");
	json_text(j, "method", word_method(m->method));
	json_endpoint(j, "gateway", &m->gateway);
	json_endpoint(j, "local", &m->local);
	json_endpoint(j, "external", &m->external);
	json_number(j, "lifetime", m->lifetime_sec);
	json_boot_time(j, "renewal", s, m->renew_ms);
	json_boot_time(j, "expires", s, m->expires_ms);
	json_boot_time(j, "until", s, c->until_ms);
	json_text(j, "inbound", word_inbound(c->inbound));
	json_boot_time(j, "verified", s, c->inbound_ms);
	json_bool(j, "verifying", c->verifying);
	json_endpoint(j, "place", &c->place);
	json_endpoint(j, "seen", &c->seen);
	json_text(j, "reason", m->reason);
	json_text(j, "text", text);
	json_methods(j, s, m);
	json_object_end(j);
}

static void
json_mapping(struct json *j, const struct snapshot *s)
{
	json_one_mapping(j, "mapping", s, &s->mapping);
}

static void
json_others(struct json *j, const struct snapshot *s)
{
	json_array(j, "others");
	for (size_t i = 0; i < s->others; i++)
		json_one_mapping(j, NULL, s, &s->other[i]);
	json_array_end(j);
	if (s->exchanges == 0)
		return;
	json_array(j, "exchanges");
	for (size_t i = 0; i < s->exchanges; i++) {
		json_object(j, NULL);
		json_boot_time(j, "time", s, s->exchange[i].at_ms);
		json_number(j, "mapping", s->exchange[i].hdr.id);
		json_text(j, "text", s->exchange[i].text);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
json_dns(struct json *j, const struct snapshot *s)
{
	const struct msg_dns_state *d = &s->dns.state;
	char text[EXPLAIN_MAX];
	enum health health = explain_dns(d, s->self.now_ms, s->self.now_sec, text);

	json_object(j, "dns");
	json_bool(j, "ok", health == HEALTH_GOOD);
	json_text(j, "status", word_dns_status(d->status));
	json_text(j, "source", word_dns_source(d->source));
	json_endpoint(j, "server", &d->server);
	json_text(j, "transport", word_channel(d->channel));
	json_bool(j, "leased", d->leased);
	json_number(j, "serial", d->serial);
	json_number(j, "epoch", d->epoch);
	json_bool(j, "published", d->published);
	json_bool(j, "withdrawn", d->withdrawn);
	json_wall_time(j, "published_until", d->published_until_sec);
	json_boot_time(j, "heard", s, d->heard_ms);
	json_text(j, "reason", d->reason);
	json_text(j, "text", text);
	json_object_end(j);
}

static void
json_roster(struct json *j, const struct snapshot *s)
{
	const struct msg_ctl_roster *r = &s->roster;
	char text[EXPLAIN_MAX];
	enum health health = explain_roster(r, s->self.now_sec, text);

	json_object(j, "roster");
	json_bool(j, "ok", health == HEALTH_GOOD);
	json_number(j, "serial", r->state.serial);
	json_wall_time(j, "signed", r->state.signed_sec);
	json_number(j, "machines", r->state.machines);
	json_number(j, "revoked", r->state.revoked);
	json_bool(j, "open", r->state.open);
	json_text(j, "self", word_roster_self(r->state.self));
	json_text(j, "view", word_roster_view(r->view));
	json_wall_time(j, "view_since", r->view_sec);
	json_number(j, "offered", r->state.offered);
	json_text(j, "reason", r->state.reason);
	json_text(j, "text", text);
	json_object_end(j);
}

static void
json_records(struct json *j, const struct msg_ctl_peer *p)
{
	const struct msg_dns_peer *d = &p->dns;

	json_object(j, "records");
	json_bool(j, "present", d->present);
	json_bool(j, "stale", p->stale);
	json_number(j, "epoch", d->epoch);
	json_wall_time(j, "expires", d->expires_sec);
	json_text(j, "nat", word_nat_kind(d->nat));
	json_text(j, "inbound", word_inbound(d->inbound));
	json_text(j, "os", d->os);
	json_array(j, "contacts");
	for (unsigned i = 0; i < d->contacts; i++)
		json_endpoint(j, NULL, &d->contact[i]);
	json_array_end(j);
	json_object_end(j);
}

static void
json_tunnel(struct json *j, const struct snapshot *s, const struct msg_ipsec_state *t)
{
	json_object(j, "tunnel");
	json_text(j, "state", word_tunnel_state(t->state));
	json_bool(j, "initiator", t->initiator);
	json_boot_time(j, "since", s, t->since_ms);
	json_endpoint(j, "remote", &t->remote);
	json_text(j, "proposal", t->proposal);
	json_number(j, "in_bytes", t->in_bytes);
	json_number(j, "out_bytes", t->out_bytes);
	json_number(j, "in_packets", t->in_packets);
	json_number(j, "out_packets", t->out_packets);
	json_number(j, "drops", t->drops);
	json_drops(j, t->drop);
	json_boot_time(j, "last_in", s, t->last_in_ms);
	json_text(j, "reason", t->reason);
	json_object_end(j);
}

static void
json_peer(struct json *j, const char *key, const struct snapshot *s, const struct msg_ctl_peer *p)
{
	char short_name[MSG_NAME_MAX];
	struct peer_view v;

	explain_peer(p, s->self.now_sec, &v);
	json_object(j, key);
	json_text(j, "name", p->dns.name);
	json_text(j, "short_name", snapshot_short_name(s, p->dns.name, short_name));
	json_ula(j, "address", p->dns.ula);
	json_text(j, "state", v.word);
	json_text(j, "remark", v.remark);
	json_tunnel(j, s, &p->tunnel);
	json_records(j, p);
	json_object_end(j);
}

void
show_status_json(FILE *out, const struct snapshot *s)
{
	struct json j = json_begin(out);

	json_number(&j, "schema", SCHEMA);
	json_self(&j, &s->self);
	json_mapping(&j, s);
	json_dns(&j, s);
	json_roster(&j, s);
	json_array(&j, "peers");
	for (size_t i = 0; i < s->peers; i++)
		json_peer(&j, NULL, s, &s->peer[i]);
	json_array_end(&j);
	json_finish(&j);
}

void
show_peer_json(FILE *out, const struct snapshot *s, const struct msg_ctl_peer *p)
{
	struct json j = json_begin(out);

	json_number(&j, "schema", SCHEMA);
	json_number(&j, "time", s->self.now_sec);
	json_peer(&j, "peer", s, p);
	json_finish(&j);
}

void
show_map_json(FILE *out, const struct snapshot *s)
{
	struct json j = json_begin(out);

	json_number(&j, "schema", SCHEMA);
	json_number(&j, "time", s->self.now_sec);
	json_number(&j, "port", s->self.port);
	json_mapping(&j, s);
	json_others(&j, s);
	json_finish(&j);
}
