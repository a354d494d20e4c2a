/*
 * The clocks of virtual_clock.h, and all waits by them, for programs that are not asked
 * (LD_PRELOAD). VIRTUAL_CLOCK is the file, VIRTUAL_MACHINE the number of the machine (0).
 *
 * A wait is a series of short ones by the kernel's clock, with a look at ours in between or when
 * the bell rings, and as long as it lasts the thread's slot says until when it is.  What is not
 * known here (a read, a lock, a child that is waited for) counts as work: then time goes on as the
 * kernel's does, and nothing is too early. Clocks and timers by plain system calls, as
 * shift_clock.c; they and the mapping work within our sandbox.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "virtual_clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define LOOK_OFTEN_NS 2000000 /* while time passes */
#define LOOK_NS 20000000
#define FAR_NS (3600 * SECOND)
#define TIMERS 1024

/* What was read of the shared clock at one time. */
struct reading {
	int64_t ahead_ns, slept_ns;
};

static struct virtual_clock *shared; /* NULL until the constructor has run */
static int machine;
static _Thread_local struct virtual_slot *mine __attribute__((tls_model("initial-exec")));
static _Thread_local int idles __attribute__((tls_model("initial-exec")));

static struct reading
reading(void)
{
	if (shared == NULL)
		return (struct reading) {0, 0};
	return (struct reading) {
	    atomic_load(&shared->ahead_ns), atomic_load(&shared->slept_ns[machine])};
}

static int64_t
to_ns(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * SECOND + ts->tv_nsec;
}

static struct timespec
from_ns(int64_t ns)
{
	return (struct timespec) {.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};
}

static int64_t
kernel_ns(clockid_t clock)
{
	struct timespec ts = {0};

	syscall(SYS_clock_gettime, clock, &ts);
	return to_ns(&ts);
}

static int
stops_in_sleep(clockid_t clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
	    clock == CLOCK_MONOTONIC_COARSE;
}

static int64_t
clock_ns(clockid_t clock, struct reading r)
{
	return kernel_ns(clock) + r.ahead_ns - (stops_in_sleep(clock) ? r.slept_ns : 0);
}

static int64_t
now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC, reading());
}

/* ---- the slot ---- */

static struct virtual_slot *
find_slot(int32_t tid)
{
	for (struct virtual_slot *s = shared->slots; s < shared->slots + VIRTUAL_SLOTS; s++)
		if (atomic_load(&s->tid) == tid)
			return s;
	return NULL;
}

/* The old one, if another program was executed. */
static void
take_slot(void)
{
	int32_t tid = (int32_t)syscall(SYS_gettid), none;

	mine = find_slot(tid);
	for (struct virtual_slot *s = shared->slots; mine == NULL; s++) {
		if (s == shared->slots + VIRTUAL_SLOTS)
			abort();
		none = 0;
		if (atomic_compare_exchange_strong(&s->tid, &none, tid))
			mine = s;
	}
	atomic_store(&mine->waits, 0);
	mine->pid = getpid();
	mine->machine = machine;
}

/* ---- timers ---- */

static struct timer {
	int64_t due_ns; /* by its clock; 0 = not set */
	clockid_t clock;
} timers[TIMERS];
static int timers_end; /* none is set from here on */
static atomic_flag timers_lock = ATOMIC_FLAG_INIT;
static struct reading followed; /* by this the kernel's timers are set */
static uint32_t followed_sets;

static void
lock(void)
{
	while (atomic_flag_test_and_set(&timers_lock))
		syscall(SYS_sched_yield);
}

static void
unlock(void)
{
	atomic_flag_clear(&timers_lock);
}

static int
arm(int fd, const struct timer *t, struct reading r)
{
	struct itimerspec its = {0};
	int64_t left = t->due_ns - clock_ns(t->clock, r);

	if (t->due_ns != 0)
		its.it_value = from_ns(left > 0 ? left : 1);
	return (int)syscall(SYS_timerfd_settime, fd, 0, &its, NULL);
}

/* The clock may have been set: the kernel's timers, too.  Those that have rung are left alone. */
static void
follow(void)
{
	struct reading now;

	lock();
	if (followed_sets != atomic_load(&shared->sets)) {
		followed_sets = atomic_load(&shared->sets);
		now = reading();
		for (int fd = 0; fd < timers_end; fd++) {
			struct timer *t = &timers[fd];

			if (t->due_ns != 0 && t->due_ns <= clock_ns(t->clock, followed))
				t->due_ns = 0;
			if (t->due_ns != 0)
				arm(fd, t, now);
		}
		followed = now;
	}
	unlock();
}

/* When the first timer rings, in the lab's time. */
static int64_t
timers_first(struct reading r)
{
	int64_t first = VIRTUAL_NEVER, ns;

	lock();
	for (struct timer *t = timers; t < timers + timers_end; t++) {
		ns = t->due_ns - clock_ns(t->clock, r);
		if (t->due_ns != 0 && ns > 0 && ns < first)
			first = ns;
	}
	unlock();
	return first == VIRTUAL_NEVER ? first : first + kernel_ns(CLOCK_MONOTONIC) + r.ahead_ns;
}

