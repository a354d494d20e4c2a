#include "dnsupdate/server/request.h"

#include "dnsupdate/server/query/answer.h"
#include "dnsupdate/server/complain.h"
#include "dnsupdate/server/net/cookie.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/net/rrl.h"
#include "dnsupdate/server/net/seen.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/server/update/updates.h"

#include <string.h>

/* Octets of the question as it stands, or -1 when it is compressed: there is nothing before it. */
static int
question_octets(const struct request *r)
{
	size_t at = MESSAGE_HEADER;

	if (!r->m.has_question)
		return 0;
	while (r->data[at] != 0) {
		if (r->data[at] > NAME_LABEL_MAX)
			return -1;
		at += 1 + (size_t)r->data[at];
	}
	return (int)(at + 5 - MESSAGE_HEADER);
}

/* Who cannot be understood hears so once, in as few octets as he sent; no question is repeated. */
static enum request_result
malformed(struct server *s, struct request *r)
{
	s->stats.malformed++;
	r->question_len = 0;
	r->is_signed = 0;
	r->m.has_edns = 0;
	return reply_error(r, RCODE_FORMERR);
}

static const char *
bad_signature(unsigned error)
{
	switch (error) {
	case TSIG_BADKEY:
		return "signed with a key that is not known";
	case TSIG_BADSIG:
		return "signed with another secret, or changed on the way";
	case TSIG_BADTIME:
		return "signed at another time: a wrong clock, or sent again";
	case TSIG_BADTRUNC:
		return "signed with a MAC cut short";
	}
	return "signed with a MAC that cannot be";
}

/* Judge the TSIG record: 0 to go on, or -1 and the reply's rcode. */
static int
judge_signature(struct server *s, struct request *r, unsigned *rcode)
{
	struct name key_name, algorithm;
	struct key *key;

	switch (tsig_claim(&r->m, &key_name, &algorithm)) {
	case 0:
		return 0;
	case -1:
		*rcode = RCODE_FORMERR;
		return -1;
	}
	key = keyring_find(s->keys, &key_name);
	if (key != NULL && tsig_algorithm_is_weak(key->algorithm) && !s->weak_tsig)
		key = NULL;
	if (key != NULL)
		key_signer(key, &r->signer);
	r->tsig_error =
	    tsig_check_request(&r->tsig, key == NULL ? NULL : &r->signer, &r->m, r->now_sec, 0);
	*rcode = r->tsig_error == RCODE_FORMERR ? RCODE_FORMERR : RCODE_NOTAUTH;
	r->is_signed = r->tsig_error != RCODE_FORMERR;
	if (r->tsig_error != TSIG_NOERROR) {
		s->stats.tsig_bad++;
		complain(&s->complaints, r, bad_signature(r->tsig_error));
		return -1;
	}
	r->key = key;
	r->is_first = seen_first(s->seen, r->tsig.mac, r->tsig.mac_len) != 0;
	if (r->tsig.fudge > TSIG_FUDGE) { /* would be good for hours, or years */
		*rcode = RCODE_REFUSED;
		return -1;
	}
	return 0;
}

/* Over UDP a reply is as large as the asker takes, and never so large that it is cut in pieces. */
static void
limit_reply(struct request *r)
{
	size_t max = r->m.has_edns ? r->m.edns_udp_size : 512;

	if (r->from.transport != TRANSPORT_UDP)
		return;
	if (max > LIMIT_UDP_REPLY)
		max = LIMIT_UDP_REPLY;
	if (r->reply.size > max)
		r->reply.size = max;
}

/* 0, or -1 when it breaks the format. */
static int
take_cookie(struct server *s, struct request *r)
{
	uint8_t answer[COOKIE_LEN];
	enum cookie c =
	    cookie_check(&s->cookie_secret, &r->m, &r->from.from, (uint32_t)r->now_sec, answer);

	r->has_cookie = c == COOKIE_GOOD;
	if (c == COOKIE_BAD)
		return -1;
	if (c != COOKIE_NONE) {
		buf_put_u16(&r->options, OPTION_COOKIE);
		buf_put_u16(&r->options, COOKIE_LEN);
		buf_put(&r->options, answer, COOKIE_LEN);
	}
	return 0;
}

