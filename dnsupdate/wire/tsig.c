/*
 * TSIG, the client's side.  What the RFC leaves to policy is decided here: a MAC in an answer must
 * be of full length (we never truncate, so nobody has reason to), and no fudge above 300 s counts.
 */
#include "dnsupdate/wire/tsig.h"

#include "crypto/mac.h"
#include "dnsupdate/wire/tsig_rr.h"

#include <string.h>

/* All of a TSIG record but the two names and the MAC. */
#define TSIG_FIXED (10 + 16)

int
tsig_signer_init(struct tsig_signer *s, const char *name, uint8_t algorithm, const uint8_t *secret,
    size_t secret_len)
{
	struct tsig_signer new = {.algorithm = (enum tsig_algorithm)algorithm,
	    .secret = secret,
	    .secret_len = secret_len};

	if (name_parse(&new.name, name) == -1 || name_labels(&new.name) == 0 || secret_len == 0 ||
	    tsig_algorithm_text(new.algorithm) == NULL || tsig_algorithm_is_weak(new.algorithm))
		return -1;
	*s = new;
	return 0;
}

size_t
tsig_room(const struct tsig_signer *key)
{
	struct name algorithm;

	tsig_algorithm_name(key->algorithm, &algorithm);
	return key->name.len + TSIG_FIXED + algorithm.len + tsig_digest_len(key->algorithm);
}

int
tsig_sign(struct tsig_context *ctx, const struct tsig_signer *key, struct buf *b, uint64_t now_sec)
{
	struct tsig_scope scope = {.key = key};
	struct tsig_rr t = {.time_sec = now_sec, .fudge = TSIG_FUDGE};

	memset(ctx, 0, sizeof(*ctx));
	ctx->key = key;
	ctx->time_sec = now_sec;
	ctx->fudge = TSIG_FUDGE;
	if (tsig_rr_sign(ctx, &scope, b, &t) == -1)
		return -1;
	ctx->id = t.original_id;
	return 0;
}

static const char *const verdicts[] = {
    [TSIG_OK] = "authentic",
    [TSIG_CLOCK] = "clock differs",
    [TSIG_TRUNCATED] = "MAC called too short",
    [TSIG_HINT] = "not authentic: server does not accept the key",
    [TSIG_MISSING] = "not signed",
    [TSIG_STALE] = "signed at another time",
    [TSIG_FORGED] = "signature wrong",
    [TSIG_FAILED] = "cannot check signature",
};

const char *
tsig_verdict_text(enum tsig_verdict v)
{
	return v <= TSIG_FAILED ? verdicts[v] : "unknown";
}

/* Key, algorithm and length. */
static int
may_be_by(const struct tsig_rr *t, const struct tsig_signer *key)
{
	return tsig_rr_is_by(t, key) && t->mac_len == tsig_digest_len(key->algorithm);
}

/* These and the MAC: TSIG_OK when all fit.  Uses up scope->running once the first ones do. */
static enum tsig_verdict
check_mac(const struct tsig_scope *scope, const struct message *m, const struct tsig_rr *t)
{
	if (!may_be_by(t, scope->key))
		return TSIG_FORGED;
	switch (tsig_rr_fits(scope, m, t)) {
	case 1:
		return TSIG_OK;
	case 0:
		return TSIG_FORGED;
	}
	return TSIG_FAILED;
}

static void
report_time(struct tsig_report *report, uint64_t theirs_sec, uint64_t now_sec)
{
	report->server_sec = theirs_sec;
	report->skew_sec = (int64_t)(now_sec - theirs_sec);
}

/* The MAC fits: what does it say? */
static enum tsig_verdict
judge_authentic(
    const struct message *m, const struct tsig_rr *t, uint64_t now_sec, struct tsig_report *report)
{
	struct buf other = buf_reader(t->other, t->other_len);

	if (t->error == TSIG_BADTIME) { /* its time signed is our own (section 5.2.3) */
		uint64_t theirs = buf_get_u48(&other);

		if (m->rcode != RCODE_NOTAUTH || buf_done(&other) == -1)
			return TSIG_FORGED;
		report_time(report, theirs, now_sec);
		return TSIG_CLOCK;
	}
	if (!tsig_rr_in_time(t, now_sec)) {
		report_time(report, t->time_sec, now_sec);
		return TSIG_STALE;
	}
	if (t->error == TSIG_BADTRUNC)
		return TSIG_TRUNCATED;
	return t->error == TSIG_NOERROR ? TSIG_OK : TSIG_FORGED;
}

