#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/loop.h"

static struct loop *loop;
static struct loop_timer *guard;

static void
too_long(void *ctx)
{
	fail_msg("the loop did not end by itself");
}

static int
set_up(void **state)
{
	loop = loop_new();
	guard = loop_timer_new(loop, too_long, NULL);
	loop_timer_set(guard, 30000);
	return 0;
}

static int
tear_down(void **state)
{
	loop_timer_free(guard);
	loop_free(loop);
	return 0;
}

/* ---- timers, descriptors, signals ---- */

static struct loop_timer *suicide;

static void
free_itself(void *ctx)
{
	loop_timer_free(suicide);
	suicide = NULL;
	loop_stop(loop, 7);
}

static void
timer_frees_itself(void **state)
{
	struct loop_timer *never = loop_timer_new(loop, too_long, NULL);

	loop_timer_set(never, 0);
	loop_timer_stop(never);
	suicide = loop_timer_new(loop, free_itself, NULL);
	loop_timer_set(suicide, 1);
	assert_int_equal(loop_run(loop), 7);
	assert_null(suicide);
	loop_timer_free(never);
}

static struct loop_fd *reader;

static void
readable(void *ctx, int ready)
{
	assert_int_equal(ready, LOOP_READ);
	loop_fd_free(reader);
	loop_stop(loop, 0);
}

static void
descriptor_frees_itself(void **state)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	reader = loop_fd_new(loop, fds[0], LOOP_READ, readable, NULL);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(loop_run(loop), 0);
	close(fds[0]);
	close(fds[1]);
}

static void
got_signal(void *ctx, int signo)
{
	loop_stop(loop, signo);
}

static void
signals(void **state)
{
	struct loop_signal *s = loop_signal_new(loop, SIGUSR1, got_signal, NULL);

	raise(SIGUSR1);
	assert_int_equal(loop_run(loop), SIGUSR1);
	loop_signal_free(s);
}

/* ---- what is first ---- */

static struct loop_timer *patience;
static int question[2], reply[2];

/* Takes longer than the other is waited for; the answer is there before anybody looks. */
static void
work_slowly(void *ctx, int ready)
{
	char c;

	assert_int_equal(read(question[0], &c, 1), 1);
	usleep(60000);
	assert_int_equal(write(reply[1], &c, 1), 1);
}

static void
take_reply(void *ctx, int ready)
{
	loop_timer_stop(patience);
	loop_stop(loop, 0);
}

static void
lost_patience(void *ctx)
{
	loop_stop(loop, 1);
}

static void
an_answer_in_time_stops_its_timer(void **state)
{
	struct loop_fd *slow, *answer;

	assert_int_equal(pipe(question), 0);
	assert_int_equal(pipe(reply), 0);
	slow = loop_fd_new(loop, question[0], LOOP_READ, work_slowly, NULL);
	answer = loop_fd_new(loop, reply[0], LOOP_READ, take_reply, NULL);
	patience = loop_timer_new(loop, lost_patience, NULL);
	loop_timer_set(patience, 30);
	assert_int_equal(write(question[1], "?", 1), 1);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(patience);
	loop_fd_free(slow);
	loop_fd_free(answer);
	for (int i = 0; i < 2; i++) {
		close(question[i]);
		close(reply[i]);
	}
}

/* ---- sleep ---- */

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* As a sleep looks from inside: CLOCK_BOOTTIME goes on by so much, CLOCK_MONOTONIC does not.  We
 * move to a time namespace with that offset. */
static void
fall_asleep(int seconds)
{
	FILE *offsets;
	int fd;

	if (unshare(CLONE_NEWTIME) != 0)
		assert_int_equal(unshare(CLONE_NEWUSER | CLONE_NEWTIME), 0);
	assert_non_null(offsets = fopen("/proc/self/timens_offsets", "w"));
	assert_true(fprintf(offsets, "boottime %d 0\n", seconds) > 0);
	assert_int_equal(fclose(offsets), 0);
	assert_int_not_equal(fd = open("/proc/self/ns/time_for_children", O_RDONLY), -1);
	assert_int_equal(setns(fd, CLONE_NEWTIME), 0);
	close(fd);
}

static uint64_t told_ms;
static int came_due;

static void
slept(void *ctx, uint64_t ms)
{
	assert_int_equal(came_due, 0);
	told_ms += ms;
}

static void
due(void *ctx)
{
	came_due = 1;
	loop_stop(loop, 0);
}

