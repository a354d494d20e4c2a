#include "dnsupdate/client/report.h"

#include "base/str.h"

#include <string.h>

#define HEARD_STEP_MS 15000

static uint8_t
status_of(enum outcome o)
{
	if (o == OUTCOME_OK)
		return DNS_OK;
	return o == OUTCOME_TIMEOUT ? DNS_UNREACHABLE : DNS_REFUSED;
}

/* Not reaching the server explains all else; then what it says to updates; then to questions. */
static enum outcome
worst(const struct report_facts *f, uint64_t now)
{
	enum outcome publish = publish_outcome(f->publish, now);

	if (f->watch.outcome == OUTCOME_TIMEOUT)
		return OUTCOME_TIMEOUT;
	return publish != OUTCOME_OK ? publish : f->watch.outcome;
}

static void
set_status(struct msg_dns_state *s, const struct report_facts *f, uint64_t now)
{
	enum outcome o = worst(f, now);

	if (f->server == NULL) {
		s->status = f->no_server[0] != '\0' ? DNS_UNREACHABLE : DNS_STARTING;
		str_copy(s->reason, sizeof s->reason, f->no_server);
	} else if (o == OUTCOME_OK && f->heard_ms == 0) {
		s->status = DNS_STARTING;
	} else {
		s->status = status_of(o);
		outcome_sentence(o, f->key, f->skew_sec, s->reason);
		/* Why there is no connection says more than that there is no answer. */
		if (o == OUTCOME_TIMEOUT && f->transport.trouble[0] != '\0')
			str_copy(s->reason, sizeof s->reason, f->transport.trouble);
		if (o == OUTCOME_TIMEOUT && f->no_server[0] != '\0')
			str_copy(s->reason, sizeof s->reason, f->no_server);
	}
}

void
report_state(struct msg_dns_state *s, const struct report_facts *f, uint64_t now, uint64_t wall)
{
	set_status(s, f, now);
	s->source = f->watch.heard_ms != 0 ? f->source : DNS_SOURCE_NONE;
	s->channel = f->transport.channel;
	s->leased = f->publish->granted_sec != 0;
	s->granted_sec = f->publish->granted_sec;
	s->published = publish_is_up(f->publish, wall) != 0;
	s->withdrawn = f->publish->withdrawn != 0;
	s->serial = f->watch.serial;
	s->epoch = f->publish->epoch;
	s->published_until_sec = f->publish->until_sec;
	s->heard_ms = f->heard_ms;
	if (f->server != NULL)
		s->server = *f->server;
}

int
report_is_news(const struct msg_dns_state *said, const struct msg_dns_state *now)
{
	struct msg_dns_state same = *now;

	if (now->heard_ms - said->heard_ms < HEARD_STEP_MS && said->heard_ms != 0)
		same.heard_ms = said->heard_ms;
	return memcmp(&same, said, sizeof same) != 0;
}
