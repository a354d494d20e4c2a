/*
 * What counts as an answer: a response with our ID and question whose TSIG is made with our key
 * over our request.  Anything else is ignored, and we keep listening (RFC 8945 section 5.4), for a
 * forger must not be able to end the exchange.  But a server that does not know our key can only
 * answer without a signature; so what an unsigned answer claims is kept as a hint, and told when
 * nothing better came before the timer ended.
 */
#include "dnsupdate/client/exchange.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"

#include <stdlib.h>
#include <string.h>

struct exchange {
	struct exchange_handler handler;
	uint32_t ticket;
	uint16_t id;
	enum dns_opcode opcode;
	struct question q; /* name.len 0 for updates */
	struct tsig_context tsig;
	enum outcome hint; /* if nothing better comes */
	int64_t skew_sec;
};

uint16_t
exchange_id(void)
{
	uint16_t id;

	crypto_random(&id, sizeof id);
	return id;
}

static void
end(struct exchange *x, enum outcome o, const struct message *m)
{
	struct exchange_result result = {.outcome = o, .m = m, .skew_sec = x->skew_sec};
	struct exchange_handler h = x->handler;
	uint32_t ticket = x->ticket;

	tsig_forget(&x->tsig);
	free(x);
	h.done(h.ctx, ticket, &result);
}

static enum transport_verdict
believed(struct exchange *x, enum outcome o, const struct message *m, const struct endpoint *server)
{
	char text[ENDPOINT_TEXT_MAX];

	log_debug("%s: %s", endpoint_text(server, text), outcome_word(o));
	if (outcome_try_next_server(o)) {
		x->hint = o;
		return TRANSPORT_NEXT;
	}
	end(x, o, o == OUTCOME_OK ? m : NULL);
	return TRANSPORT_DONE;
}

static enum transport_verdict
answer(void *ctx, const uint8_t *data, size_t len, const struct endpoint *server)
{
	static struct message m;
	struct exchange *x = ctx;
	const struct question *q = x->q.name.len != 0 ? &x->q : NULL;
	/* Several addresses may answer the same request, and verifying goes on to the next message
	 * of a stream: so each answer is verified with a copy. */
	struct tsig_context once = x->tsig;
	struct tsig_report report = {0};
	enum tsig_verdict v;
	enum outcome o;

	if (message_parse(&m, data, len) != 0 || !message_is_reply(&m, x->opcode, x->id, q))
		return TRANSPORT_IGNORE;
	/* A forged one costs a TCP connection, no more. */
	if ((m.flags & FLAG_TC) != 0)
		return TRANSPORT_STREAM;
	v = tsig_verify(&once, &m, clock_wall_sec(), &report);
	if (v == TSIG_FORGED || v == TSIG_FAILED)
		return TRANSPORT_IGNORE;
	o = outcome_of(v, report.error, m.rcode, x->opcode == OPCODE_UPDATE);
	if (v == TSIG_OK)
		return believed(x, o, &m, server);
	if (v == TSIG_CLOCK || v == TSIG_STALE) {
		x->skew_sec = report.skew_sec;
		o = OUTCOME_BADTIME;
	}
	if (v == TSIG_CLOCK)
		return believed(x, o, &m, server);
	x->hint = o;
	return TRANSPORT_DOUBT;
}

static void
dropped(void *ctx)
{
	struct exchange *x = ctx;

	tsig_forget(&x->tsig);
	free(x);
}

static void
failed(void *ctx)
{
	struct exchange *x = ctx;

	end(x, x->hint, NULL);
}

static int
start(struct transport *t, const struct tsig_signer *key, struct buf *b, struct exchange *x)
{
	static const struct transport_handler handler = {answer, failed, dropped};

	x->hint = OUTCOME_TIMEOUT;
	if (tsig_sign(&x->tsig, key, b, clock_wall_sec()) == 0 &&
	    transport_send(t, b->data, b->pos, &handler, x) == 0)
		return 0;
	dropped(x);
	return -1;
}

static struct exchange *
make(enum dns_opcode opcode, uint16_t id, const struct exchange_handler *h, uint32_t ticket)
{
	struct exchange *x = calloc(1, sizeof *x);

	if (x == NULL)
		fatal("exchange");
	x->opcode = opcode;
	x->id = id;
	x->handler = *h;
	x->ticket = ticket;
	return x;
}

int
exchange_ask(struct transport *t, const struct tsig_signer *key, const struct question *q,
    const struct exchange_handler *h, uint32_t ticket)
{
	uint8_t room[EXCHANGE_ROOM];
	struct buf b = buf_writer(room, sizeof room);
	struct exchange *x = make(OPCODE_QUERY, exchange_id(), h, ticket);

	x->q = *q;
	if (query_build(&b, x->id, q, 0) == 0)
		return start(t, key, &b, x);
	free(x);
	return -1;
}

int
exchange_update(struct transport *t, const struct tsig_signer *key, struct update *u,
    const struct exchange_handler *h, uint32_t ticket)
{
	uint16_t id = (uint16_t)(u->b.data[0] << 8 | u->b.data[1]);

	return start(t, key, &u->b, make(OPCODE_UPDATE, id, h, ticket));
}