static enum request_result
by_opcode(struct server *s, struct request *r)
{
	switch (r->m.opcode) {
	case OPCODE_QUERY:
		s->stats.queries[r->from.transport]++;
		return answer_query(s, r);
	case OPCODE_UPDATE:
		s->stats.updates[r->from.transport]++;
		return updates_add(s, r);
	case OPCODE_NOTIFY: /* nobody is our primary */
		s->stats.other[r->from.transport]++;
		return reply_error(r, r->zone != NULL ? RCODE_REFUSED : RCODE_NOTAUTH);
	}
	s->stats.other[r->from.transport]++;
	return reply_error(r, RCODE_NOTIMP);
}

static enum request_result
stateful(struct server *s, struct request *r)
{
	s->stats.other[r->from.transport]++;
	if (s->hooks.dso != NULL && r->from.conn != NULL)
		return s->hooks.dso(s->hooks.dso_ctx, r);
	return reply_error(r, RCODE_NOTIMP);
}

static enum request_result
understand(struct server *s, struct request *r)
{
	unsigned rcode;
	int octets;

	if (r->m.opcode == OPCODE_DSO)
		return stateful(s, r);
	if (message_parse(&r->m, r->data, r->len) == -1)
		return malformed(s, r);
	octets = question_octets(r);
	if (octets == -1)
		return malformed(s, r);
	r->question_len = (uint16_t)octets;
	limit_reply(r);
	if (take_cookie(s, r) == -1)
		return malformed(s, r);
	if (r->m.has_question)
		r->zone = zones_above(&s->zones, &r->m.question.name);
	if (judge_signature(s, r, &rcode) == -1)
		return reply_error(r, rcode);
	if (r->m.has_edns && r->m.edns_version != 0)
		return reply_error(r, RCODE_BADVERS);
	if (r->zone != NULL && r->zone->broken)
		return reply_error(r, RCODE_SERVFAIL);
	return by_opcode(s, r);
}

/* Over UDP, who has neither key nor cookie may not be who is told. */
static enum request_result
limit_rate(struct server *s, struct request *r)
{
	if (s->rrl == NULL || r->from.transport != TRANSPORT_UDP || r->key != NULL || r->has_cookie)
		return REQUEST_REPLY;
	switch (rrl_judge(s->rrl, r)) {
	case RRL_SEND:
		break;
	case RRL_TRUNCATE:
		s->stats.rrl_slipped++;
		reply_begin(r, r->rcode, FLAG_TC);
		return reply_end(r);
	case RRL_DROP:
		s->stats.rrl_dropped++;
		return REQUEST_DROP;
	}
	return REQUEST_REPLY;
}

enum request_result
request_handle(struct server *s, struct request *r)
{
	enum request_result result;
	struct buf b = buf_reader(r->data, r->len);

	r->options = buf_writer(r->options_room, sizeof r->options_room);
	r->key = NULL;
	r->zone = NULL;
	r->is_signed = 0;
	r->has_cookie = 0;
	r->knocked = 0;
	r->tsig_error = 0;
	r->question_len = 0;
	if (r->len < MESSAGE_HEADER) {
		s->stats.malformed++;
		return REQUEST_DROP;
	}
	/* enough for a reply to what cannot be parsed, and for DSO */
	r->m.id = buf_get_u16(&b);
	r->m.flags = buf_get_u16(&b);
	r->m.opcode = r->m.flags >> 11 & 0xf;
	r->m.has_edns = 0;
	if ((r->m.flags & FLAG_QR) != 0 && r->m.opcode != OPCODE_DSO) {
		if (s->hooks.response != NULL && message_parse(&r->m, r->data, r->len) == 0)
			s->hooks.response(s->hooks.llq_ctx, r);
		return REQUEST_DROP;
	}
	result = understand(s, r);
	if (result == REQUEST_REPLY)
		result = limit_rate(s, r);
	if (result == REQUEST_REPLY)
		s->stats.rcode[r->rcode < STATS_RCODES ? r->rcode : RCODE_SERVFAIL]++;
	return result;
}
