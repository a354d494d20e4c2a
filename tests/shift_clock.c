/*
 * A wall clock that is SHIFT_CLOCK seconds off, for a program that is not asked (LD_PRELOAD); its
 * other clocks go on as they do.  By plain system calls: libfaketime calls malloc on the way, and
 * BIND's malloc asks for the time.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift;

static __attribute__((constructor)) void
read_shift(void)
{
	const char *text = getenv("SHIFT_CLOCK");

	shift = text == NULL ? 0 : strtol(text, NULL, 10);
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, out);

	if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		out->tv_sec += shift;
	return rc;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) == -1)
		return -1;
	*out = (struct timeval) {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) == -1)
		return -1;
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}
