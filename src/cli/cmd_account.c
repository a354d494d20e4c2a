#include "cli/account_verbs.h"
#include "cli/cmd.h"

#include <string.h>

/* autotunnel account: a table of verbs under it. */

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
    {"admin", account_admin},
    {"new-phrase", account_new_phrase},
};

int
cmd_account(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	return cmd_usage("account");
}
