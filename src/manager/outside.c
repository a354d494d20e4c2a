#include "manager/outside.h"

#include "base/clock.h"
#include "base/log.h"
#include "manager/manager.h"
#include "manager/worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static unsigned
family_of(unsigned i)
{
	return i == OUTSIDE_IP6 ? 6 : 4;
}

const struct reach *
outside_path(const struct manager *m, int rank)
{
	static const enum outside_place places[] = {OUTSIDE_IP4, OUTSIDE_SECOND, OUTSIDE_THIRD};

	if (rank < 0 || rank >= (int)(sizeof places / sizeof places[0]))
		return NULL;
	return &m->outside.reach[places[rank]];
}

/* ---- what is to be verified ---- */

static struct endpoint
place4(const struct manager *m)
{
	static const struct endpoint none;
	const struct map *map = maps_primary(m);
	struct endpoint place = m->network.local4;

	if (m->config.external.family == 4)
		return m->config.external;
	place.port = (uint16_t)m->config.listen_port;
	if (endpoint_is_public(&place))
		return place;
	if (map != NULL && map->state.state == NAT_UP && endpoint_is_public(&map->state.external))
		return map->state.external;
	return none;
}

/* While the router is asked to open its firewall, a knock is too early. */
static struct endpoint
place6(const struct manager *m)
{
	struct endpoint place = {0};

	if (m->network.local6_count == 0 || maps_is_asking6(m))
		return place;
	place = m->network.local6[0];
	place.port = (uint16_t)m->config.listen_port;
	return place;
}

/* What the router of a worse path claims. */
static int
place_of_path(const struct manager *m, int rank, struct endpoint *place, uint32_t *link)
{
	const struct map *map = maps_of_path(m, rank);

	if (map == NULL || map->state.state != NAT_UP || map->want.ifindex == 0 ||
	    !endpoint_is_public(&map->state.external))
		return 0;
	*place = map->state.external;
	*link = map->want.ifindex;
	return 1;
}

/* 0 when there is nothing to ask. */
static int
find_place(
    const struct manager *m, enum outside_place which, struct endpoint *place, uint32_t *link)
{
	switch (which) {
	case OUTSIDE_IP4:
		*place = place4(m);
		return m->network.local4.family != 0;
	case OUTSIDE_IP6:
		*place = place6(m);
		return m->network.local6_count > 0;
	case OUTSIDE_SECOND:
		return place_of_path(m, 1, place, link);
	default:
		return place_of_path(m, 2, place, link);
	}
}

static void
want(struct manager *m, unsigned i, uint64_t now_ms)
{
	struct reach *r = &m->outside.reach[i];
	struct endpoint place = {0};
	uint32_t link = 0;
	int wanted = find_place(m, i, &place, &link);

	if (r->wanted && !wanted)
		m->outside.look_dirty[i] = m->outside.knock_dirty = 1;
	m->outside.link[i] = link;
	reach_want(r, wanted, &place, now_ms);
}

/* ---- asking ---- */

/* For "autotunnel map -v". */
static void
note_question(struct manager *m, unsigned i)
{
	const struct reach *r = &m->outside.reach[i];
	char text[MSG_TEXT_MAX], place[ENDPOINT_TEXT_MAX];

	snprintf(text, sizeof text, "> name server, by IPv%u: where do you see us?%s%s",
	    family_of(i), r->place.family != 0 ? " Knock at port " : "",
	    r->place.family != 0 ? strrchr(endpoint_text(&r->place, place), ':') + 1 : "");
	maps_note(m, text);
}

static void
note_answer(struct manager *m, const struct msg_dns_seen *told)
{
	static const char *const words[SEEN_ANSWER_MAX] = {
	    "no answer", "at ", "it does not tell", "there is no way to it"};
	char text[MSG_TEXT_MAX], seen[ADDR_TEXT_MAX];

	snprintf(text, sizeof text, "< name server: %s%s%s", words[told->answer],
	    told->answer == SEEN_ADDRESS ? endpoint_addr_text(&told->seen, seen) : "",
	    told->knocked ? "; knocked" : "");
	maps_note(m, text);
}

static void
note_knock(struct manager *m, const struct msg_ipsec_knocked *knock)
{
	char text[MSG_TEXT_MAX], from[ENDPOINT_TEXT_MAX];

	snprintf(
	    text, sizeof text, "< a knock has come from %s", endpoint_text(&knock->from, from));
	maps_note(m, text);
}

static void
ask(struct manager *m, unsigned i, uint64_t now_ms)
{
	uint8_t nonce[KNOCK_NONCE_LEN];

	if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
		fatal("getrandom");
	if (!reach_ask(&m->outside.reach[i], nonce, now_ms))
		return;
	m->outside.look_dirty[i] = m->outside.knock_dirty = 1;
	note_question(m, i);
}

