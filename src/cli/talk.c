#include "cli/talk.h"

#include "base/log.h"
#include "crypto/mac.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHAT_MAX (MSG_TEXT_MAX - ENDPOINT_TEXT_MAX)

void
talk_begin(struct talk *t, const char *domain, const struct tsig_key *key, char *why)
{
	memset(t, 0, sizeof *t);
	t->key = key;
	t->why = why;
	t->reply = malloc(sizeof *t->reply);
	if (t->reply == NULL)
		fatalx("out of memory");
	if (name_parse(&t->domain, domain) == -1)
		fatalx("%s is no name", domain);
	snprintf(why, MSG_TEXT_MAX, "no name server is known");
}

void
talk_end(struct talk *t)
{
	free(t->reply);
	t->reply = NULL;
}

enum talk_result
talk_later(struct talk *t, const char *what)
{
	char text[ENDPOINT_TEXT_MAX];

	return talk_fail(
	    t, TALK_LATER, "%s %.*s", endpoint_text(t->server, text), WHAT_MAX - 1, what);
}

enum talk_result
talk_fail(struct talk *t, enum talk_result r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, MSG_TEXT_MAX, fmt, ap);
	va_end(ap);
	return r;
}

static uint16_t
random_id(void)
{
	uint16_t id;

	crypto_random(&id, sizeof id);
	return id;
}

/* What anything but an answer means. */
static enum talk_result
explain_silence(struct talk *t)
{
	char what[WHAT_MAX];

	switch (t->reply->result) {
	case EXCHANGE_BAD_SIG:
		talk_later(
		    t, "knows the key with another secret: another phrase, or an old key there");
		return TALK_WRONG_SECRET;
	case EXCHANGE_BAD_KEY:
		snprintf(what, sizeof what, "does not know the key %.64s", t->key->name);
		talk_later(t, what);
		return TALK_NO_KEY;
	case EXCHANGE_CLOCK:
		snprintf(what, sizeof what, "says that this clock is wrong by %" PRId64 " seconds",
		    t->reply->skew_sec);
		return talk_later(t, what);
	case EXCHANGE_UNSIGNED:
		snprintf(what, sizeof what, "refuses, without signature (%s)",
		    rcode_text(t->reply->rcode));
		return talk_later(t, what);
	default:
		return talk_later(t, "does not answer");
	}
}

/* What the answer to our update means. */
static enum talk_result
explain_rcode(struct talk *t)
{
	char what[WHAT_MAX];

	switch (t->reply->rcode) {
	case RCODE_NOERROR:
		return TALK_DONE;
	case RCODE_NXDOMAIN:
	case RCODE_NXRRSET:
	case RCODE_YXDOMAIN:
	case RCODE_YXRRSET:
		talk_later(t, "has other records than a moment ago");
		return TALK_CONFLICT;
	case RCODE_REFUSED:
		return talk_later(t, "knows the key, but does not let it write");
	case RCODE_NOTAUTH:
		return talk_later(t, "is not the primary server of this domain");
	case RCODE_NOTIMP:
		return talk_later(t, "does not take updates");
	default:
		snprintf(
		    what, sizeof what, "did not take the update (%s)", rcode_text(t->reply->rcode));
		return talk_later(t, what);
	}
}

enum talk_result
talk_ask(struct talk *t, const struct question *q)
{
	uint8_t room[MESSAGE_UDP_MAX];
	struct buf b = buf_writer(room, sizeof room);

	if (query_build(&b, random_id(), q, 0) == -1)
		return talk_later(t, "cannot be asked: the name is too long");
	exchange(&b, t->key, t->server, t->reply);
	return t->reply->result == EXCHANGE_ANSWERED ? TALK_DONE : explain_silence(t);
}

enum talk_result
talk_find_zone(struct talk *t)
{
	struct question q = {.name = t->domain, .type = TYPE_SOA, .class = CLASS_IN};
	enum talk_result result = talk_ask(t, &q);
	struct soa soa;

	if (result != TALK_DONE ||
	    message_zone(&t->reply->message, &t->domain, &t->zone, &soa) == -1)
		t->zone = t->domain;
	return result;
}

void
talk_update_begin(struct talk *t, struct update *u, void *room, size_t size)
{
	update_begin(u, room, size, random_id(), &t->zone);
}

enum talk_result
talk_update(struct talk *t, struct update *u)
{
	return talk_update_options(t, u, NULL, 0);
}

enum talk_result
talk_update_options(struct talk *t, struct update *u, const void *options, size_t len)
{
	if (update_finish(u, options, len) == 0)
		return talk_later(t, "cannot be told: it is too long for a message");
	exchange(&u->b, t->key, t->server, t->reply);
	return t->reply->result == EXCHANGE_ANSWERED ? explain_rcode(t) : explain_silence(t);
}

int
talk_may_change(enum talk_result r, int patient)
{
	return r == TALK_LATER || r == TALK_NO_KEY || (patient && r == TALK_WRONG_SECRET);
}
