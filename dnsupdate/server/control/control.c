#include "dnsupdate/server/control/control.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dnsupdate/server/disk/import.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/transfer/xfr.h"
#include "dnsupdate/wire/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_SIZE 65536
#define OUT_LOW 65536

enum client_state { CLIENT_ASKING, CLIENT_IMPORTING, CLIENT_ANSWERING };

struct client {
	struct client *next;
	struct control *all;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *timer;
	enum client_state state;
	uint8_t *in;
	size_t in_len, in_room;
	uint8_t *out;
	size_t out_at, out_len;
	struct import *import;
	struct xfr *export;
	uint8_t at_work; /* its import is being put in place */
	unsigned uid;
};

struct control {
	struct keeper *keeper;
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct loop_fd *watch;
	struct client *first;
	size_t count;
	struct commit_hook hook;
	uint8_t room[MESSAGE_MAX];
};

static void
client_free(struct client *c)
{
	struct client **at = &c->all->first;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->all->count--;
	loop_fd_free(c->watch);
	loop_timer_free(c->timer);
	close(c->fd);
	import_free(c->import);
	xfr_free(c->export);
	free(c->in);
	free(c->out);
	free(c);
}

/* ---- answers ---- */

static void
put_out(struct client *c, const void *data, size_t len)
{
	c->out = realloc(c->out, c->out_len + len + 1);
	if (c->out == NULL)
		fatalx("out of memory");
	memcpy(c->out + c->out_len, data, len);
	c->out_len += len;
}

/* From now on only this goes out. */
static void
answer(struct client *c, int rc, const char *why, const char *text, size_t len)
{
	char line[KEEPER_WHY_MAX + 16];

	c->state = CLIENT_ANSWERING;
	snprintf(line, sizeof(line), rc == 0 ? "ok\n" : "error %s\n", why);
	put_out(c, line, strlen(line));
	if (rc == 0 && len > 0)
		put_out(c, text, len);
	loop_fd_watch(c->watch, LOOP_WRITE);
}

/* More of an export: 0 at its end. */
static int
fill_out(struct client *c)
{
	struct buf b = buf_writer(c->all->room, sizeof(c->all->room));
	uint8_t prefix[STREAM_PREFIX];
	int rc;

	if (c->export == NULL)
		return 0;
	rc = xfr_next(c->export, &b, clock_wall_sec());
	if (rc == 1 && stream_prefix(prefix, b.pos) == 0) {
		put_out(c, prefix, sizeof(prefix));
		put_out(c, b.data, b.pos);
	}
	return rc == 1;
}

/* 1 to go on, 0 when all is sent, -1 when the client is gone. */
static int
send_out(struct client *c)
{
	ssize_t n;

	while (c->out_len - c->out_at < OUT_LOW && fill_out(c))
		;
	if (c->out_at == c->out_len)
		return 0;
	n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 1 : -1;
	c->out_at += (size_t)n;
	if (c->out_at == c->out_len)
		c->out_at = c->out_len = 0;
	return 1;
}

/* ---- questions ---- */

/* An export is a transfer to nobody: consistent, and in no one's way. */
static void
begin_export(struct client *c, struct zone *z)
{
	static struct request r;
	uint8_t question[MESSAGE_HEADER + NAME_WIRE_MAX + 4];
	struct buf b = buf_writer(question, sizeof(question));

	memset(&r, 0, sizeof(r));
	buf_put_u48(&b, 0);
	buf_put_u48(&b, 0);
	name_put(&b, &z->name);
	buf_put_u16(&b, TYPE_AXFR);
	buf_put_u16(&b, CLASS_IN);
	r.zone = z;
	r.data = question;
	r.len = b.pos;
	r.question_len = (uint16_t)(b.pos - MESSAGE_HEADER);
	c->export = xfr_new(&r, XFR_FULL, NULL);
}

static int
split(char *line, char *words[CONTROL_WORDS_MAX])
{
	char *save;
	int count = 0;

	for (char *w = strtok_r(line, " \t\r", &save); w != NULL && count < CONTROL_WORDS_MAX;
	     w = strtok_r(NULL, " \t\r", &save))
		words[count++] = w;
	return count;
}

static void
take_line(struct client *c, char *line)
{
	char why[KEEPER_WHY_MAX] = "", *words[CONTROL_WORDS_MAX], *text = NULL;
	struct control_more more = {0};
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int count = split(line, words), rc;

	if (out == NULL)
		fatalx("out of memory");
	if (count > 0)
		log_debug("control: user %u asks for \"%s\"", c->uid, words[0]);
	rc = control_verb(c->all->keeper, count, words, out, &more, why);
	fclose(out);
	if (rc == 0 && more.import != NULL) {
		c->state = CLIENT_IMPORTING;
		c->import = import_new(more.import);
	} else {
		answer(c, rc, why, text, len);
		if (rc == 0 && more.export != NULL)
			begin_export(c, more.export);
	}
	free(text);
}

/* Take len octets from the front of what came in. */
static void
consume(struct client *c, size_t len)
{
	c->in_len -= len;
	memmove(c->in, c->in + len, c->in_len);
}

static void
take_question(struct client *c)
{
	uint8_t *end = memchr(c->in, '\n', c->in_len);
	char line[CONTROL_LINE_MAX];
	size_t len = end == NULL ? c->in_len : (size_t)(end - c->in);

	if (len >= sizeof(line)) {
		answer(c, -1, "a line too long", NULL, 0);
	} else if (end != NULL) {
		memcpy(line, c->in, len);
		line[len] = '\0';
		consume(c, len + 1);
		take_line(c, line);
	}
}

