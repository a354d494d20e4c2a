/*
 * A hostile Push server: what it says goes through the session, the topics and watch.c, as in the
 * worker.  Whatever it is, the session stays within its limits and never spins, and the machines we
 * would tell the manager of keep msg.h's rules.  The input is a list of messages, each with an
 * octet of what happens before it and two of length.
 */
#include "dnsupdate/client/push_session.h"
#include "dnsupdate/client/watch.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct push_session s;
static struct watch *w;
static struct name domain;
static uint64_t now;

static uint32_t
no_jitter(uint32_t range)
{
	return range / 2;
}

static void
need(int true_)
{
	if (!true_)
		abort();
}

static void
follow(void)
{
	struct watch_names n;
	struct question q[TOPICS_SET_MAX];

	while (watch_follow(w, &n)) {
		unsigned count = 0;

		if (n.number == 0) {
			q[count++] = (struct question) {n.service, TYPE_PTR, CLASS_IN};
		} else if (n.present) {
			q[count++] = (struct question) {n.host, TYPE_AAAA, CLASS_IN};
			q[count++] = (struct question) {n.service, TYPE_ANY, CLASS_IN};
			for (unsigned i = 0; i < n.targets; i++)
				q[count++] = (struct question) {n.target[i], TYPE_ANY, CLASS_IN};
		}
		topics_set(&s.topics, n.number, q, count);
	}
}

/* Send what is due; the connection ends and comes back when the session says so. */
static void
speak(void)
{
	for (unsigned i = 0; i < 10000; i++) {
		uint8_t room[PUSH_SESSION_ROOM];
		struct buf b = buf_writer(room, sizeof room);

		switch (push_session_next(&s, now, &b)) {
		case PUSH_SESSION_NOTHING:
			need(push_session_wake(&s) > now);
			return;
		case PUSH_SESSION_SEND:
			need(!b.failed && b.pos >= MESSAGE_HEADER);
			break;
		case PUSH_SESSION_CLOSE:
		case PUSH_SESSION_ABORT:
			push_session_end(&s, now);
			push_session_begin(&s, 1, now);
			break;
		}
	}
	abort();
}

/* An honest answer of which nothing was pushed, so that watch.c goes on: there is a zone, and no
 * such record in it. */
static void
answer_nothing(const struct watch_ask *ask)
{
	static uint8_t room[512];
	static struct message m;
	struct buf b = buf_writer(room, sizeof room);
	struct name root = {1, {0}};

	need(query_build(&b, 1, &ask->q, 0) == 0);
	b.pos -= 11; /* no OPT */
	buf_patch_u16(&b, 2, FLAG_QR);
	buf_patch_u16(&b, ask->q.type == TYPE_SOA ? 6 : 8, 1);
	buf_patch_u16(&b, 10, 0);
	name_put(&b, &domain);
	buf_put_u16(&b, TYPE_SOA);
	buf_put_u16(&b, CLASS_IN);
	buf_put_u32(&b, 60);
	buf_put_u16(&b, 22);
	name_put(&b, &root);
	name_put(&b, &root);
	for (int i = 0; i < 5; i++)
		buf_put_u32(&b, 1);
	need(message_parse(&m, room, b.pos) == 0);
	watch_answer(w, ask->ticket, OUTCOME_OK, &m, now);
}

static void
ask(void)
{
	static uint8_t room[MESSAGE_MAX];
	static struct message m;
	struct watch_ask q;

	while (watch_next(w, now, &q)) {
		if (topics_answer(&s.topics, &q.q, room, sizeof room, &m) == 0)
			watch_answer(w, q.ticket, OUTCOME_OK, &m, now);
		else
			answer_nothing(&q);
	}
}

static void
tell(void)
{
	const struct msg_dns_peer *peer;
	const char *why;
	union msg m;

	while ((peer = watch_news(w)) != NULL) {
		msg_begin(&m, MSG_DNS_PEER, 0);
		m.dns_peer = *peer;
		need(msg_check(&m, sizeof m.dns_peer, ROLE_DNSUPDATE, ROLE_MANAGER, 0, &why) == 0);
		need(!peer->present || peer->contacts <= MSG_CONTACTS_MAX);
		for (unsigned i = 0; i < peer->contacts; i++)
			need(endpoint_is_contactable(&peer->contact[i]));
		watch_told(w);
	}
}

static void
settle(void)
{
	const struct topic *topic;
	struct name name;

	follow();
	speak();
	while ((topic = topics_changed(&s.topics)) != NULL) {
		topic_name(topic, &name);
		need(name_in(&name, &domain));
		watch_hint(w, &name, now);
	}
	ask();
	follow();
	speak();
	tell();
	need(s.topics.octets <= TOPICS_ALL_OCTETS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = buf_reader(data, size);

	now = 3600000;
	need(name_parse(&domain, "a.example") == 0);
	need((w = watch_new(&domain, "self.a.example", no_jitter)) != NULL);
	push_session_init(&s, no_jitter);
	push_session_begin(&s, 1, now);
	settle();
	while (buf_left(&in) >= 3) {
		uint8_t before = buf_get_u8(&in);
		size_t len = buf_get_u16(&in);

		if (len > buf_left(&in))
			len = buf_left(&in);
		now += before & 1 ? 1000 : 0;
		now += before & 2 ? 400000 : 0;
		if (before & 4) {
			push_session_end(&s, now);
			push_session_pardon(&s);
			push_session_begin(&s, 1, now);
			settle();
		}
		push_session_take(&s, buf_take(&in, len), len, now);
		settle();
	}
	push_session_clear(&s);
	need(s.topics.count == 0 && s.topics.octets == 0);
	watch_free(w);
	return 0;
}
