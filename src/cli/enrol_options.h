/* What `init` and `join` are called with. */
#ifndef CLI_ENROL_OPTIONS_H
#define CLI_ENROL_OPTIONS_H

#include "cli/dnsd_setup.h"
#include "identity/identity.h"
#include "identity/invite.h"

struct enrol_options {
	char domain[MSG_NAME_MAX];
	char name[MSG_NAME_MAX]; /* full; empty = not said */
	uint8_t servers; /* said with --server; what was found goes to the enrolment only */
	struct endpoint server[MSG_SERVERS_MAX];
	const char *key_file; /* NULL = none */
	unsigned long wait_sec;
	int replace; /* join only */
	struct dnsd_setup dnsd; /* init only; addresses NULL = not wanted */
	char code[INVITE_TEXT_MAX]; /* join only: instead of the domain; empty = none */
	const char *state_dir;

	/* of key_file, by enrol_keys() */
	struct tsig_key device_key; /* named like the host; secret_len 0 = none */
	struct tsig_key zone_key; /* any other one */
};

/* Read the arguments of this verb; "init" has --domain, "join" a DOMAIN or code, "repair" may have
 * --domain, and a name that is not complete yet.  Says what is wrong on
 * stderr.  An exit status, EXIT_OK to go on. */
int enrol_options_parse(struct enrol_options *o, int argc, char **argv);

/* "ADDR[,ADDR...]" of --server, which may be repeated; 0, or -1 with a sentence on stderr. */
int enrol_add_servers(const char *list, uint8_t *servers, struct endpoint server[MSG_SERVERS_MAX]);

/* The host's own name under the domain; 0, or -1 with a sentence on stderr. */
int enrol_default_name(struct enrol_options *o);

/* Make o->name, which was said, a full one; 0, or -1 with a sentence on stderr. */
int enrol_complete_name(struct enrol_options *o);

/* Read key_file, now that the name is known.  An exit status. */
int enrol_keys(struct enrol_options *o);

void enrol_options_wipe(struct enrol_options *o);

#endif