static void
take_messages(struct client *c)
{
	char why[IMPORT_WHY_MAX];
	const uint8_t *message;
	size_t used = 0, len;
	int rc;

	while (
	    (rc = stream_next(c->in + used, c->in_len - used, MESSAGE_MAX, &message, &len)) == 1) {
		if (import_message(c->import, message, len, why) == -1) {
			answer(c, -1, why, NULL, 0);
			return;
		}
		used += STREAM_PREFIX + len;
	}
	consume(c, used);
	if (rc == -1)
		answer(c, -1, "what follows is no stream of DNS messages", NULL, 0);
}

/* The client has said all. */
static void
take_end(struct client *c)
{
	char why[KEEPER_WHY_MAX];
	int rc;

	if (c->state == CLIENT_ASKING || c->in_len > 0) {
		client_free(c);
		return;
	}
	c->at_work = 1;
	rc = import_complete(c->import, why);
	if (rc == 0)
		rc = keeper_import(c->all->keeper, c->import, why);
	answer(c, rc, why, NULL, 0);
}

static void
read_in(struct client *c)
{
	ssize_t n;

	if (c->in_len + READ_SIZE > c->in_room) {
		c->in_room = 2 * c->in_room + READ_SIZE;
		c->in = realloc(c->in, c->in_room);
		if (c->in == NULL)
			fatalx("out of memory");
	}
	n = read(c->fd, c->in + c->in_len, READ_SIZE);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (n == 0)
			take_end(c);
		else
			client_free(c);
		return;
	}
	c->in_len += (size_t)n;
	if (c->state == CLIENT_ASKING)
		take_question(c);
	if (c->state == CLIENT_IMPORTING)
		take_messages(c);
}

static void
on_ready(void *ctx, int ready)
{
	struct client *c = ctx;

	loop_timer_set(c->timer, LIMIT_CONTROL_IDLE_SEC * 1000);
	if (c->state != CLIENT_ANSWERING)
		read_in(c);
	else if (send_out(c) != 1)
		client_free(c);
}

static void
on_timer(void *ctx)
{
	client_free(ctx);
}

static void
on_accept(void *ctx, int ready)
{
	struct control *all = ctx;
	int fd = accept4(all->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct ucred cred = {0};
	socklen_t len = sizeof(cred);
	struct client *c;

	if (fd == -1)
		return;
	if (all->count >= LIMIT_CONTROL_CLIENTS ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1) {
		close(fd);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		fatalx("out of memory");
	c->all = all;
	c->fd = fd;
	c->uid = cred.uid;
	c->next = all->first;
	all->first = c;
	all->count++;
	c->watch = loop_fd_new(all->keeper->loop, fd, LOOP_READ, on_ready, c);
	c->timer = loop_timer_new(all->keeper->loop, on_timer, c);
	loop_timer_set(c->timer, LIMIT_CONTROL_IDLE_SEC * 1000);
}

/* What is exported stays what it was when that began. */
static void
on_change(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
    const struct change_list *changes)
{
	struct control *all = ctx;

	for (struct client *c = all->first; c != NULL; c = c->next)
		if (c->export != NULL && xfr_zone(c->export) == z)
			xfr_changed(c->export, changes);
}

void
control_forget(struct control *all, const struct zone *z)
{
	struct client *c, *next;

	for (c = all == NULL ? NULL : all->first; c != NULL; c = next) {
		next = c->next;
		if ((c->export != NULL && xfr_zone(c->export) == z) ||
		    (c->import != NULL && import_zone(c->import) == z && !c->at_work))
			client_free(c);
	}
}

/* ---- birth and death ---- */

static struct sockaddr_un
address_in(const char *run_dir)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.90s/%s", run_dir, CONTROL_SOCKET);
	return sa;
}

void
control_alone(const char *run_dir)
{
	struct sockaddr_un sa = address_in(run_dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0)
		fatalx("another autotunnel-dnsd is running: it holds %s", sa.sun_path);
	close(fd);
}

static void
open_at(struct control *c, const char *group)
{
	const struct sockaddr_un sa = address_in(c->keeper->conf->run_dir);
	const struct group *gr = getgrnam(group);
	mode_t mask;
	int rc;

	str_copy(c->path, sizeof(c->path), sa.sun_path);
	unlink(c->path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	rc = c->fd == -1 ? -1 : bind(c->fd, (const struct sockaddr *)&sa, sizeof(sa));
	umask(mask);
	if (rc == -1) {
		log_warn("no control socket: %s", c->path);
		close(c->fd);
		c->fd = -1;
		return;
	}
	if (gr == NULL)
		log_info("there is no group \"%s\": only root can use %s", group, c->path);
	else if (chown(c->path, (uid_t)-1, gr->gr_gid) == -1 || chmod(c->path, 0660) == -1)
		log_warn("%s: only root can use it", c->path);
}

struct control *
control_new(struct keeper *k)
{
	struct control *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatalx("out of memory");
	c->keeper = k;
	c->hook = (struct commit_hook) {.changed = on_change, .ctx = c};
	commit_add_hook(k->server->commit, &c->hook);
	open_at(c, k->conf->control_group);
	return c;
}

void
control_begin(struct control *c)
{
	if (c->fd == -1)
		return;
	if (listen(c->fd, LIMIT_CONTROL_CLIENTS) == -1)
		log_warn("no control socket: %s", c->path);
	else
		c->watch = loop_fd_new(c->keeper->loop, c->fd, LOOP_READ, on_accept, c);
}

void
control_free(struct control *c)
{
	if (c == NULL)
		return;
	while (c->first != NULL)
		client_free(c->first);
	loop_fd_free(c->watch);
	if (c->fd != -1)
		close(c->fd);
	unlink(c->path);
	free(c);
}