/* Anyone can write an unsigned NOTAUTH (section 5.4): worth a line in the log, no more. */
static enum tsig_verdict
hint_or(enum tsig_verdict v, const struct message *m)
{
	return m->rcode == RCODE_NOTAUTH && v != TSIG_FAILED ? TSIG_HINT : v;
}

enum tsig_verdict
tsig_verify(
    struct tsig_context *ctx, const struct message *m, uint64_t now_sec, struct tsig_report *report)
{
	struct tsig_scope scope = {.key = ctx->key, .prior = ctx->mac, .prior_len = ctx->mac_len};
	struct tsig_report unused;
	struct tsig_rr t;
	enum tsig_verdict v;

	report = report != NULL ? report : &unused;
	*report = (struct tsig_report) {.error = m->rcode};
	switch (tsig_rr_find(m, &t)) {
	case 0:
		return hint_or(TSIG_MISSING, m);
	case -1:
		return hint_or(TSIG_FORGED, m);
	}
	report->error = t.error;
	v = check_mac(&scope, m, &t);
	if (v != TSIG_OK)
		return hint_or(v, m);
	v = judge_authentic(m, &t, now_sec, report);
	if (v == TSIG_OK) {
		tsig_keep_mac(ctx, &t);
		ctx->signed_count = 1;
	}
	return v == TSIG_FORGED ? hint_or(v, m) : v;
}

/* A message of a stream without signature: a later one must cover it. */
static enum tsig_verdict
take_unsigned(struct tsig_context *ctx, const struct tsig_scope *scope, const struct message *m)
{
	if (ctx->unsigned_count == TSIG_UNSIGNED_MAX)
		return TSIG_MISSING;
	ctx->running = tsig_digest_begin(scope);
	if (ctx->running == NULL)
		return TSIG_FAILED;
	mac_update(ctx->running, m->data, m->len);
	ctx->unsigned_count++;
	return TSIG_OK;
}

enum tsig_verdict
tsig_verify_next(
    struct tsig_context *ctx, const struct message *m, uint64_t now_sec, struct tsig_report *report)
{
	struct tsig_scope scope = {.key = ctx->key,
	    .prior = ctx->mac,
	    .prior_len = ctx->mac_len,
	    .timers_only = 1,
	    .running = ctx->running};
	struct tsig_report unused;
	struct tsig_rr t;
	enum tsig_verdict v;

	report = report != NULL ? report : &unused;
	*report = (struct tsig_report) {.error = m->rcode};
	if (ctx->signed_count == 0)
		return TSIG_FORGED; /* tsig_verify comes first */
	switch (tsig_rr_find(m, &t)) {
	case 0:
		return take_unsigned(ctx, &scope, m);
	case -1:
		return TSIG_FORGED;
	}
	report->error = t.error;
	if (!may_be_by(&t, ctx->key))
		return TSIG_FORGED; /* before the digest is used up: tsig_forget frees it */
	ctx->running = NULL;
	v = check_mac(&scope, m, &t);
	if (v == TSIG_OK)
		v = judge_authentic(m, &t, now_sec, report);
	if (v == TSIG_OK) {
		tsig_keep_mac(ctx, &t);
		ctx->unsigned_count = 0;
	}
	return v;
}

int
tsig_stream_complete(const struct tsig_context *ctx)
{
	return ctx->signed_count > 0 && ctx->unsigned_count == 0;
}

void
tsig_forget(struct tsig_context *ctx)
{
	uint8_t unused[MAC_LEN_MAX];

	if (ctx->running != NULL)
		mac_final(ctx->running, unused);
	crypto_wipe(ctx, sizeof(*ctx));
}
