/*
 * Enrolling: telling the account's name server that this machine exists, with the account's key.
 * The machine is put on the roster, and one record is added (_autotunnel._udp.DOMAIN PTR
 * _autotunnel._udp.HOST); all others are the daemon's to write, with the device's own key.
 * Enrolling again is harmless.
 */
#ifndef CLI_ENROL_H
#define CLI_ENROL_H

#include "cli/talk.h"
#include "identity/account.h"
#include "identity/roster.h"

struct enrol {
	const struct identity *id;
	struct account *account; /* its CA signs the roster */
	const struct tsig_key *key; /* to enrol with: never the device's own */
	uint8_t servers;
	struct endpoint server[MSG_SERVERS_MAX];
	const struct roster *held; /* what this machine has seen of the roster, or NULL */
	int replace; /* whatever the zone holds already is no objection */
	int fresh; /* the account is new: nor is the roster of another one */
	int known; /* this machine has been enrolled: records at its name may be its own */
	int foreign_key; /* key does not come from the phrase, so it does not prove the phrase */
	int server_took_key; /* out, when enrolled: the machine's TSIG key was given to the server
			      */
	unsigned generation; /* out, when enrolled: of this machine's TSIG key */
};

/* Fill e->server: those of e->id, else those the DNS names for its domain.  An exit status, with a
 * sentence on stderr when there are none. */
int enrol_find_servers(struct enrol *e);

/* Try each name server once.  why is a sentence unless the result is TALK_DONE. */
enum talk_result enrol_try(struct enrol *e, char why[MSG_TEXT_MAX]);

/* The same, again and again while the result is TALK_LATER, TALK_NO_KEY or (if patient)
 * TALK_WRONG_SECRET and wait_sec have not passed; progress goes to stderr. */
enum talk_result enrol_wait(
    struct enrol *e, unsigned long wait_sec, int patient, char why[MSG_TEXT_MAX]);

/* Say on stdout who this machine is and whether it is enrolled, and on stderr what is left to do;
 * new_account != 0 when the name server cannot know its keys yet.  Returns EXIT_OK: a machine that
 * is not enrolled yet is no error. */
int enrol_report(
    const struct identity *id, enum talk_result result, const char *why, int new_account);

#endif
