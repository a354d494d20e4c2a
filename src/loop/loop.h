/*
 * The event loop of manager, natpmp and dnsupdate: descriptors, timers, signals and the message
 * channel.  libevent is included behind this header only.  One loop per process, made after exec.
 * An object must not be freed inside its own callback except where said.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/channel.h"

#include <stdint.h>

struct loop;
struct loop_fd;
struct loop_timer;
struct loop_signal;
struct loop_channel;

#define LOOP_READ 1
#define LOOP_WRITE 2

/* Out of memory ends the process. */
struct loop *loop_new(void);
void loop_free(struct loop *l);
/* Runs until loop_stop; returns the status given there. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l, int status);

/* Watch fd (borrowed) for LOOP_READ|LOOP_WRITE; the callback gets what is ready.  Level-triggered.
 * loop_fd_free may be called from the callback. */
struct loop_fd *loop_fd_new(
    struct loop *l, int fd, int what, void (*cb)(void *ctx, int ready), void *ctx);
void loop_fd_watch(struct loop_fd *f, int what);
void loop_fd_free(struct loop_fd *f);

/* The machine has slept for so many milliseconds: called when that is noticed, before any timer
 * that has come due meanwhile.  cb NULL = nobody wants to know. */
void loop_on_sleep(struct loop *l, void (*cb)(void *ctx, uint64_t ms), void *ctx);

/* A one-shot timer, not running until set.  Setting it again moves it.  It counts CLOCK_BOOTTIME,
 * so the time the machine sleeps is not added to the delay, and never fires before
 * clock_boot_ms() has reached the time.  All timers are to be freed before the loop.
 * loop_timer_free may be called from the callback. */
struct loop_timer *loop_timer_new(struct loop *l, void (*cb)(void *ctx), void *ctx);
void loop_timer_set(struct loop_timer *t, uint64_t delay_ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

struct loop_signal *loop_signal_new(
    struct loop *l, int signo, void (*cb)(void *ctx, int signo), void *ctx);
void loop_signal_free(struct loop_signal *s);

/*
 * A message channel in the loop.  on_message gets each checked message (fd -1 or the handler's to
 * close).  on_writable is called once after loop_channel_want_write, when there is room again:
 * send what is dirty, and ask again if EAGAIN comes back.  on_gone is called once, with errno
 * ECONNRESET or EBADMSG as argument; nothing is called after it; loop_channel_free may be called
 * from any of the three.
 */
struct loop_channel_handler {
	void (*on_message)(void *ctx, const union msg *m, int fd);
	void (*on_writable)(void *ctx);
	void (*on_gone)(void *ctx, int error);
};
struct loop_channel *loop_channel_new(
    struct loop *l, struct channel ch, const struct loop_channel_handler *handler, void *ctx);
/* As channel_send. */
int loop_channel_send(struct loop_channel *c, const union msg *m, int fd);
void loop_channel_want_write(struct loop_channel *c);
/* The other end is known to be dead: handle what it had still sent, now.  on_gone may be called. */
void loop_channel_drain(struct loop_channel *c);
/* Closes the descriptor. */
void loop_channel_free(struct loop_channel *c);

#endif
