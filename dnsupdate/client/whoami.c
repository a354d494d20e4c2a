#include "dnsupdate/client/whoami.h"

#include <stdlib.h>
#include <string.h>

static int
whoami_name(struct name *out, const struct name *zone)
{
	return name_prepend(out, "whoami", zone);
}

void
whoami_restart(struct whoami *w)
{
	memset(w, 0, sizeof *w);
}

void
whoami_hurry(struct whoami *w)
{
	w->hurried = w->asking;
	w->retry_ms = 0;
	w->next_ms = 0;
}

int
whoami_next(struct whoami *w, const struct name *zone, uint64_t now, struct question *q)
{
	if (w->asking || now < w->next_ms)
		return 0;
	*q = (struct question) {.type = TYPE_TXT, .class = CLASS_IN};
	if (whoami_name(&q->name, zone) != 0) {
		w->next_ms = UINT64_MAX; /* there is no room for that name in this zone */
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

static int
read_answer(const struct message *m, const struct name *zone, struct endpoint *out)
{
	const struct rr *rr;
	struct rdata txt;
	struct name name;
	size_t pos = 0;

	if (whoami_name(&name, zone) != 0)
		return -1;
	rr = message_next(m, &pos, SECTION_ANSWER, &name, TYPE_TXT);
	return rr != NULL && rr_rdata(m, rr, &txt) == 0 ? parse(&txt, out) : -1;
}

void
whoami_answer(struct whoami *w, enum outcome o, const struct message *m, const struct name *zone,
    uint64_t now)
{
	int again = w->hurried;

	w->asking = w->hurried = 0;
	if (o != OUTCOME_OK) {
		w->retry_ms = w->retry_ms == 0 ? WHOAMI_RETRY_MS : 2 * w->retry_ms;
		if (w->retry_ms > WHOAMI_RETRY_MAX_MS)
			w->retry_ms = WHOAMI_RETRY_MAX_MS;
		w->next_ms = again ? now : now + w->retry_ms;
		return;
	}
	w->retry_ms = 0;
	memset(&w->seen, 0, sizeof w->seen);
	if (read_answer(m, zone, &w->seen) != 0) {
		w->next_ms = now + WHOAMI_NEVER_MS;
		return;
	}
	w->seen_ms = now;
	w->next_ms = again ? now : now + WHOAMI_EVERY_MS;
}

uint64_t
whoami_wake(const struct whoami *w)
{
	return w->asking ? UINT64_MAX : w->next_ms;
}
