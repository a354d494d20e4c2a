/* Other programs. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stddef.h>

#define RUN_NOT_FOUND 127 /* as the shell says it */

/* Run a program, found as the shell would or in the directories of administrators, and wait for its
 * end.  It reads in (-1 = our own input); the first line of what it prints goes to line, or, if
 * that is NULL, all to our standard error.  Its exit status, RUN_NOT_FOUND, or -1: it could not be
 * run, or was killed. */
int run_program(const char *const argv[], int in, char *line, size_t size);

#endif
