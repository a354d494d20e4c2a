/* A message from anywhere: what the reader accepts must hold together. */
#include "dnsupdate/wire/message.h"
#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name survives text, and compression against itself. */
static void
check_name(const struct name *n)
{
	char text[NAME_TEXT_MAX], host[MSG_NAME_MAX];
	uint8_t room[2 * NAME_WIRE_MAX];
	struct buf b = buf_writer(room, sizeof(room));
	struct name_table table = {0};
	struct name back;

	if (name_parse(&back, name_text(n, text)) == -1 || !name_equal(n, &back))
		abort();
	if (name_host(n, host) == 0 && strcmp(host, text) != 0)
		abort();
	name_put_compressed(&b, &table, n);
	name_put_compressed(&b, &table, n);
	b.size = b.pos;
	b.pos = 0;
	name_get(&b, &back);
	if (b.failed || !name_equal(n, &back))
		abort();
	name_get(&b, &back);
	if (buf_done(&b) == -1 || !name_equal(n, &back))
		abort();
}

static void
check_rr(const struct message *m, const struct rr *rr)
{
	char text[1500];
	uint8_t addr[16];
	struct rdata rd, again;
	struct name name;
	struct srv srv;
	struct soa soa;

	rr_owner(m, rr, &name);
	check_name(&name);
	if (rr_name(m, rr, &name) == 0)
		check_name(&name);
	if (rr_srv(m, rr, &srv) == 0)
		check_name(&srv.target);
	if (rr_soa(m, rr, &soa) == 0)
		check_name(&soa.rname);
	if (rr_a(m, rr, addr) == 0 && rr_aaaa(m, rr, addr) == 0)
		abort();
	if (rr_rdata(m, rr, &rd) == 0) {
		struct buf b = buf_reader(rd.data, rd.len);

		/* what was made whole reads back as itself */
		if (rdata_get(&b, rd.type, rd.len, &again) == -1 || !rdata_equal(&rd, &again))
			abort();
	}
	rr_text(m, rr, text, sizeof(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message m;
	struct name zone;
	struct soa soa;
	const uint8_t *msg;
	size_t len, pos = 0;

	if (stream_next(data, size, MESSAGE_MAX, &msg, &len) == 1 && len + STREAM_PREFIX > size)
		abort();
	if (message_parse(&m, data, size) == -1)
		return 0;
	for (unsigned i = 0; i < m.count; i++)
		check_rr(&m, &m.rr[i]);
	for (uint16_t code = 0; code < 20; code++) {
		const uint8_t *option = message_option(&m, code, &len);

		if (option != NULL && (option < data || option + len > data + size))
			abort();
	}
	if (m.has_question && message_zone(&m, &m.question.name, &zone, &soa) == 0)
		check_name(&zone);
	while (message_next(&m, &pos, SECTION_ANSWER, NULL, TYPE_ANY) != NULL)
		;
	return 0;
}
