/* Our own records: carries out the orders of publish.c. */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/client/exchange.h"
#include "dnsupdate/wire/lease.h"

#include <inttypes.h>
#include <string.h>

static void
log_publish(struct worker *w, enum publish_act act, enum outcome o)
{
	char sentence[MSG_TEXT_MAX];

	if (o == OUTCOME_OK && act == PUBLISH_WRITE)
		log_info("%s: published, epoch %" PRIu64, w->zone.host, w->publish.epoch);
	else if (o == OUTCOME_OK && act == PUBLISH_DELETE)
		log_notice("%s: records withdrawn", w->zone.host);
	else if (o == OUTCOME_CONFLICT)
		log_info("%s: the epoch in the zone is not ours: reading it", w->zone.host);
	else if (o != OUTCOME_OK && o != w->said)
		log_warnx("%s: cannot %s: %s", w->zone.host,
		    act == PUBLISH_READ ? "read our records" : "update our records",
		    outcome_sentence(o, w->zone.key_name, w->skew_sec, sentence));
	w->said = o;
}

/* The TXT set in the answer becomes w->mark. */
static enum outcome
take_mark(struct worker *w, const struct message *m)
{
	struct publish_mark *mark = &w->mark;
	struct host_status status;
	const struct rr *rr;
	size_t pos = 0;

	memset(mark, 0, sizeof *mark);
	while ((rr = message_next(m, &pos, SECTION_ANSWER, &w->service, TYPE_TXT)) != NULL) {
		if (mark->count == PEER_TXT_MAX || rr_rdata(m, rr, &mark->txt[mark->count]) != 0)
			return OUTCOME_FAILED;
		if (status_from_txt(&status, &mark->txt[mark->count++]) == 0 &&
		    status.epoch >= mark->epoch) {
			mark->epoch = status.epoch;
			mark->expires_sec = status.expires_sec;
		}
	}
	return OUTCOME_OK;
}

/* The lease in the answer; 0 = none.  A server may answer the long form with the short one (RFC
 * 9664 section 4.3): we have no KEY records, so either tells all. */
static uint32_t
granted(const struct message *m)
{
	struct lease_option o;

	return lease_option_get(m, &o) == 1 ? o.lease : 0;
}

static void
published(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct worker *w = ctx;
	enum publish_act act = w->publish.order.act;
	enum outcome o = result->outcome;
	uint64_t now = clock_boot_ms();

	(void)ticket;
	if (o == OUTCOME_OK)
		w->heard_ms = now;
	if (result->skew_sec != 0)
		w->skew_sec = result->skew_sec;
	if (o == OUTCOME_OK && act == PUBLISH_READ)
		o = take_mark(w, result->m);
	if (o == OUTCOME_OK && act == PUBLISH_WRITE)
		publish_granted(&w->publish, granted(result->m));
	publish_result(&w->publish, o, o == OUTCOME_OK ? &w->mark : NULL, now);
	if (o == OUTCOME_OK && act == PUBLISH_WRITE)
		watch_flux(w->watch, now);
	log_publish(w, act, o);
	worker_wake(w);
}

static int
ask_mark(struct worker *w, const struct exchange_handler *h)
{
	struct question q = {.name = w->service, .type = TYPE_TXT, .class = CLASS_IN};

	return exchange_ask(w->transport, &w->signer, &q, h, 0);
}

/* Fill u; 0, or -1 when the records make no message. */
static int
build(struct worker *w, struct update *u, const struct publish_order *order)
{
	struct host_records r = {.host = w->host,
	    .contacts = order->what->contacts,
	    .status = {.epoch = order->epoch,
		.expires_sec = order->expires_sec,
		.nat = order->what->nat,
		.inbound = order->what->inbound,
		.os = "linux"}};
	const struct publish_mark *seen = order->seen;

	memset(&w->mark, 0, sizeof w->mark);
	w->mark.epoch = order->epoch;
	w->mark.expires_sec = order->expires_sec;
	w->mark.count = 1;
	if (order->act == PUBLISH_DELETE) {
		if (status_withdrawn_to_txt(order->epoch, order->expires_sec, &w->mark.txt[0]) != 0)
			return -1;
		return records_withdraw(
		    u, &w->host, order->epoch, order->expires_sec, seen->txt, seen->count);
	}
	memcpy(r.ula, order->what->ula, sizeof r.ula);
	memcpy(r.contact, order->what->contact, sizeof r.contact);
	if (status_to_txt(&r.status, &w->mark.txt[0]) != 0)
		return -1;
	return records_publish(u, &r, seen->txt, seen->count);
}

static int
send_update(struct worker *w, const struct publish_order *order, const struct name *zone,
    const struct exchange_handler *h)
{
	static uint8_t room[EXCHANGE_ROOM];
	static struct update u;
	uint8_t option[LEASE_OPTION_MAX];
	struct buf b = buf_writer(option, sizeof option);

	if (order->lease_sec != 0)
		lease_option_put(&b,
		    &(struct lease_option) {.lease = order->lease_sec,
			.key_lease = order->lease_sec,
			.has_key_lease = order->key_lease});
	update_begin(&u, room, sizeof room, exchange_id(), zone);
	if (build(w, &u, order) != 0 || update_finish(&u, b.pos > 0 ? option : NULL, b.pos) == 0)
		return -1;
	return exchange_update(w->transport, &w->signer, &u, h, 0);
}

void
own_step(struct worker *w, uint64_t now)
{
	struct exchange_handler h = {published, w};
	const struct name *zone = watch_status(w->watch).zone;
	struct publish_order order;
	int sent;

	if (zone == NULL)
		return;
	order = publish_next(&w->publish, now, clock_wall_sec());
	if (order.act == PUBLISH_NOTHING)
		return;
	sent = order.act == PUBLISH_READ ? ask_mark(w, &h) : send_update(w, &order, zone, &h);
	if (sent != 0)
		published(w, 0, &(struct exchange_result) {.outcome = OUTCOME_FAILED});
}
