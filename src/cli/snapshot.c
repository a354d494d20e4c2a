#include "cli/snapshot.h"

#include "base/log.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEEN_SELF 1u
#define SEEN_MAPPING 2u
#define SEEN_DNS 4u
#define SEEN_ROSTER 8u
#define SEEN_ALL 15u

struct snapshot *
snapshot_new(void)
{
	struct snapshot *s = calloc(1, sizeof *s);

	if (s == NULL)
		fatalx("out of memory");
	return s;
}

static enum snapshot_progress
add_peer(struct snapshot *s, const struct msg_ctl_peer *peer)
{
	if (s->seen != SEEN_ALL || s->peers == MSG_PEERS_MAX)
		return SNAPSHOT_BROKEN;
	s->peer[s->peers++] = *peer;
	return SNAPSHOT_MORE;
}

static enum snapshot_progress
add_mapping(struct snapshot *s, const struct msg_ctl_mapping *mapping)
{
	if (s->seen == SEEN_SELF) {
		s->seen |= SEEN_MAPPING;
		s->mapping = *mapping;
		return SNAPSHOT_MORE;
	}
	if (s->seen != (SEEN_SELF | SEEN_MAPPING) || s->others == SNAPSHOT_OTHERS_MAX)
		return SNAPSHOT_BROKEN;
	s->other[s->others++] = *mapping;
	return SNAPSHOT_MORE;
}

static enum snapshot_progress
add_exchange(struct snapshot *s, const struct msg_ctl_exchange *exchange)
{
	if (s->seen != (SEEN_SELF | SEEN_MAPPING) || s->exchanges == SNAPSHOT_EXCHANGES_MAX)
		return SNAPSHOT_BROKEN;
	s->exchange[s->exchanges++] = *exchange;
	return SNAPSHOT_MORE;
}

static enum snapshot_progress
add_step(struct snapshot *s, const struct msg_ipsec_step *step)
{
	if (s->seen != SEEN_ALL || s->peers > 0 || s->steps == SNAPSHOT_STEPS_MAX)
		return SNAPSHOT_BROKEN;
	s->step[s->steps++] = *step;
	return SNAPSHOT_MORE;
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp(
	    ((const struct msg_ctl_peer *)a)->dns.name, ((const struct msg_ctl_peer *)b)->dns.name);
}

static enum snapshot_progress
finish(struct snapshot *s, const struct msg_ctl_end *end)
{
	if (s->seen != SEEN_ALL || s->peers != end->peers)
		return SNAPSHOT_BROKEN;
	qsort(s->peer, s->peers, sizeof s->peer[0], by_name);
	s->seen = 0;
	return SNAPSHOT_WHOLE;
}

enum snapshot_progress
snapshot_add(struct snapshot *s, const union msg *m)
{
	switch (m->hdr.type) {
	case MSG_CTL_SELF:
		if (s->seen != 0)
			return SNAPSHOT_BROKEN;
		s->seen = SEEN_SELF;
		s->peers = s->others = s->exchanges = s->steps = 0;
		s->self = m->ctl_self;
		return SNAPSHOT_MORE;
	case MSG_CTL_MAPPING:
		return add_mapping(s, &m->ctl_mapping);
	case MSG_CTL_EXCHANGE:
		return add_exchange(s, &m->ctl_exchange);
	case MSG_CTL_DNS:
		if (s->seen != (SEEN_SELF | SEEN_MAPPING))
			return SNAPSHOT_BROKEN;
		s->seen |= SEEN_DNS;
		s->dns = m->ctl_dns;
		return SNAPSHOT_MORE;
	case MSG_CTL_ROSTER:
		if (s->seen != (SEEN_SELF | SEEN_MAPPING | SEEN_DNS))
			return SNAPSHOT_BROKEN;
		s->seen |= SEEN_ROSTER;
		s->roster = m->ctl_roster;
		return SNAPSHOT_MORE;
	case MSG_CTL_STEP:
		return add_step(s, &m->ctl_step.step);
	case MSG_CTL_PEER:
		return add_peer(s, &m->ctl_peer);
	case MSG_CTL_END:
		return finish(s, &m->ctl_end);
	default:
		return SNAPSHOT_BROKEN;
	}
}

const char *
snapshot_short_name(const struct snapshot *s, const char *name, char out[MSG_NAME_MAX])
{
	str_copy(out, MSG_NAME_MAX, name);
	if (str_in_domain(name, s->self.domain) && strlen(name) > strlen(s->self.domain))
		out[strlen(name) - strlen(s->self.domain) - 1] = '\0';
	return out;
}

static int
is_called(const struct snapshot *s, const char *name, const uint8_t ula[16], const char *who)
{
	char short_name[MSG_NAME_MAX];
	size_t len = strlen(who);
	uint8_t addr[16];

	if (inet_pton(AF_INET6, who, addr) == 1)
		return memcmp(addr, ula, 16) == 0;
	if (len > 0 && who[len - 1] == '.')
		return strlen(name) == len - 1 && strncasecmp(name, who, len - 1) == 0;
	return strcasecmp(name, who) == 0 ||
	    strcasecmp(snapshot_short_name(s, name, short_name), who) == 0;
}

enum snapshot_who
snapshot_find(const struct snapshot *s, const char *who, const struct msg_ctl_peer **peer)
{
	for (size_t i = 0; i < s->peers; i++) {
		if (is_called(s, s->peer[i].dns.name, s->peer[i].dns.ula, who)) {
			*peer = &s->peer[i];
			return SNAPSHOT_PEER;
		}
	}
	return s->self.enrolled && is_called(s, s->self.name, s->self.ula, who) ? SNAPSHOT_SELF
										: SNAPSHOT_NOBODY;
}