int
timerfd_create(int clock, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, clock, flags);

	if (fd >= TIMERS)
		abort();
	if (fd != -1) {
		lock();
		timers[fd] = (struct timer) {.clock = clock};
		timers_end = fd >= timers_end ? fd + 1 : timers_end;
		unlock();
	}
	return fd;
}

/* Nobody here repeats a timer, or asks what the last one was. */
int
timerfd_settime(int fd, int flags, const struct itimerspec *its, struct itimerspec *before)
{
	int64_t ns = to_ns(&its->it_value);
	struct timer *t = &timers[fd];
	int rc;

	if (fd < 0 || fd >= TIMERS || before != NULL || its->it_interval.tv_sec != 0 ||
	    its->it_interval.tv_nsec != 0)
		abort();
	follow();
	lock();
	if (ns != 0 && (flags & TFD_TIMER_ABSTIME) == 0)
		ns += clock_ns(t->clock, followed);
	t->due_ns = ns;
	rc = arm(fd, t, followed);
	unlock();
	return rc;
}

/* ---- start ---- */

static int (*real_epoll_wait)(int, struct epoll_event *, int, int);
static int (*real_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
static int (*real_pselect)(
    int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);

/* The timers are the parent's. */
static void
in_child(void)
{
	unlock();
	memset(timers, 0, sizeof timers);
	timers_end = 0;
	take_slot();
}

static void
on_bell(int signo)
{
	(void)signo;
}

static __attribute__((constructor)) void
begin(void)
{
	const struct sigaction bell = {.sa_handler = on_bell};
	const char *path = getenv("VIRTUAL_CLOCK"), *number = getenv("VIRTUAL_MACHINE");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *map;

	*(void **)&real_epoll_wait = dlsym(RTLD_NEXT, "epoll_wait");
	*(void **)&real_ppoll = dlsym(RTLD_NEXT, "ppoll");
	*(void **)&real_pselect = dlsym(RTLD_NEXT, "pselect");
	machine = number == NULL ? 0 : atoi(number);
	map = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || machine < 0 || machine >= VIRTUAL_MACHINES) {
		fprintf(stderr, "VIRTUAL_CLOCK=%s cannot be used\n", path == NULL ? "" : path);
		_exit(127);
	}
	close(fd);
	shared = map;
	take_slot();
	sigaction(VIRTUAL_BELL, &bell, NULL);
	pthread_atfork(lock, unlock, in_child);
}

/* ---- reading clocks ---- */

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, out);
	int counts_work = clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
	struct reading r = reading();

	if (rc == 0 && !counts_work && clock >= 0)
		*out = from_ns(to_ns(out) + r.ahead_ns - (stops_in_sleep(clock) ? r.slept_ns : 0));
	return rc;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	int64_t ns = clock_ns(CLOCK_REALTIME, reading());

	(void)zone;
	*out = (struct timeval) {.tv_sec = ns / SECOND, .tv_usec = ns % SECOND / 1000};
	return 0;
}

time_t
time(time_t *out)
{
	time_t now = clock_ns(CLOCK_REALTIME, reading()) / SECOND;

	if (out != NULL)
		*out = now;
	return now;
}

/* ---- waiting ---- */

/* Timers are descriptors. */
enum for_what { FOR_DESCRIPTORS, FOR_CONDITION };

/* until: by our CLOCK_MONOTONIC, as the kernel counts timeouts; VIRTUAL_NEVER = without end. */
static void
say_due(int64_t until, enum for_what what)
{
	struct reading r = reading();
	int64_t due = what == FOR_CONDITION ? VIRTUAL_NEVER : timers_first(r);

	if (until != VIRTUAL_NEVER && until + r.slept_ns < due)
		due = until + r.slept_ns;
	atomic_store(&mine->due_ns, due);
}

static void
wait_begin(int64_t until, enum for_what what)
{
	int error = errno;

	if (mine == NULL)
		take_slot();
	follow();
	say_due(until, what);
	atomic_store(&mine->rung, 0);
	if (!idles)
		atomic_fetch_add(&mine->turns, 1);
	atomic_store(&mine->waits, 1);
	errno = error;
}

/* After one of the short waits: is there to be another one?  One more after the bell in any case:
 * it says in the kernel's way that nothing has happened. */
static int
wait_more(int rc, int64_t until, enum for_what what)
{
	int rung = rc == -1 && errno == EINTR && atomic_exchange(&mine->rung, 0);

	if (rc != 0 && !rung)
		return 0;
	follow();
	say_due(until, what);
	return rung || until == VIRTUAL_NEVER || now_ns() < until;
}

/* idle: nothing has happened; the caller will only look and wait again. */
static void
wait_end(int idle)
{
	atomic_store(&mine->waits, 0);
	idles = idle;
	if (!idle)
		atomic_fetch_add(&mine->turns, 1);
}

/* How long a short one is. */
static struct timespec
look_ns(int64_t until)
{
	int64_t often = atomic_load(&shared->passes) != 0 ? LOOK_OFTEN_NS : LOOK_NS, left;

	left = until == VIRTUAL_NEVER ? often : until - now_ns();
	return from_ns(left < 0 ? 0 : left < often ? left : often);
}

