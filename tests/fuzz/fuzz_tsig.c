/* TSIG records from anywhere, and our signature on messages from anywhere. */
#include "dnsupdate/wire/tsig.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1700000000u

static const uint8_t secret[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
    19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
/* of the request that tests/corpus/tsig has the answer to */
static const uint8_t request_mac[32] = {0x1a, 0x3d, 0xef, 0xe4, 0xbb, 0x0c, 0x9d, 0x18, 0x07, 0x3f,
    0xb1, 0x86, 0xa1, 0x3e, 0x83, 0x09, 0x34, 0xc8, 0xb0, 0xd8, 0x43, 0x87, 0x70, 0x47, 0x21, 0xff,
    0x07, 0x81, 0xc7, 0x96, 0xc3, 0x7b};

/* Only an authentic answer may change what we remember. */
static void
judge(const struct tsig_signer *key, const struct message *m)
{
	struct tsig_context ctx = {.key = key, .mac_len = 32}, before;
	struct tsig_report report;

	memcpy(ctx.mac, request_mac, 32);
	before = ctx;
	if (tsig_verify(&ctx, m, NOW, &report) != TSIG_OK) {
		if (memcmp(&ctx, &before, sizeof(ctx)) != 0)
			abort();
		ctx.signed_count = 1; /* as if a first message had been good */
	}
	tsig_verify_next(&ctx, m, NOW, NULL);
	tsig_forget(&ctx);
}

/* As a server: check it, answer it. */
static void
serve(const struct tsig_signer *key, const struct message *m)
{
	static struct message reply_m;
	uint8_t room[1024];
	struct buf b = buf_writer(room, sizeof(room));
	struct tsig_context ctx;
	uint16_t error = tsig_check_request(&ctx, key, m, NOW, 0);

	if (error == RCODE_FORMERR)
		return;
	buf_put_u16(&b, m->id);
	buf_put_u16(&b, FLAG_QR | RCODE_NOTAUTH);
	buf_put_u64(&b, 0);
	if (tsig_sign_reply(&ctx, m, &b, error, NOW) == -1 ||
	    message_parse(&reply_m, room, b.pos) == -1)
		abort();
	tsig_forget(&ctx);
}

/* What we sign, we believe; with any octet changed we do not. */
static void
sign(const struct tsig_signer *key, const uint8_t *data, size_t size)
{
	static uint8_t room[MESSAGE_MAX];
	static struct message m;
	struct buf b = buf_writer(room, sizeof(room));
	struct tsig_context ctx, server;
	struct name name, algorithm;

	buf_put(&b, data, size);
	if (b.failed || tsig_sign(&ctx, key, &b, NOW) == -1)
		return;
	if (message_parse(&m, room, b.pos) == -1) /* one record too many now */
		return;
	if (tsig_claim(&m, &name, &algorithm) == -1) /* it had one already */
		return;
	if (tsig_check_request(&server, key, &m, NOW, 0) != TSIG_NOERROR)
		abort();
	room[MESSAGE_HEADER - 9] ^= 1; /* in the flags */
	if (message_parse(&m, room, b.pos) == 0 &&
	    tsig_check_request(&server, key, &m, NOW, 0) != TSIG_BADSIG)
		abort();
	tsig_forget(&ctx);
	tsig_forget(&server);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message m;
	struct tsig_signer key;

	if (tsig_signer_init(&key, "k.z.example", TSIG_HMAC_SHA256, secret, sizeof(secret)) == -1)
		abort();
	if (message_parse(&m, data, size) == -1)
		return 0;
	judge(&key, &m);
	serve(&key, &m);
	sign(&key, data, size);
	return 0;
}
