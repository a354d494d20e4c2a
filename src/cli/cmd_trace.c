#include "cli/client.h"
#include "cli/echo.h"
#include "cli/echo_socket.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/ladder.h"
#include "cli/peer_arg.h"

#include "base/clock.h"
#include "base/str.h"

#include <getopt.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * autotunnel trace: how a peer was called, step by step.  The daemon keeps the last steps; where
 * there is no tunnel, an echo request asks for one first, and the trace of that is shown.
 */

#define LOOK_MS 100
#define LADDERS_MAX 16

struct trace {
	struct client client;
	struct snapshot *snapshot;
	const struct msg_ctl_peer *peer; /* in snapshot */
	const char *who;
	unsigned long wait_ms;
	int all, json;
	struct ladder ladder[LADDERS_MAX];
	size_t ladders;
};

/* ---- the daemon ---- */

/* The peer, and the steps on the way to it. */
static int
look(struct trace *t)
{
	uint32_t id = t->peer == NULL ? 0 : t->peer->hdr.id;
	int status = client_snapshot_steps(&t->client, cmd_socket(), t->snapshot, id);

	if (status != EXIT_OK) {
		cmd_warn("%s", t->client.why);
		return status;
	}
	status = peer_arg(t->snapshot, t->who, &t->peer);
	if (status == EXIT_OK && t->peer->hdr.id != id)
		return look(t);
	t->ladders = ladder_split(t->snapshot->step, t->snapshot->steps, t->ladder, LADDERS_MAX);
	return status;
}

/* A packet for the peer: the daemon calls it.  What becomes of the packet does not matter. */
static void
knock(const struct trace *t)
{
	struct echo e = {.id = (uint16_t)getpid(), .seq = 1};
	uint8_t data[ECHO_LEN];
	int fd = echo_open(t->peer->dns.ula);

	if (fd == -1)
		return;
	echo_request(&e, data);
	if (send(fd, data, sizeof data, 0) == -1)
		cmd_warn("no packet can be sent to %s; the steps so far:", t->peer->dns.name);
	close(fd);
}

/* Has an attempt that began after `since` come to an end? */
static int
is_decided(const struct trace *t, uint64_t since_us)
{
	const struct ladder *last = &t->ladder[t->ladders - 1];

	return t->ladders > 0 && last->decided != NULL && last->decided->at_us >= since_us;
}

/* Have the peer called, and wait for what comes of it. */
static int
call(struct trace *t)
{
	uint64_t begin = clock_boot_us();
	int status = EXIT_OK;

	knock(t);
	while (status == EXIT_OK && !is_decided(t, begin) &&
	    clock_boot_us() < begin + t->wait_ms * 1000) {
		usleep(LOOK_MS * 1000);
		status = look(t);
	}
	return status;
}

/* ---- the picture ---- */

static void
print_title(const struct trace *t, const struct ladder *l)
{
	const struct msg_ipsec_step *last = &l->step[l->steps - 1];
	char took[FORMAT_MAX], age[FORMAT_MAX], place[ENDPOINT_TEXT_MAX];

	printf("%s: %s", t->peer->dns.name, ladder_outcome_word(l->outcome));
	if (l->decided != NULL && l->decided != l->step)
		printf(" after %s", format_ms(ladder_us(l, l->decided), took));
	printf(", %s ago",
	    format_age(format_seconds_since(t->snapshot->self.now_ms, last->at_us / 1000), age));
	if (l->decided != NULL && l->decided->place.family != 0)
		printf(", by way of %s%s", endpoint_text(&l->decided->place, place),
		    l->outcome == LADDER_CONNECTED && !l->decided->initiator ? ", which called us"
									     : "");
	fputs("\n\n        TIME  TRY\n", stdout);
}

