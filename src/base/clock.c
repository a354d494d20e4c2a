#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

uint64_t
clock_boot_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
clock_boot_ms(void)
{
	return clock_boot_us() / 1000;
}

uint64_t
clock_wall_sec(void)
{
	return (uint64_t)time(NULL);
}

uint32_t
clock_jitter(uint32_t range)
{
	return range == 0 ? 0 : arc4random_uniform(range);
}
