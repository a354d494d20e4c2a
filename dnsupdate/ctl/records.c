/* Export and import: DNS messages on the socket, a master file on the other side. */
#include "dnsupdate/ctl/ctl.h"

#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_FULL 16384 /* octets after which a message is sent */
#define DEFAULT_TTL 300
#define TEXT_SIZE 8192

/* ---- export ---- */

/* One message: 1; 0 at the end; -1. */
static int
read_message(FILE *in, uint8_t room[MESSAGE_MAX], size_t *len)
{
	uint8_t prefix[STREAM_PREFIX];
	size_t n = fread(prefix, 1, sizeof(prefix), in);

	if (n == 0 && !ferror(in))
		return 0;
	*len = (size_t)prefix[0] << 8 | prefix[1];
	return n == sizeof(prefix) && fread(room, 1, *len, in) == *len ? 1 : -1;
}

/* The SOA record ends a transfer as it began it; a master file has it once. */
static void
print_records(const struct message *m, unsigned *soas, FILE *out)
{
	char text[TEXT_SIZE];

	for (size_t i = 0; i < m->count; i++)
		if (m->rr[i].section == SECTION_ANSWER &&
		    (m->rr[i].type != TYPE_SOA || (*soas)++ == 0))
			fprintf(out, "%s\n", rr_text(m, &m->rr[i], text, sizeof(text)));
}

int
ctl_export(const struct ctl *c, int argc, char *const *argv)
{
	static uint8_t room[MESSAGE_MAX];
	static struct message m;
	unsigned soas = 0;
	int status, rc;
	size_t len;
	FILE *f = ctl_ask(c, argc, argv, &status);

	if (f == NULL)
		return status;
	if (ctl_read_verdict(f) == -1)
		return EXIT_REFUSED;
	while ((rc = read_message(f, room, &len)) == 1) {
		if (message_parse(&m, room, len) == -1) {
			rc = -1;
			break;
		}
		print_records(&m, &soas, stdout);
	}
	fclose(f);
	if (rc == 0 && soas == 2 && fflush(stdout) == 0)
		return EXIT_OK;
	ctl_warn("the export was cut short");
	return EXIT_REFUSED;
}

/* ---- import ---- */

struct sending {
	FILE *out;
	uint8_t room[MESSAGE_MAX];
	struct buf b;
	uint16_t count;
};

static void
begin_message(struct sending *s)
{
	s->b = buf_writer(s->room, sizeof(s->room));
	buf_put_u16(&s->b, 0);
	buf_put_u16(&s->b, FLAG_QR | FLAG_AA);
	buf_put_u16(&s->b, 0);
	buf_put_u16(&s->b, 0); /* patched */
	buf_put_u16(&s->b, 0);
	buf_put_u16(&s->b, 0);
	s->count = 0;
}

/* One without records says that all were sent. */
static int
send_message(struct sending *s)
{
	uint8_t prefix[STREAM_PREFIX];

	buf_patch_u16(&s->b, 6, s->count);
	if (stream_prefix(prefix, s->b.pos) == -1 ||
	    fwrite(prefix, 1, sizeof(prefix), s->out) != sizeof(prefix) ||
	    fwrite(s->room, 1, s->b.pos, s->out) != s->b.pos)
		return -1;
	begin_message(s);
	return 0;
}

static int
send_record(void *ctx, const struct name *owner, uint32_t ttl, const struct rdata *rd)
{
	struct sending *s = ctx;

	name_put(&s->b, owner);
	buf_put_u16(&s->b, rd->type);
	buf_put_u16(&s->b, CLASS_IN);
	buf_put_u32(&s->b, ttl);
	buf_put_u16(&s->b, rd->len);
	buf_put(&s->b, rd->data, rd->len);
	s->count++;
	return s->b.pos >= MESSAGE_FULL || s->count == MESSAGE_RECORDS_MAX ? send_message(s) : 0;
}

static int
send_file(FILE *to, FILE *file, const struct name *zone)
{
	static struct sending s;
	char why[MASTER_WHY_MAX];

	s.out = to;
	begin_message(&s);
	if (master_file_read(file, zone, DEFAULT_TTL, send_record, &s, why) == -1 &&
	    why[0] != '\0') {
		ctl_warn("%s; nothing is changed", why);
		return -1;
	}
	/* When the server has hung up its verdict tells why. */
	if (s.count > 0)
		send_message(&s);
	send_message(&s);
	ctl_end_question(to);
	return 0;
}

int
ctl_import(const struct ctl *c, int argc, char *const *argv)
{
	FILE *file = argc < 4 || strcmp(argv[3], "-") == 0 ? stdin : fopen(argv[3], "r"), *f;
	struct name zone;
	int status;

	if (file == NULL) {
		ctl_warn("%s: %s", argv[3], strerror(errno));
		return EXIT_REFUSED;
	}
	if (name_parse(&zone, argv[2]) == -1) {
		ctl_warn("%s: not a domain name", argv[2]);
		return EXIT_USAGE;
	}
	f = ctl_ask(c, 3, argv, &status);
	if (f == NULL)
		return status;
	status =
	    send_file(f, file, &zone) == 0 && ctl_read_verdict(f) == 0 ? EXIT_OK : EXIT_REFUSED;
	fclose(f);
	return status;
}