static void
print_ladder(const struct trace *t, const struct ladder *l)
{
	char time[FORMAT_MAX], text[LADDER_TEXT_MAX], number[12];

	print_title(t, l);
	for (size_t i = 0; i < l->steps; i++) {
		unsigned attempt = ladder_attempt(l, &l->step[i]);

		snprintf(number, sizeof number, "%u", attempt);
		printf("%12s %4s  %s\n", format_ms(ladder_us(l, &l->step[i]), time),
		    attempt == 0 ? "" : number, ladder_text(&l->step[i], text));
	}
}

static void
put_step(struct json *j, const struct ladder *l, const struct msg_ipsec_step *s)
{
	char place[ENDPOINT_TEXT_MAX];

	json_object(j, NULL);
	json_milli(j, "time_ms", ladder_us(l, s));
	json_number(j, "attempt", ladder_attempt(l, s));
	json_bool(j, "ours", s->initiator);
	json_text(j, "kind", ladder_kind_word(s->kind));
	json_text(j, "place", s->place.family == 0 ? NULL : endpoint_text(&s->place, place));
	json_text(j, "text", s->text);
	json_object_end(j);
}

static void
put_ladder(struct json *j, const struct trace *t, const struct ladder *l)
{
	json_object(j, NULL);
	json_text(j, "outcome", ladder_outcome_word(l->outcome));
	json_number(j, "age_seconds",
	    format_seconds_since(t->snapshot->self.now_ms, l->step->at_us / 1000));
	if (l->decided != NULL)
		json_milli(j, "after_ms", ladder_us(l, l->decided));
	else
		json_text(j, "after_ms", NULL);
	json_array(j, "steps");
	for (size_t i = 0; i < l->steps; i++)
		put_step(j, l, &l->step[i]);
	json_array_end(j);
	json_object_end(j);
}

static void
print(const struct trace *t)
{
	size_t first = t->all || t->ladders == 0 ? 0 : t->ladders - 1;
	struct json j;

	for (size_t i = first; i < t->ladders && !t->json; i++) {
		if (i > first)
			putchar('\n');
		print_ladder(t, &t->ladder[i]);
	}
	if (!t->json)
		return;
	j = json_begin(stdout);
	json_number(&j, "schema", 1);
	json_text(&j, "name", t->peer->dns.name);
	json_array(&j, "ladders");
	for (size_t i = first; i < t->ladders; i++)
		put_ladder(&j, t, &t->ladder[i]);
	json_array_end(&j);
	json_finish(&j);
}

/* ---- the verb ---- */

static int
read_options(struct trace *t, int argc, char **argv)
{
	static const struct option options[] = {
	    {"all", no_argument, NULL, 'a'},
	    {"timeout", required_argument, NULL, 'W'},
	    {"json", no_argument, NULL, 'j'},
	    {NULL, 0, NULL, 0},
	};
	unsigned long sec = 15;
	int opt;

	while ((opt = getopt_long(argc, argv, "aW:j", options, NULL)) != -1) {
		if (opt == 'W' && str_number(optarg, 1, 3600, &sec) == 0)
			continue;
		if (opt != 'a' && opt != 'j')
			return cmd_usage("trace");
		t->all |= opt == 'a';
		t->json |= opt == 'j';
	}
	t->wait_ms = sec * 1000;
	t->who = argv[optind];
	return argc - optind == 1 ? EXIT_OK : cmd_usage("trace");
}

static int
run(struct trace *t)
{
	int status = look(t);

	if (status == EXIT_OK && t->peer->tunnel.state != TUNNEL_UP)
		status = call(t);
	if (status != EXIT_OK)
		return status;
	if (t->ladders == 0)
		cmd_warn("nothing has been tried to reach %s yet: \"autotunnel status %s\" tells"
			 " what is known of it",
		    t->peer->dns.name, t->who);
	print(t);
	return t->peer->tunnel.state == TUNNEL_UP ? EXIT_OK : EXIT_UNREACHABLE;
}

int
cmd_trace(int argc, char **argv)
{
	struct trace t = {.snapshot = NULL};
	int status = read_options(&t, argc, argv);

	if (status != EXIT_OK)
		return status;
	t.snapshot = snapshot_new();
	status = run(&t);
	free(t.snapshot);
	return status;
}
