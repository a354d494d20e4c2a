#include "cli/cmd.h"
#include "cli/new_phrase.h"

#include <stddef.h>
#include <string.h>

/*
 * autotunnel account: what concerns the account's secret itself.
 */

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
    {"new-phrase", account_new_phrase},
};

int
cmd_account(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	return cmd_usage(argv[0]);
}
