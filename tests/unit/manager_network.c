/*
 * What the kernel says of the network, in a network namespace of our own: made by root, or by
 * anybody who may make a user namespace.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "manager/network.h"

#define UNREST_MS 10 /* less than a burst is waited for */

static struct loop *loop;
static struct loop_timer *unrest, *end;
static int control, flips, calls, earlies;

static int
enter_namespace(void **state)
{
	if (unshare(CLONE_NEWNET | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) == -1)
		return -1;
	control = socket(AF_INET, SOCK_DGRAM, 0);
	loop = loop_new();
	return control == -1 ? -1 : 0;
}

static int
leave(void **state)
{
	loop_free(loop);
	return close(control);
}

static void
flip_loopback(void *ctx)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = flips++ % 2 == 0 ? IFF_UP : 0};

	assert_int_equal(ioctl(control, SIOCSIFFLAGS, &request), 0);
	loop_timer_set(unrest, UNREST_MS);
}

static void
early(void *ctx)
{
	earlies++;
}

static void
changed(void *ctx)
{
	calls++;
	assert_true(earlies > 0); /* before the burst is over */
}

static void
time_is_up(void *ctx)
{
	loop_stop(loop, 0);
}

/* On a router that speaks BGP routes never rest: changes must be heard of all the same. */
static void
unrest_without_end(void **state)
{
	struct netmon *netmon = netmon_new(loop, early, changed, NULL);

	assert_non_null(netmon);
	unrest = loop_timer_new(loop, flip_loopback, NULL);
	end = loop_timer_new(loop, time_is_up, NULL);
	loop_timer_set(unrest, UNREST_MS);
	loop_timer_set(end, 1000);
	loop_run(loop);
	assert_in_range(calls, 3, 25); /* again and again, but not for each change */
	assert_in_range(earlies, calls, 3 * calls + 3); /* a few in each burst */
	loop_timer_free(unrest);
	loop_timer_free(end);
	netmon_free(netmon);
}

/* No network at all is a state like any other. */
static void
nothing_there(void **state)
{
	static const struct endpoint none;
	struct network n;

	memset(&n, 0xff, sizeof n);
	assert_int_equal(network_read(&none, &n), 0);
	assert_int_equal(n.paths, 0);
	assert_int_equal(n.local4.family, 0);
	assert_int_equal(n.local6_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unrest_without_end),
	    cmocka_unit_test(nothing_there),
	};

	return cmocka_run_group_tests(tests, enter_namespace, leave);
}
