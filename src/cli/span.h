/* Spans of time as people write them. */
#ifndef CLI_SPAN_H
#define CLI_SPAN_H

#include <stdint.h>

/* "90", "90s", "30m", "8h", "2d", from min to max seconds.  0, or -1 with *sec untouched. */
int span_parse(const char *text, uint32_t min, uint32_t max, uint32_t *sec);

#endif
