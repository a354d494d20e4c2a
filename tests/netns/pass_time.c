/*
 * pass_time FILE SECONDS [MACHINE]: let so much time pass in the lab whose programs have
 * virtual_clock.so and this FILE, made if it is not there.  Whenever all of them have been waiting
 * for GRACE_NS and none of them runs, the clock is set to when the first is to wake.  With MACHINE,
 * whose processes must be stopped, that one has slept meanwhile.
 *
 * PASS_SLACK_MS: timers may ring so much late, that several do at once and a day takes less time.
 *
 * Says how many seconds passed and in how many steps.  If they are at work without a rest for
 * STUCK_NS, it says who is and ends with status 1: somebody goes round in circles.
 */
#include "../virtual_clock.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define GRACE_NS 1000000
#define LOOK_NS 100000
#define STUCK_NS (30 * SECOND)

static struct virtual_clock *shared;
static int sleeper = -1; /* the machine that sleeps */
static unsigned steps;

static int64_t
kernel_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static int64_t
now_ns(void)
{
	return kernel_ns() + atomic_load(&shared->ahead_ns);
}

static void
set_forward(int64_t ns)
{
	atomic_fetch_add(&shared->ahead_ns, ns);
	atomic_fetch_add(&shared->sets, 1);
	steps++;
	for (struct virtual_slot *s = shared->slots; s < shared->slots + VIRTUAL_SLOTS; s++)
		if (atomic_load(&s->tid) != 0 && s->machine != sleeper &&
		    atomic_load(&s->due_ns) <= now_ns()) {
			atomic_store(&s->rung, 1);
			tgkill(s->pid, atomic_load(&s->tid), VIRTUAL_BELL);
		}
}

/* R, S, T ... as in /proc/PID/stat; 0 = there is no such thread any more. */
static char
state(int pid, int tid)
{
	char path[64], text[512];
	const char *name_end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd == -1 ? -1 : read(fd, text, sizeof text - 1);
	if (fd != -1)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	name_end = strrchr(text, ')');
	return name_end == NULL || name_end[2] == 'Z' || name_end[2] == 'X' ? 0 : name_end[2];
}

/* What all are about. */
struct look {
	int works; /* somebody does not wait, or runs */
	uint64_t turns; /* differs if anything has happened in between */
	int64_t first_ns; /* when the first is due */
};

static void
look_at(struct virtual_slot *s, int closely, struct look *l)
{
	int32_t tid = atomic_load(&s->tid);
	int waits;
	char c;

	if (tid == 0 || s->machine == sleeper)
		return;
	waits = atomic_load(&s->waits);
	c = closely || !waits ? state(s->pid, tid) : 'S';
	if (c == 0) {
		atomic_compare_exchange_strong(&s->tid, &tid, 0);
		return;
	}
	if (!waits || c != 'S')
		l->works = 1;
	l->turns += atomic_load(&s->turns);
	if (atomic_load(&s->due_ns) < l->first_ns)
		l->first_ns = atomic_load(&s->due_ns);
}

static struct look
look_around(int closely)
{
	struct look l = {.first_ns = VIRTUAL_NEVER};

	for (struct virtual_slot *s = shared->slots; s < shared->slots + VIRTUAL_SLOTS; s++)
		look_at(s, closely, &l);
	return l;
}

static void
fail_stuck(void)
{
	fprintf(
	    stderr, "time stands still; (process/thread) what it is about, and when it is due\n");
	for (struct virtual_slot *s = shared->slots; s < shared->slots + VIRTUAL_SLOTS; s++)
		if (atomic_load(&s->tid) != 0)
			fprintf(stderr, "%d/%d: %s, state %c, %lld turns, due in %lld ms\n", s->pid,
			    atomic_load(&s->tid), atomic_load(&s->waits) ? "waits" : "works",
			    state(s->pid, atomic_load(&s->tid)), (long long)atomic_load(&s->turns),
			    (long long)(atomic_load(&s->due_ns) - now_ns()) / 1000000);
	exit(1);
}

/* Until all have been waiting for a while. */
static struct look
until_idle(int64_t end)
{
	struct look l = look_around(0);
	int64_t begun_ns = kernel_ns(), changed_ns = begun_ns;
	uint64_t turns = l.turns;

	while (now_ns() < end) {
		usleep(LOOK_NS / 1000);
		l = look_around(0);
		if (l.turns != turns)
			changed_ns = kernel_ns();
		turns = l.turns;
		if (kernel_ns() - begun_ns > STUCK_NS)
			fail_stuck();
		if (kernel_ns() - changed_ns < GRACE_NS)
			continue;
		l = look_around(1);
		if (!l.works && l.turns == turns)
			break;
	}
	return l;
}

static void
pass(int64_t ns)
{
	const char *slack_ms = getenv("PASS_SLACK_MS");
	int64_t slack = slack_ms == NULL ? 0 : atoll(slack_ms) * 1000000;
	int64_t begin = now_ns(), end = begin + ns, first;

	atomic_fetch_add(&shared->passes, 1);
	while (now_ns() < end) {
		first = until_idle(end).first_ns;
		first = first < end - slack ? first + slack : end;
		if (first > now_ns())
			set_forward(first - now_ns());
	}
	atomic_fetch_sub(&shared->passes, 1);
	if (sleeper != -1) {
		atomic_fetch_add(&shared->slept_ns[sleeper], now_ns() - begin);
		atomic_fetch_add(&shared->sets, 1);
	}
	printf("%.3f s in %u steps\n", (double)(now_ns() - begin) / SECOND, steps);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc < 3 || argc > 4)
		errx(2, "usage: pass_time FILE SECONDS [MACHINE]");
	if ((fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0666)) == -1 ||
	    ftruncate(fd, sizeof *shared) == -1)
		err(1, "%s", argv[1]);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		err(1, "%s", argv[1]);
	if (argc == 4)
		sleeper = atoi(argv[3]);
	pass((int64_t)(atof(argv[2]) * SECOND));
	return 0;
}
