/* Numbers as people read them. */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include <stdint.h>

#define FORMAT_MAX 24

/* "0s", "59s", "12m", "3h 12m", "2d 4h", "400d": two units at most, never rounded up. */
const char *format_age(uint64_t sec, char out[FORMAT_MAX]);

/* "0", "999", "1.2K", "80M", "1.5G": powers of 1024, two or three digits. */
const char *format_bytes(uint64_t n, char out[FORMAT_MAX]);

/* "0.42 ms", "11.2 ms", "1530 ms" */
const char *format_ms(uint64_t microseconds, char out[FORMAT_MAX]);

/* Seconds from `then` to `now`, both in milliseconds; 0 when then lies ahead. */
uint64_t format_seconds_since(uint64_t now_ms, uint64_t then_ms);

#endif
