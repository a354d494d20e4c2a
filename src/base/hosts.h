/*
 * The peers' names and addresses as the manager leaves them for libnss_autotunnel: a text file,
 * one machine a line,
 *
 *	ULA FULL-NAME SHORT-NAME
 *
 * single spaces between the fields, "#" starts a comment line.  It is replaced atomically, so a
 * reader sees either the old machines or the new ones.  A line that breaks the format is no
 * machine, and the others still count.
 */
#ifndef BASE_HOSTS_H
#define BASE_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#ifndef HOSTS_PATH
#define HOSTS_PATH RUNDIR "/hosts"
#endif

#define HOSTS_NAME_MAX 256 /* with NUL */
#define HOSTS_LINE_MAX (46 + 2 * HOSTS_NAME_MAX)

struct hosts_entry {
	uint8_t ula[16];
	char name[HOSTS_NAME_MAX]; /* full, without final dot */
	char short_name[HOSTS_NAME_MAX]; /* within the account's domain */
};

/* Read one line of len bytes, without its newline.  0, or -1 when it names no machine. */
int hosts_parse_line(const char *line, size_t len, struct hosts_entry *out);

/* Does this name mean that machine?  Full or short; ASCII case does not matter; a name with a
 * final dot is a full name. */
int hosts_match(const struct hosts_entry *e, const char *name);

/* Replace the file at path, readable by everybody.  0, or -1 with errno (the old file stays). */
int hosts_write(const char *path, const struct hosts_entry *e, size_t n);

#endif
