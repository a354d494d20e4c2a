/*
 * The verbs under "account", which concern the account as a whole: one file each.  argv[0] is the
 * verb's own name; an exit status is returned, and usage is that of "account" (cmd_usage).
 */
#ifndef CLI_ACCOUNT_VERBS_H
#define CLI_ACCOUNT_VERBS_H

int account_admin(int argc, char **argv);
int account_new_phrase(int argc, char **argv);

#endif