static void
lie_down(void *ctx)
{
	fall_asleep(7200);
	loop_timer_set(guard, 30000);
}

/* What came due during the sleep is done at once after it, and who wants to know is told before. */
static void
timers_count_sleep(void **state)
{
	struct loop_timer *hour = loop_timer_new(loop, due, NULL);
	struct loop_timer *bed = loop_timer_new(loop, lie_down, NULL);

	loop_on_sleep(loop, slept, NULL);
	loop_timer_set(hour, 3600000);
	loop_timer_set(bed, 1);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(came_due, 1);
	assert_in_range(told_ms, 7199000, 7201000);
	loop_timer_free(hour);
	loop_timer_free(bed);
}

/* ---- channels ---- */

static struct loop_channel *near_end;
static struct channel far_end;
static int messages, gone_error;
static int free_after; /* free the channel in the n-th message */

static void
on_message(void *ctx, const union msg *m, int fd)
{
	assert_int_equal(fd, -1);
	if (++messages != free_after)
		return;
	loop_channel_free(near_end);
	near_end = NULL;
	loop_stop(loop, 0);
}

static int to_send;

static void
on_writable(void *ctx)
{
	union msg m;

	msg_begin(&m, MSG_IPSEC_MOVED, 0);
	while (to_send > 0 && loop_channel_send(near_end, &m, -1) == 0)
		to_send--;
	if (to_send > 0)
		loop_channel_want_write(near_end);
}

static void
on_gone(void *ctx, int error)
{
	gone_error = error;
	loop_channel_free(near_end);
	near_end = NULL;
	loop_stop(loop, 0);
}

static const struct loop_channel_handler handler = {on_message, on_writable, on_gone};

static int
set_up_channel(void **state)
{
	struct channel ch;
	int sv[2];

	set_up(state);
	messages = gone_error = free_after = to_send = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == -1)
		return -1;
	channel_init(&ch, sv[0], ROLE_MANAGER, ROLE_IPSEC);
	channel_init(&far_end, sv[1], ROLE_IPSEC, ROLE_MANAGER);
	near_end = loop_channel_new(loop, ch, &handler, NULL);
	return 0;
}

static int
tear_down_channel(void **state)
{
	loop_channel_free(near_end);
	near_end = NULL;
	if (far_end.fd != -1)
		close(far_end.fd);
	return tear_down(state);
}

static void
say_hello(void)
{
	union msg m;

	msg_begin(&m, MSG_HELLO, 0);
	m.hello.version = MSG_VERSION;
	assert_int_equal(channel_send(&far_end, &m, -1), 0);
}

static void
freed_in_a_message(void **state)
{
	say_hello();
	say_hello();
	say_hello();
	free_after = 2;
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(messages, 2);
	assert_int_equal(gone_error, 0);
}

/* What a dying worker said is heard before its end is. */
static void
gone_after_last_words(void **state)
{
	say_hello();
	close(far_end.fd);
	far_end.fd = -1;
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(messages, 1);
	assert_int_equal(gone_error, ECONNRESET);
}

static void
gone_by_breach(void **state)
{
	assert_int_equal(send(far_end.fd, "rubbish!", 8, 0), 8);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(gone_error, EBADMSG);
}

static void
drain(void *ctx)
{
	union msg m;
	int fd;

	while (channel_recv(&far_end, &m, &fd) == 1)
		messages++;
	if (messages >= 2000)
		loop_stop(loop, 0);
	else
		loop_timer_set(suicide, 1);
}

/* More than the kernel's buffer holds gets through, piece by piece. */
static void
dirty_until_said(void **state)
{
	to_send = 2000;
	suicide = loop_timer_new(loop, drain, NULL);
	loop_timer_set(suicide, 1);
	loop_channel_want_write(near_end);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(to_send, 0);
	assert_int_equal(messages, 2000);
	loop_timer_free(suicide);
}

int
main(void)
{
#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define CHANNEL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_channel, tear_down_channel)
	const struct CMUnitTest tests[] = {
	    LOOP_TEST(timer_frees_itself),
	    LOOP_TEST(descriptor_frees_itself),
	    LOOP_TEST(signals),
	    LOOP_TEST(an_answer_in_time_stops_its_timer),
	    CHANNEL_TEST(freed_in_a_message),
	    CHANNEL_TEST(gone_after_last_words),
	    CHANNEL_TEST(gone_by_breach),
	    CHANNEL_TEST(dirty_until_said),
	    /* The last one: afterwards this process lives in another time. */
	    LOOP_TEST(timers_count_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
