#include "cli/table.h"

#include <string.h>

#define GAP 2
#define PAINTED 1 /* the column that tells the state */

static size_t
last_used(const struct table_row *row)
{
	size_t last = TABLE_COLUMNS - 1;

	while (last > 0 && row->cell[last][0] == '\0')
		last--;
	return last;
}

/* No blanks at the end of a line. */
static void
print_row(FILE *out, const struct table_row *row, const int width[TABLE_COLUMNS], int colour)
{
	size_t last = last_used(row);

	for (size_t i = 0; i <= last; i++) {
		int pad = i == last ? 0 : width[i] + GAP - (int)strlen(row->cell[i]);

		if (colour && i == PAINTED && row->paint != NULL)
			fprintf(out, "\033[%sm%s\033[0m%*s", row->paint, row->cell[i], pad, "");
		else
			fprintf(out, "%s%*s", row->cell[i], pad, "");
	}
	fputc('\n', out);
}

static void
widen(int width[TABLE_COLUMNS], const struct table_row *row)
{
	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		if ((int)strlen(row->cell[i]) > width[i])
			width[i] = (int)strlen(row->cell[i]);
}

void
table_print(FILE *out, const char *const headings[TABLE_COLUMNS], size_t n, int colour,
    void (*fill)(const void *ctx, size_t row, struct table_row *out), const void *ctx)
{
	struct table_row head = {0}, row;
	int width[TABLE_COLUMNS] = {0};

	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		snprintf(head.cell[i], TABLE_CELL_MAX, "%s", headings[i]);
	widen(width, &head);
	for (size_t i = 0; i < n; i++) {
		memset(&row, 0, sizeof row);
		fill(ctx, i, &row);
		widen(width, &row);
	}
	print_row(out, &head, width, 0);
	for (size_t i = 0; i < n; i++) {
		memset(&row, 0, sizeof row);
		fill(ctx, i, &row);
		print_row(out, &row, width, colour);
	}
}
