#include "dnsupdate/client/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dnsupdate/client/backoff.h"
#include "dnsupdate/client/race.h"

#include <stdlib.h>
#include <string.h>

struct runner {
	struct session *s;
	struct line *line;
	unsigned candidate;
};

struct session {
	struct loop *loop;
	const struct session_handler *handler;
	void *ctx;
	struct loop_timer *timer;
	unsigned count, first; /* servers; the one to begin with */
	struct session_server server[RACE_CANDIDATES_MAX];
	int wanted, racing;
	struct race race;
	struct backoff backoff;
	struct runner runner[RACE_RUNNERS_MAX];
	struct line *line; /* the winner's, NULL = none */
	struct session_server peer; /* of line */
	char why[TLS_TEXT_MAX]; /* the last thing that went wrong in this race */
};

static void step(struct session *s);

static void
stop_race(struct session *s)
{
	for (unsigned i = 0; i < RACE_RUNNERS_MAX; i++) {
		line_free(s->runner[i].line);
		s->runner[i].line = NULL;
	}
	s->racing = 0;
}

/* ---- the connection that stands ---- */

static void
line_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct runner *r = ctx;

	/* Servers may close what is idle as soon as they like (RFC 7766 section 6.2.3). */
	backoff_good(&r->s->backoff);
	r->s->handler->message(r->s->ctx, msg, len);
}

static void
line_down(struct session *s, const char *why)
{
	char text[ENDPOINT_TEXT_MAX];

	log_debug("%s: %s", endpoint_text(&s->peer.ep, text), why);
	line_free(s->line);
	s->line = NULL;
	backoff_down(&s->backoff, clock_boot_ms(), clock_jitter);
	s->handler->down(s->ctx, 1, why);
	step(s);
}

/* ---- the race ---- */

static void
runner_up(void *ctx)
{
	struct runner *r = ctx;
	struct session *s = r->s;
	char text[ENDPOINT_TEXT_MAX];

	s->line = r->line;
	s->peer = s->server[r->candidate];
	s->first = r->candidate;
	r->line = NULL;
	stop_race(s);
	backoff_up(&s->backoff, clock_boot_ms());
	log_debug("%s: connected, %s", endpoint_text(&s->peer.ep, text),
	    s->peer.tls != NULL ? "TLS" : "TCP");
	s->handler->up(s->ctx);
}

static void
runner_down(void *ctx, const char *why, int hopeless)
{
	struct runner *r = ctx;
	struct session *s = r->s;
	char text[ENDPOINT_TEXT_MAX];

	if (r->line == NULL) { /* it has won before */
		line_down(s, why);
		return;
	}
	log_debug("%s: %s", endpoint_text(&s->server[r->candidate].ep, text), why);
	str_copy(s->why, sizeof s->why, why);
	line_free(r->line);
	r->line = NULL;
	race_fell(&s->race, (unsigned)(r - s->runner), hopeless, clock_boot_ms());
	step(s);
}

static void
run(struct session *s, int number, unsigned candidate)
{
	static const struct line_handler handler = {runner_up, line_message, runner_down};
	struct runner *r = &s->runner[number];
	const struct session_server *to;

	r->s = s;
	r->candidate = (candidate + s->first) % s->count;
	to = &s->server[r->candidate];
	r->line = line_new(s->loop, &to->ep, to->link, to->tls, &handler, r);
}

static void
lose(struct session *s)
{
	stop_race(s);
	s->first = 0;
	backoff_down(&s->backoff, clock_boot_ms(), clock_jitter);
	s->handler->down(s->ctx, 0, s->why[0] != '\0' ? s->why : "the name server does not answer");
}

static void
step(struct session *s)
{
	uint64_t now = clock_boot_ms(), at;
	unsigned candidate;
	int number;

	if (s->line != NULL || s->count == 0 || (!s->wanted && !s->racing)) {
		loop_timer_stop(s->timer);
		return;
	}
	if (!s->racing && now >= s->backoff.at_ms) {
		race_begin(&s->race, s->count, now);
		s->racing = 1;
		s->why[0] = '\0';
	}
	while (s->racing && (number = race_next(&s->race, now, &candidate)) != -1)
		run(s, number, candidate);
	if (s->racing && race_lost(&s->race, now))
		lose(s);
	at = s->racing ? race_wake(&s->race) : s->backoff.at_ms;
	loop_timer_set(s->timer, at > now ? at - now : 0);
}

static void
timer(void *ctx)
{
	step(ctx);
}

/* ---- outside ---- */

struct session *
session_new(struct loop *l, const struct session_handler *handler, void *ctx)
{
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL)
		fatal("session");
	s->loop = l;
	s->handler = handler;
	s->ctx = ctx;
	s->timer = loop_timer_new(l, timer, s);
	return s;
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	stop_race(s);
	line_free(s->line);
	loop_timer_free(s->timer);
	free(s);
}

static int
is_listed(const struct session *s, const struct session_server *peer)
{
	for (unsigned i = 0; i < s->count; i++)
		if (endpoint_equal(&s->server[i].ep, &peer->ep) && s->server[i].tls == peer->tls)
			return 1;
	return 0;
}

void
session_set_servers(struct session *s, const struct session_server *list, unsigned count)
{
	stop_race(s);
	s->count = count < RACE_CANDIDATES_MAX ? count : RACE_CANDIDATES_MAX;
	memcpy(s->server, list, s->count * sizeof list[0]);
	s->first = 0;
	s->backoff = (struct backoff) {0};
	if (s->line != NULL && !is_listed(s, &s->peer))
		session_end(s, 0, 0, 0);
	loop_timer_set(s->timer, 0);
}

void
session_want(struct session *s, int wanted)
{
	if (s->wanted == wanted)
		return;
	s->wanted = wanted;
	if (wanted)
		loop_timer_set(s->timer, 0);
}

const struct session_server *
session_server(const struct session *s)
{
	return s->line != NULL ? &s->peer : NULL;
}

int
session_send(struct session *s, const uint8_t *msg, size_t len)
{
	return s->line == NULL ? -1 : line_send(s->line, msg, len);
}

int
session_hurry(struct session *s)
{
	if (s->line != NULL)
		return line_moved(s->line);
	if (!s->racing) {
		s->backoff = (struct backoff) {0};
		loop_timer_set(s->timer, 0);
	}
	return 0;
}

void
session_end(struct session *s, int reset, uint64_t ms, int avoid)
{
	if (s->line == NULL)
		return;
	if (reset)
		line_abort(s->line);
	else
		line_free(s->line);
	s->line = NULL;
	if (avoid && s->count > 1)
		s->first = (s->first + 1) % s->count;
	s->backoff = (struct backoff) {.at_ms = clock_boot_ms() + ms};
	loop_timer_set(s->timer, 0);
}
