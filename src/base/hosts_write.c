#include "base/addr.h"
#include "base/file.h"
#include "base/hosts.h"

#include <stdio.h>
#include <stdlib.h>

static const char heading[] = "# Written by autotunneld for libnss_autotunnel.  Do not edit.\n";

int
hosts_write(const char *path, const struct hosts_entry *e, size_t n)
{
	char addr[ADDR_TEXT_MAX], *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int rc = -1;

	if (out == NULL)
		return -1;
	fputs(heading, out);
	for (; n > 0; n--, e++)
		fprintf(out, "%s %s %s\n", ip6_text(e->ula, addr), e->name, e->short_name);
	if (fclose(out) == 0)
		rc = file_write_atomic(path, text, len, 0644);
	free(text);
	return rc;
}
