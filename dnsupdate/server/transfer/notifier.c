#include "dnsupdate/server/transfer/notifier.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/transfer/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* One zone, one secondary. */
struct target {
	struct target *next; /* of the zone */
	struct target *busy; /* of all that have something to say */
	struct zone *zone;
	struct endpoint to;
	struct notify notify;
	struct tsig_context tsig; /* of the message under way, when it is signed */
	struct tsig_signer signer;
	struct key *key;
	struct name key_name; /* that it must have; empty: any */
	uint8_t is_busy, is_signed;
	uint8_t has_warned, is_refused; /* the log has a line that its key is not there; is wrong */
};

struct notifier {
	struct loop *loop;
	struct server *server;
	struct loop_timer *timer;
	int fd[2]; /* IPv4, IPv6; -1 = none */
	struct loop_fd *watch[2];
	struct target *busy;
	struct commit_hook hook;
	struct notifier_stats stats;
};

static int
family_index(const struct endpoint *to)
{
	return to->family == 6;
}

/* ---- sending ---- */

static int
is_for(const struct target *t, const struct key *key)
{
	return key->zone == t->zone && key->kind == KEY_TRANSFER &&
	    !tsig_algorithm_is_weak(key->algorithm);
}

static int
goes_before(const struct key *a, const struct key *b)
{
	char x[NAME_TEXT_MAX], y[NAME_TEXT_MAX];
	struct name name;

	key_name(a, &name);
	name_text(&name, x);
	key_name(b, &name);
	return strcmp(x, name_text(&name, y)) < 0;
}

static struct key *
find_key(const struct notifier *n, const struct target *t)
{
	struct key *key = NULL, *first = NULL;

	if (t->key_name.len > 0) {
		key = keyring_find(n->server->keys, &t->key_name);
		return key != NULL && is_for(t, key) ? key : NULL;
	}
	while ((key = keyring_next(n->server->keys, key)) != NULL)
		if (is_for(t, key) && (first == NULL || goes_before(key, first)))
			first = key;
	return first;
}

/* 0; -1 when there is no key where one is demanded: a line in the log, once. */
static int
take_key(struct notifier *n, struct target *t)
{
	char zone[NAME_TEXT_MAX], name[NAME_TEXT_MAX], text[ENDPOINT_TEXT_MAX];

	key_unref(t->key);
	t->key = key_ref(find_key(n, t));
	t->is_signed = t->key != NULL;
	if (t->is_signed)
		key_signer(t->key, &t->signer);
	if (t->is_signed || t->key_name.len == 0) {
		t->has_warned = 0;
		return 0;
	}
	if (!t->has_warned)
		log_warnx("zone %s: %s is not notified: there is no transfer key %s",
		    name_text(&t->zone->name, zone), endpoint_text(&t->to, text),
		    name_text(&t->key_name, name));
	t->has_warned = 1;
	return -1;
}

static void
send_to(struct notifier *n, struct target *t, uint16_t id)
{
	uint8_t room[MESSAGE_UDP_MAX];
	struct buf b = buf_writer(room, sizeof(room));
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&t->to, &ss);
	char text[ENDPOINT_TEXT_MAX];

	tsig_forget(&t->tsig);
	if (take_key(n, t) == -1)
		return;
	notify_build(&b, t->zone, id);
	if (b.failed ||
	    (t->is_signed && tsig_sign(&t->tsig, &t->signer, &b, clock_wall_sec()) == -1))
		return;
	n->stats.sent++;
	if (sendto(n->fd[family_index(&t->to)], room, b.pos, MSG_DONTWAIT, (struct sockaddr *)&ss,
		len) == -1)
		log_debug("cannot notify %s: %s", endpoint_text(&t->to, text), strerror(errno));
}

static uint16_t
random_id(void)
{
	uint16_t id;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		fatal("getrandom");
	return id;
}

/* Tell who is due; come back for the next. */
static void
work(void *ctx)
{
	struct notifier *n = ctx;
	struct target **at = &n->busy, *t;
	uint64_t now = clock_boot_ms(), next = NOTIFY_NEVER;

	while ((t = *at) != NULL) {
		uint16_t id = random_id();

		if (notify_tell(&t->notify, id, now))
			send_to(n, t, id);
		if (!notify_waits(&t->notify)) {
			t->is_busy = 0;
			*at = t->busy;
			continue;
		}
		if (t->notify.due_ms < next)
			next = t->notify.due_ms;
		at = &t->busy;
	}
	if (next != NOTIFY_NEVER)
		loop_timer_set(n->timer, next > now ? next - now : 0);
}

static void
changed(struct notifier *n, struct target *t)
{
	notify_changed(&t->notify, clock_boot_ms());
	if (!t->is_busy) {
		t->is_busy = 1;
		t->busy = n->busy;
		n->busy = t;
	}
	loop_timer_set(n->timer, 0);
}

static void
on_change(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
    const struct change_list *changes)
{
	for (struct target *t = z->secondaries; t != NULL; t = t->next)
		changed(ctx, t);
}

/* ---- answers ---- */

static int
is_answer(const struct target *t, const struct message *m, const struct endpoint *from)
{
	return endpoint_equal(&t->to, from) && name_equal(&m->question.name, &t->zone->name) &&
	    t->notify.waiting && t->notify.id == m->id;
}

static enum tsig_verdict
verdict_on(const struct target *t, const struct message *m)
{
	struct tsig_context copy = t->tsig;

	return t->is_signed ? tsig_verify(&copy, m, clock_wall_sec(), NULL) : TSIG_OK;
}

