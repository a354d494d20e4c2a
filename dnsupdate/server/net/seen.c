#include "dnsupdate/server/net/seen.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 65536 /* half a megabyte, of which the system gives what is used */

struct seen {
	uint64_t place[PLACES];
};

struct seen *
seen_new(void)
{
	struct seen *s = calloc(1, sizeof *s);

	if (s == NULL)
		fatalx("out of memory");
	return s;
}

void
seen_free(struct seen *s)
{
	free(s);
}

int
seen_first(struct seen *s, const uint8_t *mac, size_t len)
{
	uint64_t v = 0, *place;

	memcpy(&v, mac, len < sizeof v ? len : sizeof v);
	place = &s->place[v % PLACES];
	if (*place == v)
		return 0;
	*place = v;
	return 1;
}
