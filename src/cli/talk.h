/*
 * Talking to one of the account's name servers with one key, blocking: what `init`, `join` and the
 * verbs that change the roster have in common, and the sentences for what can go wrong.
 */
#ifndef CLI_TALK_H
#define CLI_TALK_H

#include "cli/exchange.h"
#include "dnsupdate/wire/update.h"

enum talk_result {
	TALK_DONE,
	TALK_LATER, /* not now; why says what is missing */
	TALK_NO_KEY, /* the same: the server does not know our key */
	TALK_WRONG_SECRET, /* the server knows our key, with another secret */
	TALK_CONFLICT, /* what the update demanded is not so (any more) */
	TALK_TAKEN, /* another machine has this name */
	TALK_OTHER_ACCOUNT, /* the zone's machines are of another account */
	TALK_GONE, /* what was to be changed is not there, or never comes back */
};

struct talk {
	const struct tsig_key *key;
	const struct endpoint *server;
	struct name domain; /* the account's */
	struct name zone; /* that, or what it is a part of; talk_find_zone fills it */
	struct exchange_reply *reply; /* the last one */
	char *why; /* MSG_TEXT_MAX; a sentence unless the last result is TALK_DONE */
};

/* key and why are borrowed.  domain must be a name.  Ends the program when there is no memory. */
void talk_begin(struct talk *t, const char *domain, const struct tsig_key *key, char *why);
void talk_end(struct talk *t);

/* Put "SERVER what" into why; returns TALK_LATER. */
enum talk_result talk_later(struct talk *t, const char *what);
/* Put the sentence into why; returns r. */
enum talk_result talk_fail(struct talk *t, enum talk_result r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Ask a question; TALK_DONE when it is answered, whatever the rcode. */
enum talk_result talk_ask(struct talk *t, const struct question *q);

/* An update names the zone (RFC 2136 section 3.1.1), and the domain may be a part of a larger one.
 * Where the server does not say, the domain counts; its answer to the update will tell. */
enum talk_result talk_find_zone(struct talk *t);

/* Begin an update of the zone in room; finish and send it. */
void talk_update_begin(struct talk *t, struct update *u, void *room, size_t size);
enum talk_result talk_update(struct talk *t, struct update *u);
/* The same with the data of an OPT record. */
enum talk_result talk_update_options(
    struct talk *t, struct update *u, const void *options, size_t len);

/* Is it worth asking again later, or asking another server?  patient != 0: also when it knows our
 * key with another secret. */
int talk_may_change(enum talk_result r, int patient);

#endif
