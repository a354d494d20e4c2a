#include "dnsupdate/wire/tsig_rr.h"

#include "crypto/mac.h"

#include <string.h>
#include <strings.h>

#define AT_ADDITIONAL 10 /* ARCOUNT in the header */

static const struct {
	const char *text;
	const char *name; /* on the wire (RFC 8945 section 6) */
	enum mac_algorithm mac;
} algorithms[] = {
    [TSIG_HMAC_SHA256] = {"hmac-sha256", "hmac-sha256", MAC_HMAC_SHA256},
    [TSIG_HMAC_SHA384] = {"hmac-sha384", "hmac-sha384", MAC_HMAC_SHA384},
    [TSIG_HMAC_SHA512] = {"hmac-sha512", "hmac-sha512", MAC_HMAC_SHA512},
    [TSIG_HMAC_SHA1] = {"hmac-sha1", "hmac-sha1", MAC_HMAC_SHA1},
    [TSIG_HMAC_MD5] = {"hmac-md5", "hmac-md5.sig-alg.reg.int", MAC_HMAC_MD5},
};

#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

const char *
tsig_algorithm_text(enum tsig_algorithm alg)
{
	return (size_t)alg < ALGORITHMS ? algorithms[alg].text : NULL;
}

enum tsig_algorithm
tsig_algorithm_parse(const char *text)
{
	for (size_t i = TSIG_HMAC_SHA256; i < ALGORITHMS; i++)
		if (strcasecmp(text, algorithms[i].text) == 0)
			return (enum tsig_algorithm)i;
	return 0;
}

int
tsig_algorithm_is_weak(enum tsig_algorithm alg)
{
	return alg == TSIG_HMAC_SHA1 || alg == TSIG_HMAC_MD5;
}

void
tsig_algorithm_name(enum tsig_algorithm alg, struct name *out)
{
	if (name_parse(out, algorithms[alg].name) == -1)
		*out = (struct name) {0};
}

size_t
tsig_digest_len(enum tsig_algorithm alg)
{
	return mac_len(algorithms[alg].mac);
}

int
tsig_rr_is_by(const struct tsig_rr *t, const struct tsig_signer *key)
{
	struct name algorithm;

	tsig_algorithm_name(key->algorithm, &algorithm);
	return name_equal(&t->key_name, &key->name) && name_equal(&t->algorithm, &algorithm);
}

int
tsig_rr_in_time(const struct tsig_rr *t, uint64_t now_sec)
{
	uint64_t apart = now_sec > t->time_sec ? now_sec - t->time_sec : t->time_sec - now_sec;

	return apart <= (t->fudge < TSIG_FUDGE ? t->fudge : TSIG_FUDGE);
}

static int
parse_rdata(const struct message *m, const struct rr *rr, struct tsig_rr *t)
{
	struct buf b = buf_reader(m->data, (size_t)rr->rdata_at + rr->rdata_len);

	b.pos = rr->rdata_at;
	name_get(&b, &t->algorithm);
	if (b.pos != (size_t)rr->rdata_at + t->algorithm.len)
		return -1; /* must not be compressed */
	t->time_sec = buf_get_u48(&b);
	t->fudge = buf_get_u16(&b);
	t->mac_len = buf_get_u16(&b);
	t->mac = buf_take(&b, t->mac_len);
	t->original_id = buf_get_u16(&b);
	t->error = buf_get_u16(&b);
	t->other_len = buf_get_u16(&b);
	t->other = buf_take(&b, t->other_len);
	return buf_done(&b);
}

int
tsig_rr_find(const struct message *m, struct tsig_rr *t)
{
	const struct rr *rr = NULL;
	unsigned found = 0;

	for (unsigned i = 0; i < m->count; i++)
		if (m->rr[i].type == TYPE_TSIG) {
			rr = &m->rr[i];
			found++;
		}
	if (found == 0)
		return 0;
	if (found > 1 || rr != &m->rr[m->count - 1] || rr->section != SECTION_ADDITIONAL ||
	    rr->class != CLASS_ANY || rr->ttl != 0)
		return -1;
	rr_owner(m, rr, &t->key_name);
	t->at = rr->owner_at;
	return parse_rdata(m, rr, t) == -1 ? -1 : 1;
}

