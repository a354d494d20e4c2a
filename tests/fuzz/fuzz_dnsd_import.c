/* What comes after "zone import" on the control socket: messages, one behind the other. */
#include "dnsupdate/server/disk/import.h"
#include "dnsupdate/wire/stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is there already. */
static struct zone *
some_zone(void)
{
	uint8_t soa[22] = {[5] = 1}, address[4] = {192, 0, 2, 1};
	struct name name;
	struct zone *z;

	name_parse(&name, "a.example");
	z = zone_new(&name);
	zone_put(z, &name, TYPE_SOA, 60, soa, sizeof(soa), 0);
	zone_put(z, &name, TYPE_NS, 60, name.wire, name.len, 0);
	name_prepend(&name, "h", &name);
	zone_put(z, &name, TYPE_A, 60, address, 4, 0);
	return z;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zone *z = some_zone();
	struct import *i = import_new(z);
	struct server s = {.commit = commit_new()};
	char why[IMPORT_WHY_MAX];
	const uint8_t *message;
	size_t used = 0, len;
	int rc = 0;

	while (rc == 0 && stream_next(data + used, size - used, MESSAGE_MAX, &message, &len) == 1) {
		rc = import_message(i, message, len, why);
		used += STREAM_PREFIX + len;
	}
	if (rc == 0 && import_complete(i, why) == 0) {
		size_t records = import_records(i);

		if (import_apply(i, &s, 1700000000, why) == 0 && z->records != records)
			abort();
	}
	commit_free(s.commit);
	import_free(i);
	zone_free(z);
	return 0;
}
