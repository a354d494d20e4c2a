/*
 * Stands in for libFuzzer: runs a fuzz target over every file of its corpus, so that the targets
 * are part of every test run.  Fails when the corpus is missing or empty.
 */
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1 << 20)

static int
replay(const char *path)
{
	uint8_t *room = malloc(INPUT_MAX), *exact;
	ssize_t n = file_read(path, room, INPUT_MAX);

	if (n == -1) {
		perror(path);
		exit(1);
	}
	/* A buffer of the very size, so that a sanitizer sees each overrun. */
	exact = malloc((size_t)n + (n == 0));
	memcpy(exact, room, (size_t)n);
	LLVMFuzzerTestOneInput(exact, (size_t)n);
	free(exact);
	free(room);
	return 1;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = basename(argv[0]);
	char path[PATH_MAX];
	struct dirent *entry;
	int files = 0;
	DIR *dir;

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(path, sizeof path, "%s/tests/corpus/%s", top == NULL ? "." : top, name);
	if (argc > 1)
		snprintf(path, sizeof path, "%s", argv[1]);
	dir = opendir(path);
	if (dir == NULL) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		char file[PATH_MAX + 300];

		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			files += replay(file);
	}
	closedir(dir);
	printf("%s: %d inputs\n", name, files);
	return files > 0 ? 0 : 1;
}