void
tsig_rr_append(struct buf *b, const struct tsig_rr *t)
{
	struct buf header = buf_reader(b->data, b->pos);
	size_t length_at;

	header.pos = AT_ADDITIONAL;
	buf_patch_u16(b, AT_ADDITIONAL, (uint16_t)(buf_get_u16(&header) + 1));
	name_put(b, &t->key_name);
	buf_put_u16(b, TYPE_TSIG);
	buf_put_u16(b, CLASS_ANY);
	buf_put_u32(b, 0);
	length_at = b->pos;
	buf_put_u16(b, 0);
	name_put(b, &t->algorithm);
	buf_put_u48(b, t->time_sec);
	buf_put_u16(b, t->fudge);
	buf_put_u16(b, t->mac_len);
	buf_put(b, t->mac, t->mac_len);
	buf_put_u16(b, t->original_id);
	buf_put_u16(b, t->error);
	buf_put_u16(b, t->other_len);
	buf_put(b, t->other, t->other_len);
	buf_patch_u16(b, length_at, (uint16_t)(b->pos - length_at - 2));
}

static void
feed_u16(struct mac *m, uint16_t v)
{
	uint8_t octets[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	mac_update(m, octets, sizeof(octets));
}

/* Section 4.3.3; t's names are canonical already. */
static void
feed_variables(struct mac *m, const struct tsig_rr *t, int timers_only)
{
	uint8_t room[2 * NAME_WIRE_MAX + 32];
	struct buf b = buf_writer(room, sizeof(room));

	if (!timers_only) {
		name_put(&b, &t->key_name);
		buf_put_u16(&b, CLASS_ANY);
		buf_put_u32(&b, 0);
		name_put(&b, &t->algorithm);
	}
	buf_put_u48(&b, t->time_sec);
	buf_put_u16(&b, t->fudge);
	if (!timers_only) {
		buf_put_u16(&b, t->error);
		buf_put_u16(&b, t->other_len);
	}
	mac_update(m, room, b.pos);
	if (!timers_only && t->other_len > 0)
		mac_update(m, t->other, t->other_len);
}

struct mac *
tsig_digest_begin(const struct tsig_scope *s)
{
	struct mac *m;

	if (s->running != NULL)
		return s->running;
	m = mac_new(algorithms[s->key->algorithm].mac, s->key->secret, s->key->secret_len);
	if (m != NULL && s->prior != NULL) {
		feed_u16(m, s->prior_len);
		mac_update(m, s->prior, s->prior_len);
	}
	return m;
}

int
tsig_digest(const struct tsig_scope *s, const uint8_t *msg, size_t len, uint16_t additional,
    const struct tsig_rr *t, uint8_t out[TSIG_MAC_MAX])
{
	struct mac *m = tsig_digest_begin(s);

	if (m == NULL)
		return -1;
	feed_u16(m, t->original_id);
	mac_update(m, msg + 2, AT_ADDITIONAL - 2);
	feed_u16(m, additional);
	mac_update(m, msg + MESSAGE_HEADER, len - MESSAGE_HEADER);
	feed_variables(m, t, s->timers_only);
	return mac_final(m, out);
}

int
tsig_rr_sign(struct tsig_context *ctx, const struct tsig_scope *s, struct buf *b, struct tsig_rr *t)
{
	struct buf header = buf_reader(b->data, b->pos);
	uint8_t mac[TSIG_MAC_MAX];

	if (b->failed || b->pos < MESSAGE_HEADER)
		return -1;
	t->key_name = s->key->name;
	tsig_algorithm_name(s->key->algorithm, &t->algorithm);
	t->original_id = buf_get_u16(&header);
	header.pos = AT_ADDITIONAL;
	if (tsig_digest(s, b->data, b->pos, buf_get_u16(&header), t, mac) == -1)
		return -1;
	t->mac = mac;
	t->mac_len = (uint16_t)tsig_digest_len(s->key->algorithm);
	tsig_rr_append(b, t);
	tsig_keep_mac(ctx, t);
	return b->failed ? -1 : 0;
}

int
tsig_rr_fits(const struct tsig_scope *s, const struct message *m, const struct tsig_rr *t)
{
	struct buf header = buf_reader(m->data, m->len);
	uint8_t mac[TSIG_MAC_MAX];
	int fits;

	header.pos = AT_ADDITIONAL;
	if (tsig_digest(s, m->data, t->at, (uint16_t)(buf_get_u16(&header) - 1), t, mac) == -1)
		return -1;
	fits = crypto_equal(mac, t->mac, t->mac_len);
	crypto_wipe(mac, sizeof(mac));
	return fits;
}

void
tsig_keep_mac(struct tsig_context *ctx, const struct tsig_rr *t)
{
	ctx->mac_len = t->mac_len <= sizeof(ctx->mac) ? t->mac_len : 0;
	memcpy(ctx->mac, t->mac, ctx->mac_len);
}