/* Anybody could say so, hence it changes nothing; but most likely one of the two configurations is
 * wrong, and nothing else would tell. */
static void
tell_of_refusal(struct target *t)
{
	char zone[NAME_TEXT_MAX], key[NAME_TEXT_MAX], text[ENDPOINT_TEXT_MAX];

	if (!t->is_refused)
		log_warnx("zone %s: %s does not take a NOTIFY signed with %s",
		    name_text(&t->zone->name, zone), endpoint_text(&t->to, text),
		    name_text(&t->signer.name, key));
	t->is_refused = 1;
}

static void
take_answer(struct notifier *n, const struct message *m, const struct endpoint *from)
{
	char zone[NAME_TEXT_MAX], text[ENDPOINT_TEXT_MAX];
	enum tsig_verdict verdict;

	for (struct target *t = n->busy; t != NULL; t = t->busy) {
		if (!is_answer(t, m, from))
			continue;
		verdict = verdict_on(t, m);
		if (verdict == TSIG_HINT)
			tell_of_refusal(t);
		if (verdict != TSIG_OK)
			continue;
		notify_answered(&t->notify, m->id);
		t->is_refused = 0;
		n->stats.answered++;
		if (m->rcode != RCODE_NOERROR)
			log_info("zone %s: %s answers a NOTIFY with %s",
			    name_text(&t->zone->name, zone), endpoint_text(from, text),
			    rcode_text(m->rcode));
		return;
	}
}

static void
receive(struct notifier *n, int fd)
{
	static struct message m;
	uint8_t data[MESSAGE_UDP_MAX];
	struct sockaddr_storage ss;
	struct endpoint from;
	socklen_t len = sizeof(ss);
	ssize_t got = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&ss, &len);

	if (got > 0 && endpoint_from_sockaddr((struct sockaddr *)&ss, &from) == 0 &&
	    message_parse(&m, data, (size_t)got) == 0 && (m.flags & FLAG_QR) != 0 &&
	    m.opcode == OPCODE_NOTIFY && m.has_question)
		take_answer(n, &m, &from);
}

static void
on_ready4(void *ctx, int ready)
{
	struct notifier *n = ctx;

	receive(n, n->fd[0]);
}

static void
on_ready6(void *ctx, int ready)
{
	struct notifier *n = ctx;

	receive(n, n->fd[1]);
}

/* ---- birth and death ---- */

static int
open_socket(uint8_t family, const struct conf_addresses *from)
{
	int fd =
	    socket(family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	for (unsigned i = 0; fd != -1 && i < from->count; i++) {
		struct endpoint at = from->at[i];
		struct sockaddr_storage ss;

		if (at.family != family)
			continue;
		at.port = 0;
		if (bind(fd, (struct sockaddr *)&ss, endpoint_to_sockaddr(&at, &ss)) == -1)
			log_warn("NOTIFY comes from an address that the system chooses");
		break;
	}
	return fd;
}

struct notifier *
notifier_new(struct loop *l, struct server *s, const struct conf_addresses *from)
{
	struct notifier *n = calloc(1, sizeof(*n));

	if (n == NULL)
		fatalx("out of memory");
	n->loop = l;
	n->server = s;
	n->timer = loop_timer_new(l, work, n);
	n->fd[0] = open_socket(4, from);
	n->fd[1] = open_socket(6, from);
	if (n->fd[0] != -1)
		n->watch[0] = loop_fd_new(l, n->fd[0], LOOP_READ, on_ready4, n);
	if (n->fd[1] != -1)
		n->watch[1] = loop_fd_new(l, n->fd[1], LOOP_READ, on_ready6, n);
	n->hook = (struct commit_hook) {.changed = on_change, .ctx = n};
	commit_add_hook(s->commit, &n->hook);
	return n;
}

void
notifier_free(struct notifier *n)
{
	if (n == NULL)
		return;
	for (struct zone *z = n->server->zones.first; z != NULL; z = z->next)
		notifier_forget(n, z);
	for (int i = 0; i < 2; i++) {
		loop_fd_free(n->watch[i]);
		if (n->fd[i] != -1)
			close(n->fd[i]);
	}
	loop_timer_free(n->timer);
	free(n);
}

void
notifier_set(struct notifier *n, struct zone *z, const struct conf_secondaries *to)
{
	notifier_forget(n, z);
	for (unsigned i = 0; i < to->count; i++) {
		struct target *t = calloc(1, sizeof(*t));

		if (t == NULL)
			fatalx("out of memory");
		t->zone = z;
		t->to = to->at[i].to;
		if (to->at[i].key[0] != '\0')
			name_parse(&t->key_name, to->at[i].key); /* checked when it was read */
		notify_init(&t->notify);
		t->next = z->secondaries;
		z->secondaries = t;
		changed(n, t);
	}
}

static void
leave_busy(struct notifier *n, const struct target *t)
{
	struct target **at = &n->busy;

	while (*at != NULL && *at != t)
		at = &(*at)->busy;
	if (*at == t)
		*at = t->busy;
}

void
notifier_forget(struct notifier *n, struct zone *z)
{
	while (z->secondaries != NULL) {
		struct target *t = z->secondaries;

		z->secondaries = t->next;
		leave_busy(n, t);
		tsig_forget(&t->tsig);
		key_unref(t->key);
		free(t);
	}
}

void
notifier_stats(const struct notifier *n, struct notifier_stats *out)
{
	*out = n->stats;
}