void
outside_decide(struct manager *m, uint64_t now_ms)
{
	char text[ENDPOINT_TEXT_MAX];

	for (unsigned i = 0; i < OUTSIDE_PLACES; i++) {
		struct reach *r = &m->outside.reach[i];
		uint8_t before = r->verdict;

		want(m, i, now_ms);
		if (reach_run(r, now_ms)) {
			log_notice("nothing comes in at %s any more: asking the router again",
			    endpoint_text(&r->place, text));
			maps_renew(m, family_of(i));
		}
		if (r->verdict == INBOUND_NO && before != INBOUND_NO)
			log_notice(
			    "nothing comes in at %s: a firewall?", endpoint_text(&r->place, text));
		ask(m, i, now_ms);
	}
}

uint64_t
outside_wait(const struct manager *m, uint64_t now_ms)
{
	uint64_t wait = UINT64_MAX, one;

	for (unsigned i = 0; i < OUTSIDE_PLACES; i++)
		if ((one = reach_wait(&m->outside.reach[i], now_ms)) < wait)
			wait = one;
	return wait;
}

static int
say_look(struct manager *m, unsigned i)
{
	const struct reach *r = &m->outside.reach[i];
	union msg msg;

	msg_begin(&msg, MSG_DNS_LOOK, i + 1);
	msg.dns_look.family = (uint8_t)family_of(i);
	msg.dns_look.wanted = r->wanted != 0;
	msg.dns_look.port = r->place.port;
	msg.dns_look.link = m->outside.link[i];
	memcpy(msg.dns_look.nonce, r->nonce, sizeof r->nonce);
	return worker_send(m->dnsupdate, &msg, -1);
}

int
outside_say_dns(struct manager *m)
{
	for (unsigned i = 0; i < OUTSIDE_PLACES; i++) {
		if (!m->outside.look_dirty[i])
			continue;
		if (say_look(m, i) == -1)
			return -1;
		m->outside.look_dirty[i] = 0;
	}
	return 0;
}

int
outside_say_ipsec(struct manager *m)
{
	union msg msg;

	if (!m->outside.knock_dirty)
		return 0;
	msg_begin(&msg, MSG_IPSEC_KNOCK, 0);
	for (unsigned i = 0; i < OUTSIDE_PLACES; i++)
		if (m->outside.reach[i].asked)
			memcpy(
			    msg.ipsec_knock.nonce[i], m->outside.reach[i].nonce, KNOCK_NONCE_LEN);
	if (worker_send(m->ipsec, &msg, -1) == -1)
		return -1;
	m->outside.knock_dirty = 0;
	return 0;
}

void
outside_untold_dns(struct manager *m)
{
	for (unsigned i = 0; i < OUTSIDE_PLACES; i++)
		m->outside.look_dirty[i] = m->outside.reach[i].asked;
}

void
outside_untold_ipsec(struct manager *m)
{
	m->outside.knock_dirty = 1;
}

/* ---- hearing ---- */

static void
log_verdict(const struct reach *r, uint8_t before)
{
	char text[ENDPOINT_TEXT_MAX];

	if (r->verdict == INBOUND_YES && before != INBOUND_YES)
		log_notice("reachable from outside at %s", endpoint_text(&r->place, text));
}

void
outside_told(struct manager *m, const struct msg_dns_seen *told)
{
	struct reach *r = &m->outside.reach[told->hdr.id - 1];
	uint8_t before = r->verdict;

	note_answer(m, told);
	reach_told(r, told, clock_boot_ms());
	log_verdict(r, before);
}

void
outside_come(struct manager *m, const struct msg_ipsec_knocked *knock)
{
	note_knock(m, knock);
	for (unsigned i = 0; i < OUTSIDE_PLACES; i++) {
		struct reach *r = &m->outside.reach[i];
		uint8_t before = r->verdict;

		if (reach_come(r, knock, clock_boot_ms()))
			log_verdict(r, before);
	}
}

/* Through the mapping, and not from beside us. */
void
outside_proved(struct manager *m, const struct endpoint *from)
{
	struct endpoint external = maps_external(m);
	struct reach *r = &m->outside.reach[OUTSIDE_IP4];
	uint8_t before = r->verdict;

	if (from->family != 4 || endpoint_same_addr(from, &external))
		return;
	reach_proved(r, clock_boot_ms());
	log_verdict(r, before);
}

void
outside_again(struct manager *m)
{
	for (unsigned i = 0; i < OUTSIDE_PLACES; i++)
		reach_again(&m->outside.reach[i], clock_boot_ms());
}

void
outside_verify(struct manager *m)
{
	for (unsigned i = 0; i < OUTSIDE_PLACES; i++)
		reach_verify(&m->outside.reach[i], clock_boot_ms());
}

void
outside_remade(struct manager *m, const struct endpoint *external)
{
	for (unsigned i = 0; i < OUTSIDE_PLACES; i++) {
		struct reach *r = &m->outside.reach[i];

		if (endpoint_equal(&r->place, external) && !reach_is_busy(r))
			reach_verify(r, clock_boot_ms());
	}
}

uint8_t
outside_inbound(const struct manager *m)
{
	uint8_t verdict = INBOUND_UNKNOWN;

	for (unsigned i = 0; i < OUTSIDE_PLACES; i++) {
		const struct reach *r = &m->outside.reach[i];

		if (r->wanted && r->verdict == INBOUND_YES)
			return INBOUND_YES;
		if (r->wanted && r->verdict == INBOUND_NO)
			verdict = INBOUND_NO;
	}
	return verdict;
}
