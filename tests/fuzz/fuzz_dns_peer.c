/* Answers about machines: whatever a name server says, what we tell the manager keeps msg.h's
 * rules. */
#include "dnsupdate/wire/peer.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_result(const struct peer_reader *r)
{
	union msg m;
	const char *why;

	msg_begin(&m, MSG_DNS_PEER, 0);
	peer_reader_result(r, &m.dns_peer);
	if (msg_check(&m, sizeof(m.dns_peer), ROLE_DNSUPDATE, ROLE_MANAGER, 0, &why) == -1)
		abort();
	for (unsigned i = 0; i < m.dns_peer.contacts; i++)
		if (!endpoint_is_contactable(&m.dns_peer.contact[i]))
			abort();
}

/* The same message answers every question, which a server may well try. */
static void
read_peer(const struct message *m)
{
	struct peer_reader r;
	struct question q;
	struct name host, zone;
	unsigned pos = 0;

	if (name_parse(&host, "nas.alice.example") == -1 || name_parse(&zone, "example") == -1 ||
	    peer_reader_init(&r, &host, &zone) == -1)
		abort();
	while (peer_reader_open(&r, &pos, &q))
		peer_reader_take(&r, &q, m);
	check_result(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message m;
	struct host_status status;
	struct rdata txt = {.type = TYPE_TXT};
	struct name domain;
	char host[MSG_NAME_MAX];
	size_t pos = 0;

	if (size <= RDATA_MAX) { /* TXT data without a message around it */
		txt.len = (uint16_t)size;
		memcpy(txt.data, data, size);
		status_from_txt(&status, &txt);
	}
	if (message_parse(&m, data, size) == -1)
		return 0;
	read_peer(&m);
	if (name_parse(&domain, "alice.example") == -1)
		abort();
	while (records_machines_next(&m, &pos, &domain, host))
		if (!str_is_hostname(host, 0) || !str_in_domain(host, "alice.example"))
			abort();
	return 0;
}
