#include "dnsupdate/client/whoami.h"

#include <stdlib.h>
#include <string.h>

/* The question's name: that of a knock, if one is wanted. */
static int
whoami_name(struct name *out, const struct msg_dns_look *want, const struct name *zone)
{
	char knock[KNOCK_TEXT_MAX];

	if (name_prepend(out, "whoami", zone) != 0)
		return -1;
	return want->port == 0 ? 0
			       : name_prepend(out, knock_text(want->nonce, want->port, knock), out);
}

void
whoami_restart(struct whoami *w)
{
	w->asking = w->changed = 0;
	w->failures = 0;
	w->next_ms = 0;
}

void
whoami_want(struct whoami *w, const struct msg_dns_look *look)
{
	if (memcmp(&w->want, look, sizeof *look) == 0)
		return;
	w->want = *look;
	w->changed = w->asking;
	w->failures = 0;
	w->next_ms = 0;
}

void
whoami_hurry(struct whoami *w)
{
	if (w->failures == 0)
		return;
	w->failures = 0;
	w->next_ms = 0;
}

static void
tell(struct whoami *w, enum seen_answer answer, const struct endpoint *seen, int knocked)
{
	struct msg_dns_seen now = {.family = w->want.family,
	    .answer = (uint8_t)answer,
	    .knocked = (uint8_t)knocked,
	    .seen = *seen};

	memcpy(now.nonce, w->want.nonce, sizeof now.nonce);
	w->news |= memcmp(&now, &w->told, sizeof now) != 0;
	w->told = now;
}

void
whoami_no_way(struct whoami *w, uint64_t now)
{
	static const struct endpoint none;

	tell(w, SEEN_NO_WAY, &none, 0);
	w->next_ms = now + WHOAMI_NO_WAY_MS;
}

int
whoami_next(struct whoami *w, const struct name *zone, uint64_t now, struct question *q)
{
	if (!w->want.wanted || w->asking || now < w->next_ms)
		return 0;
	*q = (struct question) {.type = TYPE_TXT, .class = CLASS_IN};
	if (whoami_name(&q->name, &w->want, zone) != 0) {
		whoami_no_way(w, now); /* there is no room for that name in this zone */
		return 0;
	}
	w->asking = 1;
	return 1;
}

/* The next string of the record as text; 0, or -1 when there is none that fits. */
static int
next_text(const struct rdata *txt, size_t *pos, char *out, size_t size)
{
	const uint8_t *string;
	size_t len;

	string = rdata_txt_next(txt, pos, &len);
	if (string == NULL || len == 0 || len >= size || memchr(string, '\0', len) != NULL)
		return -1;
	memcpy(out, string, len);
	out[len] = '\0';
	return 0;
}

/* Two strings, address and port. */
static int
parse(const struct rdata *txt, struct endpoint *out)
{
	char address[ADDR_TEXT_MAX], port[8], *end;
	struct endpoint ep = {0};
	unsigned long n;
	size_t pos = 0;

	if (next_text(txt, &pos, address, sizeof address) != 0 ||
	    next_text(txt, &pos, port, sizeof port) != 0 || endpoint_parse(address, 0, &ep) != 0 ||
	    ep.port != 0)
		return -1;
	n = strtoul(port, &end, 10);
	if (*end != '\0' || n == 0 || n > 65535)
		return -1;
	ep.port = (uint16_t)n;
	*out = ep;
	return 0;
}

/* The server's third word, if it has knocked. */
static int
is_knocked(const struct rdata *txt)
{
	char word[16];
	size_t pos = 0, len;

	return rdata_txt_next(txt, &pos, &len) != NULL && rdata_txt_next(txt, &pos, &len) != NULL &&
	    next_text(txt, &pos, word, sizeof word) == 0 && strcmp(word, "knocked") == 0;
}

static void
retry(struct whoami *w, uint64_t now)
{
	static const struct endpoint none;
	uint64_t wait = (uint64_t)WHOAMI_RETRY_MS << (w->failures < 5 ? w->failures : 5);

	w->failures++;
	w->next_ms = now + (wait < WHOAMI_RETRY_MAX_MS ? wait : WHOAMI_RETRY_MAX_MS);
	if (w->failures == WHOAMI_NO_WAY && w->aside)
		tell(w, SEEN_NO_WAY, &none, 0);
}

static void
read_answer(struct whoami *w, const struct message *m, const struct name *zone, uint64_t now)
{
	struct endpoint seen = {0};
	const struct rr *rr;
	struct rdata txt;
	struct name name;
	size_t pos = 0;

	w->next_ms = UINT64_MAX;
	if (whoami_name(&name, &w->want, zone) != 0)
		return;
	rr = message_next(m, &pos, SECTION_ANSWER, &name, TYPE_TXT);
	if (rr == NULL || rr_rdata(m, rr, &txt) != 0 || parse(&txt, &seen) != 0) {
		seen = (struct endpoint) {0};
		tell(w, SEEN_NO_SUCH, &seen, 0);
	} else if (seen.family != w->want.family) {
		retry(w, now); /* the connection has just gone over to the other family */
	} else {
		w->failures = 0;
		tell(w, SEEN_ADDRESS, &seen, is_knocked(&txt));
	}
}

void
whoami_answer(struct whoami *w, enum outcome o, const struct message *m, const struct name *zone,
    uint64_t now)
{
	w->asking = 0;
	if (w->changed)
		w->next_ms = now; /* it was another question */
	else if (o == OUTCOME_OK)
		read_answer(w, m, zone, now);
	else
		retry(w, now);
	w->changed = 0;
}

uint64_t
whoami_wake(const struct whoami *w)
{
	return w->asking || !w->want.wanted ? UINT64_MAX : w->next_ms;
}
