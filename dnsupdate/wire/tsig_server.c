/* TSIG, the server's side: RFC 8945 sections 5.2 and 5.3. */
#include "dnsupdate/wire/tsig_rr.h"

#include <string.h>

int
tsig_claim(const struct message *m, struct name *key_name, struct name *algorithm)
{
	struct tsig_rr t;
	int found = tsig_rr_find(m, &t);

	if (found == 1) {
		*key_name = t.key_name;
		*algorithm = t.algorithm;
	}
	return found;
}

/* Section 5.2.2.1: half of the digest, and ten octets. */
static int
length_possible(const struct tsig_rr *t, size_t digest)
{
	return t->mac_len <= digest && t->mac_len >= digest / 2 && t->mac_len >= 10;
}

/* The order matters: whoever has no right MAC learns nothing about our clock. */
static uint16_t
check(const struct tsig_signer *key, const struct message *m, const struct tsig_rr *t,
    uint64_t now_sec, uint64_t newest_sec)
{
	struct tsig_scope scope = {.key = key};
	size_t digest;

	if (key == NULL || !tsig_rr_is_by(t, key))
		return TSIG_BADKEY;
	digest = tsig_digest_len(key->algorithm);
	if (!length_possible(t, digest))
		return RCODE_FORMERR;
	if (tsig_rr_fits(&scope, m, t) != 1)
		return TSIG_BADSIG;
	if (!tsig_rr_in_time(t, now_sec) || t->time_sec < newest_sec)
		return TSIG_BADTIME;
	return t->mac_len < digest ? TSIG_BADTRUNC : TSIG_NOERROR;
}

uint16_t
tsig_check_request(struct tsig_context *ctx, const struct tsig_signer *key, const struct message *m,
    uint64_t now_sec, uint64_t newest_sec)
{
	struct tsig_rr t;

	memset(ctx, 0, sizeof(*ctx));
	if (tsig_rr_find(m, &t) != 1)
		return RCODE_FORMERR;
	ctx->key = key;
	ctx->id = t.original_id;
	ctx->time_sec = t.time_sec;
	ctx->fudge = t.fudge;
	tsig_keep_mac(ctx, &t);
	return check(key, m, &t, now_sec, newest_sec);
}

/* Nothing is signed for one who may not hold the key. */
static int
append_unsigned(const struct message *request, struct buf *b, uint16_t error, uint64_t now_sec)
{
	struct buf header = buf_reader(b->data, b->pos);
	struct tsig_rr t;

	if (b->failed || b->pos < MESSAGE_HEADER || tsig_rr_find(request, &t) != 1)
		return -1;
	t.time_sec = now_sec;
	t.fudge = TSIG_FUDGE;
	t.mac_len = 0;
	t.original_id = buf_get_u16(&header);
	t.error = error;
	t.other_len = 0;
	tsig_rr_append(b, &t);
	return b->failed ? -1 : 0;
}

int
tsig_sign_reply(struct tsig_context *ctx, const struct message *request, struct buf *b,
    uint16_t error, uint64_t now_sec)
{
	struct tsig_scope scope = {.key = ctx->key, .prior = ctx->mac, .prior_len = ctx->mac_len};
	struct tsig_rr t = {.time_sec = now_sec, .fudge = TSIG_FUDGE, .error = error};
	uint8_t ours[6];
	struct buf other = buf_writer(ours, sizeof(ours));

	if (error == TSIG_BADKEY || error == TSIG_BADSIG || ctx->key == NULL)
		return append_unsigned(request, b, error, now_sec);
	if (error == TSIG_BADTIME) {
		buf_put_u48(&other, now_sec);
		t.other = ours;
		t.other_len = sizeof(ours);
		t.time_sec = ctx->time_sec;
		t.fudge = ctx->fudge;
	}
	return tsig_rr_sign(ctx, &scope, b, &t);
}

int
tsig_sign_next(struct tsig_context *ctx, struct buf *b, uint64_t now_sec)
{
	struct tsig_scope scope = {
	    .key = ctx->key, .prior = ctx->mac, .prior_len = ctx->mac_len, .timers_only = 1};
	struct tsig_rr t = {.time_sec = now_sec, .fudge = TSIG_FUDGE};

	return tsig_rr_sign(ctx, &scope, b, &t);
}
