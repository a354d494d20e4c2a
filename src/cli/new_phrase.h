/* autotunnel account new-phrase (cmd_account.c). */
#ifndef CLI_NEW_PHRASE_H
#define CLI_NEW_PHRASE_H

/* As a verb's function, argv[0] being "new-phrase". */
int account_new_phrase(int argc, char **argv);

#endif
