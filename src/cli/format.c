#include "cli/format.h"

#include <inttypes.h>
#include <stdio.h>

#define MINUTE 60u
#define HOUR 3600u
#define DAY 86400u

const char *
format_age(uint64_t sec, char out[FORMAT_MAX])
{
	if (sec < MINUTE)
		snprintf(out, FORMAT_MAX, "%" PRIu64 "s", sec);
	else if (sec < HOUR)
		snprintf(out, FORMAT_MAX, "%" PRIu64 "m", sec / MINUTE);
	else if (sec < DAY)
		snprintf(
		    out, FORMAT_MAX, "%" PRIu64 "h %" PRIu64 "m", sec / HOUR, sec % HOUR / MINUTE);
	else if (sec < 100 * DAY)
		snprintf(out, FORMAT_MAX, "%" PRIu64 "d %" PRIu64 "h", sec / DAY, sec % DAY / HOUR);
	else
		snprintf(out, FORMAT_MAX, "%" PRIu64 "d", sec / DAY);
	return out;
}

const char *
format_bytes(uint64_t n, char out[FORMAT_MAX])
{
	static const char units[] = "KMGTPE";
	uint64_t tenths;
	size_t unit = 0;

	if (n < 1000) {
		snprintf(out, FORMAT_MAX, "%" PRIu64, n);
		return out;
	}
	/* 1000K would be wider than 0.98M; whatever rounds up to 1000 moves on, too. */
	while (n / 1024 >= 1000 || (n / 1024 == 999 && n % 1024 >= 512)) {
		n /= 1024;
		unit++;
	}
	tenths = (n * 10 + 512) / 1024;
	if (tenths < 100)
		snprintf(out, FORMAT_MAX, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10,
		    units[unit]);
	else
		snprintf(out, FORMAT_MAX, "%" PRIu64 "%c", (n + 512) / 1024, units[unit]);
	return out;
}

const char *
format_ms(uint64_t microseconds, char out[FORMAT_MAX])
{
	double ms = (double)microseconds / 1000;

	snprintf(out, FORMAT_MAX, "%.*f ms", ms < 1 ? 2 : ms < 100 ? 1 : 0, ms);
	return out;
}

uint64_t
format_seconds_since(uint64_t now_ms, uint64_t then_ms)
{
	return now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
}
