#include "cli/show.h"

#include "cli/explain.h"
#include "cli/format.h"
#include "cli/words.h"

#include <netinet/in.h>

/* "autotunnel map": one screen that says what routers give, and why not. */

static const char *
proto_word(unsigned proto)
{
	return proto == IPPROTO_TCP ? "TCP" : "UDP";
}

static const char *
left(const struct snapshot *s, uint64_t then_ms, char out[FORMAT_MAX])
{
	return format_age(format_seconds_since(then_ms, s->self.now_ms), out);
}

static void
show_forward(FILE *out, const struct snapshot *s, const struct msg_natpmp_state *m)
{
	char text[ENDPOINT_TEXT_MAX], age[FORMAT_MAX];

	fputs("The router", out);
	if (m->gateway.family != 0)
		fprintf(out, " %s", endpoint_addr_text(&m->gateway, text));
	fprintf(out, " forwards UDP %s to port %u of this machine.\n",
	    endpoint_text(&m->external, text), s->self.port);
	fprintf(out, "It was asked with %s", word_method_title(m->method));
	if (m->lifetime_sec != 0)
		fprintf(out, " and granted %s", format_age(m->lifetime_sec, age));
	else
		fputs(" and set no limit of time", out);
	if (m->renew_ms != 0)
		fprintf(out, "; renewal in %s", left(s, m->renew_ms, age));
	if (m->expires_ms != 0 && m->lifetime_sec != 0)
		fprintf(out, ", end in %s", left(s, m->expires_ms, age));
	fputs(".\n", out);
	if (m->reason[0] != '\0')
		fprintf(out, "Remark: %s.\n", m->reason);
}

/* What was verified is told apart from what the router claims. */
static void
show_verdict(FILE *out, const struct snapshot *s)
{
	static const char *const words[INBOUND_MAX] = {"Not verified yet", "Verified", "Tried"};
	const struct msg_ctl_mapping *m = &s->mapping;
	char text[ADDR_TEXT_MAX], age[FORMAT_MAX];

	fputs(words[m->inbound], out);
	if (m->inbound != INBOUND_UNKNOWN)
		fprintf(out, " %s ago",
		    format_age(format_seconds_since(s->self.now_ms, m->inbound_ms), age));
	fprintf(out, ": %s.\n", explain_verdict(m));
	if (m->seen.family != 0)
		fprintf(out, "The name server sees this machine at %s.\n",
		    endpoint_addr_text(&m->seen, text));
}

/* What to do when a forward stands and yet nothing comes in. */
static void
show_firewall(FILE *out, const struct snapshot *s)
{
	if (s->mapping.inbound != INBOUND_NO || s->mapping.nat == NAT_KIND_DOUBLE)
		return;
	fprintf(out,
	    "A firewall stands in the way.  On this machine UDP port %u has to be let in (\"ufw allow"
	    " %u/udp\",\n\"firewall-cmd --permanent --add-port=%u/udp\"); if it is, look for one in the"
	    " router.\nThen try again: autotunnel map --verify\n",
	    s->self.port, s->self.port, s->self.port);
}

static void
show_answers(FILE *out, const struct snapshot *s, const struct msg_natpmp_state *m)
{
	char age[FORMAT_MAX], heard[FORMAT_MAX + 8];

	fputs("\n  METHOD   HEARD     ANSWER\n", out);
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		const struct msg_natpmp_method *a = &m->said[i];

		snprintf(heard, sizeof heard, "%s", a->heard_ms == 0 ? "-" : "");
		if (a->heard_ms != 0)
			snprintf(heard, sizeof heard, "%s ago",
			    format_age(format_seconds_since(s->self.now_ms, a->heard_ms), age));
		fprintf(out, "  %-8s %-9s %s%s%s\n", word_column(i), heard,
		    word_nat_answer(a->answer), a->text[0] == '\0' ? "" : ": ", a->text);
	}
}

static void
show_other(FILE *out, const struct snapshot *s, const struct msg_ctl_mapping *m)
{
	const struct msg_natpmp_state *n = &m->state;
	char text[ENDPOINT_TEXT_MAX], age[FORMAT_MAX], sentence[EXPLAIN_MAX];

	fprintf(out, "  %s %s: ", proto_word(n->proto), endpoint_text(&n->local, text));
	if (n->state == NAT_UP)
		fprintf(out, "%s gives %s", word_method_title(n->method),
		    endpoint_text(&n->external, text));
	else
		explain_mapping(m, s->self.now_ms, sentence), fputs(sentence, out);
	if (m->until_ms != 0)
		fprintf(out, ", for another %s", left(s, m->until_ms, age));
	if (m->place.family != 0)
		fprintf(out, "; %s", explain_verdict(m));
	fputc('\n', out);
}

static void
show_others(FILE *out, const struct snapshot *s)
{
	if (s->others > 0)
		fputs("\nOther mappings:\n", out);
	for (size_t i = 0; i < s->others; i++)
		show_other(out, s, &s->other[i]);
}

void
show_map(FILE *out, const struct snapshot *s)
{
	const char *advice = explain_mapping_advice(&s->mapping);
	const struct msg_natpmp_state *m = &s->mapping.state;
	char text[EXPLAIN_MAX];

	if (m->state == NAT_UP && s->mapping.nat != NAT_KIND_NONE) {
		show_forward(out, s, m);
		show_verdict(out, s);
	} else {
		explain_mapping(&s->mapping, s->self.now_ms, text);
		fprintf(out, "Port mapping: %s.\n", text);
		if (s->mapping.place.family != 0)
			show_verdict(out, s);
	}
	show_firewall(out, s);
	if (s->mapping.nat == NAT_KIND_DOUBLE)
		fprintf(out, "%s\n", explain_double(&s->mapping));
	if (advice[0] != '\0')
		fprintf(out, "%s\n", advice);
	if (s->mapping.hdr.id != 0)
		show_answers(out, s, m);
	show_others(out, s);
}

void
show_map_list(FILE *out, const struct snapshot *s)
{
	for (size_t i = 0; i < s->others; i++)
		if (s->other[i].until_ms != 0)
			show_other(out, s, &s->other[i]);
}

void
show_exchanges(FILE *out, const struct snapshot *s)
{
	char age[FORMAT_MAX], about[FORMAT_MAX];

	fputs("\nWhat was said (> by us, < by the router or the name server):\n", out);
	for (size_t i = 0; i < s->exchanges; i++) {
		const struct msg_ctl_exchange *e = &s->exchange[i];

		if (e->hdr.id == 0)
			snprintf(about, sizeof about, "outside");
		else
			snprintf(about, sizeof about, "mapping %u", e->hdr.id);
		fprintf(out, "  %8s ago  %-10s %s\n",
		    format_age(format_seconds_since(s->self.now_ms, e->at_ms), age), about,
		    e->text);
	}
}
