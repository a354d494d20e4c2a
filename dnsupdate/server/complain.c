#include "dnsupdate/server/complain.h"

#include "base/addr.h"
#include "base/log.h"

#include <stdio.h>

#define EACH_MS 100
#define BURST_MS 2000

const char *
request_text(const struct request *r, char out[REQUEST_TEXT_MAX])
{
	char zone[NAME_TEXT_MAX] = "no zone of ours", key[NAME_TEXT_MAX] = "none";
	char from[ENDPOINT_TEXT_MAX];
	struct endpoint ep = {0};
	struct name name;

	if (r->zone != NULL)
		name_text(&r->zone->name, zone);
	if (r->key != NULL) {
		key_name(r->key, &name);
		name_text(&name, key);
	}
	endpoint_from_sockaddr(&r->from.from.sa, &ep);
	snprintf(
	    out, REQUEST_TEXT_MAX, "%.255s: key %.255s, %s", zone, key, endpoint_text(&ep, from));
	return out;
}

void
complain(struct complaints *c, const struct request *r, const char *what)
{
	char text[REQUEST_TEXT_MAX];

	if (c->until_ms < r->now_ms)
		c->until_ms = r->now_ms;
	if (c->until_ms + EACH_MS > r->now_ms + BURST_MS) {
		c->left_out++;
		return;
	}
	c->until_ms += EACH_MS;
	if (c->left_out > 0)
		log_notice(
		    "%llu lines like the next ones were left out", (unsigned long long)c->left_out);
	c->left_out = 0;
	log_notice("%s: %s", request_text(r, text), what);
}
