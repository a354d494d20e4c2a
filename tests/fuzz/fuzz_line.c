/*
 * What a name server may send on a connection in clear text: the real line, over loopback.  Each
 * message must come out once, whole and in order, up to what is no DNS; and whoever uses the line
 * may free or abort it in the middle of all.
 *
 * Input: one octet that says after how many messages the user frees the line (0 = never; the upper
 * half aborts it), then pieces: a length (2 octets) and so many octets, sent by themselves.
 */
#include "base/buf.h"
#include "base/log.h"
#include "dnsupdate/client/line.h"
#include "dnsupdate/wire/stream.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SENT_MAX (1 << 16)

static struct loop *loop;
static struct loop_timer *turn;
static struct endpoint server;
static int listener, peer;
static struct line *line;
static uint8_t sent[SENT_MAX]; /* as one stream */
static size_t sent_len, checked;
static unsigned messages, free_after;
static int abort_it, is_down;

static void
stop(void *ctx)
{
	loop_stop(loop, 0);
}

static void
spin(void)
{
	for (int i = 0; i < 3; i++) {
		loop_timer_set(turn, 0);
		loop_run(loop);
	}
}

static void
leave(void)
{
	struct line *c = line;

	line = NULL;
	if (abort_it)
		line_abort(c);
	else
		line_free(c);
}

static void
on_up(void *ctx)
{
	static const uint8_t question[12] = {1};

	if (line_send(line, question, sizeof question) == -1)
		abort();
}

static void
on_message(void *ctx, const uint8_t *msg, size_t len)
{
	const uint8_t *at = sent + checked;

	if (line == NULL || is_down || checked + STREAM_PREFIX + len > sent_len ||
	    (size_t)(at[0] << 8 | at[1]) != len || memcmp(at + STREAM_PREFIX, msg, len) != 0)
		abort();
	checked += STREAM_PREFIX + len;
	if (++messages == free_after)
		leave();
}

static void
on_down(void *ctx, const char *why, int hopeless)
{
	if (line == NULL || is_down || why[0] == '\0')
		abort();
	is_down = 1;
}

static void
begin(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof to;

	log_set_level(LOG_LEVEL_ERROR);
	loop = loop_new();
	turn = loop_timer_new(loop, stop, NULL);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener == -1 || bind(listener, (struct sockaddr *)&to, sizeof to) == -1 ||
	    listen(listener, 1) == -1 || getsockname(listener, (struct sockaddr *)&to, &len) == -1)
		abort();
	server =
	    (struct endpoint) {.family = 4, .port = ntohs(to.sin_port), .addr = {127, 0, 0, 1}};
}

static void
open_line(void)
{
	static const struct line_handler handler = {
	    .up = on_up, .message = on_message, .down = on_down};
	const struct linger reset = {.l_onoff = 1};

	sent_len = checked = messages = 0;
	is_down = 0;
	line = line_new(loop, &server, 0, NULL, &handler, NULL);
	if (line == NULL || (peer = accept(listener, NULL, NULL)) == -1)
		abort();
	/* No connection may linger: there are many thousands of them. */
	setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	spin();
}

static void
feed(const uint8_t *data, size_t len)
{
	ssize_t n;

	if (len > SENT_MAX - sent_len)
		len = SENT_MAX - sent_len;
	n = send(peer, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0) {
		memcpy(sent + sent_len, data, (size_t)n);
		sent_len += (size_t)n;
	}
	spin();
}

/* What is left is no whole message, or the line is down for a reason. */
static void
check_rest(void)
{
	const uint8_t *msg;
	size_t len;

	if (line != NULL && !is_down &&
	    stream_next(sent + checked, sent_len - checked, 65535, &msg, &len) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = buf_reader(data, size);
	unsigned control;

	if (loop == NULL)
		begin();
	control = buf_get_u8(&b);
	free_after = control & 15;
	abort_it = control & 128;
	open_line();
	while (buf_left(&b) > 2) {
		size_t len = buf_get_u16(&b);

		len = len < buf_left(&b) ? len : buf_left(&b);
		feed(buf_take(&b, len), len);
	}
	check_rest();
	close(peer);
	spin();
	if (line != NULL && !is_down)
		abort();
	if (line != NULL)
		leave();
	spin();
	return 0;
}