static int64_t
until_ms(int ms)
{
	return ms < 0 ? VIRTUAL_NEVER : now_ns() + (int64_t)ms * 1000000;
}

static int64_t
until_ts(const struct timespec *ts)
{
	return ts == NULL ? VIRTUAL_NEVER : now_ns() + to_ns(ts);
}

int
epoll_wait(int fd, struct epoll_event *events, int room, int ms)
{
	int64_t until = until_ms(ms);
	struct timespec look;
	int rc;

	if (ms == 0)
		return real_epoll_wait(fd, events, room, 0);
	wait_begin(until, FOR_DESCRIPTORS);
	do {
		look = look_ns(until);
		rc = real_epoll_wait(fd, events, room, (int)((look.tv_nsec + 999999) / 1000000));
	} while (wait_more(rc, until, FOR_DESCRIPTORS));
	wait_end(0);
	return rc;
}

static int
wait_poll(struct pollfd *fds, nfds_t n, int64_t until, const sigset_t *mask)
{
	struct timespec look;
	int rc;

	wait_begin(until, FOR_DESCRIPTORS);
	do {
		look = look_ns(until);
		rc = real_ppoll(fds, n, &look, mask);
	} while (wait_more(rc, until, FOR_DESCRIPTORS));
	wait_end(0);
	return rc;
}

int
poll(struct pollfd *fds, nfds_t n, int ms)
{
	return wait_poll(fds, n, until_ms(ms), NULL);
}

int
ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	return wait_poll(fds, n, until_ts(timeout), mask);
}

int
pselect(
    int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout, const sigset_t *mask)
{
	fd_set none, *sets[] = {r, w, e}, asked[3];
	int64_t until = until_ts(timeout);
	struct timespec look;
	int rc;

	FD_ZERO(&none);
	for (int i = 0; i < 3; i++)
		asked[i] = sets[i] == NULL ? none : *sets[i];
	wait_begin(until, FOR_DESCRIPTORS);
	do {
		for (int i = 0; i < 3; i++)
			if (sets[i] != NULL)
				*sets[i] = asked[i];
		look = look_ns(until);
		rc = real_pselect(n, r, w, e, &look, mask);
	} while (wait_more(rc, until, FOR_DESCRIPTORS));
	wait_end(0);
	return rc;
}

int
select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
	int64_t until = VIRTUAL_NEVER, left;
	struct timespec ts;
	int rc;

	if (timeout == NULL)
		return pselect(n, r, w, e, NULL, NULL);
	ts = (struct timespec) {.tv_sec = timeout->tv_sec, .tv_nsec = timeout->tv_usec * 1000};
	until = until_ts(&ts);
	rc = pselect(n, r, w, e, &ts, NULL);
	left = until - now_ns();
	left = left < 0 ? 0 : left;
	*timeout = (struct timeval) {.tv_sec = left / SECOND, .tv_usec = left % SECOND / 1000};
	return rc;
}

int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *ts, struct timespec *left)
{
	int64_t until = now_ns() + to_ns(ts);

	if ((flags & TIMER_ABSTIME) != 0)
		until -= clock_ns(clock, reading());
	if (wait_poll(NULL, 0, until, NULL) == 0)
		return 0;
	until -= now_ns();
	if (left != NULL)
		*left = from_ns(until > 0 ? until : 0);
	return errno;
}

int
nanosleep(const struct timespec *ts, struct timespec *left)
{
	errno = clock_nanosleep(CLOCK_MONOTONIC, 0, ts, left);
	return errno == 0 ? 0 : -1;
}

int
usleep(useconds_t us)
{
	struct timespec ts = from_ns((int64_t)us * 1000);

	return nanosleep(&ts, NULL);
}

unsigned
sleep(unsigned seconds)
{
	struct timespec ts = {.tv_sec = seconds}, left = {0};

	return nanosleep(&ts, &left) == 0 ? 0 : (unsigned)left.tv_sec + 1;
}

/* Always by CLOCK_MONOTONIC: a condition does not care by which clock each wait for it is.  When a
 * short wait ends the caller looks for itself: what it waits for may have happened since. */
static int
wait_cond(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until)
{
	struct timespec look = look_ns(until), end;
	int64_t ns = until == VIRTUAL_NEVER ? FAR_NS : to_ns(&look);
	int rc, idle;

	wait_begin(until, FOR_CONDITION);
	end = from_ns(kernel_ns(CLOCK_MONOTONIC) + ns);
	rc = pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &end);
	idle = rc == ETIMEDOUT && wait_more(0, until, FOR_CONDITION);
	wait_end(idle);
	return idle ? 0 : rc;
}

int
pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	return wait_cond(cond, mutex, VIRTUAL_NEVER);
}

/* Its clock is known to the condition only; but CLOCK_MONOTONIC is below 30 years, the other is
 * not. */
int
pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *at)
{
	clockid_t clock = at->tv_sec < 1000000000 ? CLOCK_MONOTONIC : CLOCK_REALTIME;

	return wait_cond(cond, mutex, now_ns() + to_ns(at) - clock_ns(clock, reading()));
}
