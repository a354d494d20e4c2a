/* Columns as wide as what stands in them. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 6
#define TABLE_CELL_MAX 344

struct table_row {
	char cell[TABLE_COLUMNS][TABLE_CELL_MAX];
	const char
	    *paint; /* how a terminal shows the second column, as in ESC [ paint m; or NULL */
};

/* Print the headings and n rows.  fill is asked for each row twice and must answer the same. */
void table_print(FILE *out, const char *const headings[TABLE_COLUMNS], size_t n, int colour,
    void (*fill)(const void *ctx, size_t row, struct table_row *out), const void *ctx);

#endif
