/* "Did you mean ...?" */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

/* How many letters must be inserted, removed, replaced or swapped with their neighbour to make a
 * out of b; words longer than 31 letters count as wholly different. */
unsigned suggest_distance(const char *a, const char *b);

#endif
