#include "dnsupdate/client/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum outcome
of_tsig_error(uint16_t error)
{
	switch (error) {
	case TSIG_BADKEY:
		return OUTCOME_BADKEY;
	case TSIG_BADSIG:
	case TSIG_BADTRUNC:
		return OUTCOME_BADSIG;
	case TSIG_BADTIME:
		return OUTCOME_BADTIME;
	default:
		return OUTCOME_NOTAUTH;
	}
}

enum outcome
outcome_of(enum tsig_verdict verdict, uint16_t tsig_error, uint16_t rcode, int update)
{
	int verified = verdict == TSIG_OK;

	switch (rcode) {
	case RCODE_NOERROR:
		return verified ? OUTCOME_OK : OUTCOME_UNSIGNED;
	case RCODE_NXDOMAIN:
		if (verified)
			return update ? OUTCOME_FAILED : OUTCOME_OK;
		return OUTCOME_UNSIGNED;
	case RCODE_NXRRSET:
	case RCODE_YXRRSET:
		if (verified)
			return update ? OUTCOME_CONFLICT : OUTCOME_FAILED;
		return OUTCOME_UNSIGNED;
	case RCODE_NOTAUTH:
		return of_tsig_error(tsig_error);
	case RCODE_REFUSED:
		return OUTCOME_REFUSED;
	case RCODE_SERVFAIL:
		return OUTCOME_SERVFAIL;
	case RCODE_NOTIMP:
		return OUTCOME_NOTIMP;
	default:
		return OUTCOME_FAILED;
	}
}

int
outcome_try_next_server(enum outcome o)
{
	return o == OUTCOME_SERVFAIL || o == OUTCOME_NOTIMP || o == OUTCOME_NOTAUTH;
}

static const char *const words[OUTCOME_MAX] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_CONFLICT] = "epoch moved",
    [OUTCOME_TIMEOUT] = "no answer",
    [OUTCOME_UNSIGNED] = "unsigned answer",
    [OUTCOME_BADKEY] = "key unknown (BADKEY)",
    [OUTCOME_BADSIG] = "bad signature (BADSIG)",
    [OUTCOME_BADTIME] = "clocks differ (BADTIME)",
    [OUTCOME_REFUSED] = "refused (REFUSED)",
    [OUTCOME_NOTAUTH] = "not authoritative (NOTAUTH)",
    [OUTCOME_SERVFAIL] = "server failure (SERVFAIL)",
    [OUTCOME_NOTIMP] = "not implemented (NOTIMP)",
    [OUTCOME_DROPPED] = "accepted and dropped",
    [OUTCOME_FAILED] = "failed",
};

const char *
outcome_word(enum outcome o)
{
	return words[o];
}

/* %s is our key's name. */
static const char *const sentences[OUTCOME_MAX] = {
    [OUTCOME_OK] = "",
    [OUTCOME_CONFLICT] = "something else keeps writing the records of this machine",
    [OUTCOME_TIMEOUT] = "the name server does not answer",
    [OUTCOME_UNSIGNED] = "the name server's answers are not signed and so not believed",
    [OUTCOME_BADKEY] = "the name server does not know the key \"%s\", or grants it nothing here",
    [OUTCOME_BADSIG] = "the name server has another secret for the key \"%s\"",
    [OUTCOME_BADTIME] = "the clocks of this machine and of the name server differ too much",
    [OUTCOME_REFUSED] = "the name server refuses the key \"%s\"",
    [OUTCOME_NOTAUTH] =
	"the name server is not the one for this zone, or does not know the key \"%s\"",
    [OUTCOME_SERVFAIL] = "the name server reports a failure of its own (SERVFAIL)",
    [OUTCOME_NOTIMP] = "the name server takes no updates (NOTIMP)",
    [OUTCOME_DROPPED] =
	"the name server accepts the updates of the key \"%s\" and does not carry them out",
    [OUTCOME_FAILED] = "the name server answers with an error",
};

#define KEY_SHOWN 80

/* Copy text with its %s, if any, replaced by the key. */
static void
fill_in(char out[MSG_TEXT_MAX], const char *text, const char *key)
{
	const char *gap = strstr(text, "%s");

	if (gap == NULL)
		snprintf(out, MSG_TEXT_MAX, "%s", text);
	else
		snprintf(out, MSG_TEXT_MAX, "%.*s%.*s%s", (int)(gap - text), text, KEY_SHOWN, key,
		    gap + 2);
}

const char *
outcome_sentence(enum outcome o, const char *key, int64_t skew_sec, char out[MSG_TEXT_MAX])
{
	const char *side = skew_sec < 0 ? "behind" : "ahead of";

	if (o == OUTCOME_BADTIME && skew_sec != 0)
		snprintf(out, MSG_TEXT_MAX,
		    "this machine's clock is %" PRId64 " s %s the name server's",
		    skew_sec < 0 ? -skew_sec : skew_sec, side);
	else
		fill_in(out, sentences[o], key);
	return out;
}
