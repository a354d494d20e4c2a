/*
 * A JSON writer: one value on one line, into a FILE.  Commas and escapes are its business, the
 * nesting is the caller's.  Inside an array the key is NULL.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	int follows; /* a value stands before the next one in this object or array */
};

/* Open the outermost object; and close it, with a newline. */
struct json json_begin(FILE *out);
void json_finish(struct json *j);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

/* Our texts are ASCII; any other byte comes out as U+FFFD, so that the line is valid in any case.
 * NULL gives null. */
void json_text(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, uint64_t number);
/* Thousandths: 11234 -> 11.234 */
void json_milli(struct json *j, const char *key, uint64_t thousandths);
void json_bool(struct json *j, const char *key, int value);

#endif
