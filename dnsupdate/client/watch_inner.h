/* What watch.c and watch_answer.c share: nobody else includes this. */
#ifndef CLIENT_WATCH_INNER_H
#define CLIENT_WATCH_INNER_H

#include "dnsupdate/client/watch.h"

#define SMALL_ACCOUNT 16
/* While changes are told to us the server is asked about a machine at least so often. */
#define VERIFY_MS (6 * 3600000)
#define VERIFY_SMALL_MS 3600000

struct watch {
	uint32_t (*jitter)(uint32_t range);
	struct name domain, list;
	char host[MSG_NAME_MAX];
	struct name zone; /* len 0 = unknown */
	uint32_t ticket; /* last given */
	uint32_t soa_ticket, list_ticket; /* out; 0 = not */
	uint32_t serial; /* seen */
	uint32_t read_serial; /* at the start of the last complete reading */
	uint32_t readings, surprises;
	int has_read; /* read_serial counts */
	int down; /* only the SOA is asked for until it answers */
	int whole; /* all machines are being read */
	int want_list; /* the list is to be read */
	int hinted; /* since the last look */
	int refollow; /* the list's name has not been told */
	int skipped; /* a machine was missed since the last reading of all began */
	int silent; /* machines unanswered in a row */
	enum outcome outcome;
	uint64_t heard_ms, asked_ms, look_ms;
	struct pace pace;
	struct gate list_gate;
	struct machines machines;
	struct readers readers;
};

/* Give up all questions that are out. */
void watch_abandon(struct watch *w);
/* The next look after one that went so. */
void watch_rest(struct watch *w, enum pace_look look, uint64_t now);
/* ... or at this time if that is sooner. */
void watch_look_within(struct watch *w, uint64_t at);

#endif
