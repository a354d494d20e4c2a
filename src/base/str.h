/* Small string helpers that glibc lacks. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stddef.h>

/* Copy with termination; 0, or -1 when it did not fit (out then holds the shortened text). */
int str_copy(char *out, size_t size, const char *text);

/* Is this a host or domain name of letters, digits and hyphens (underscore too when
 * underscore != 0), labels of 1..63, 253 in all, no final dot? */
int str_is_hostname(const char *name, int underscore);

/* Lower-case ASCII in place. */
void str_lower(char *text);

/* Does name equal domain or end in "."domain?  ASCII case does not matter. */
int str_in_domain(const char *name, const char *domain);

/* Parse a decimal number within [min, max]; -1 when it is none. */
int str_number(const char *text, unsigned long min, unsigned long max, unsigned long *out);

/* Configuration files: take white space from both ends, in place; and end the line where a comment
 * begins, with a "#" at its start or after white space. */
char *str_trim(char *text);
void str_cut_comment(char *line);

#endif
