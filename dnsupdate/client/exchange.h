/*
 * One signed question or update, and its believed answer.  Signs with our key, matches answers by
 * ID, question and TSIG, and says what came of it as one outcome.
 */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include "dnsupdate/client/outcome.h"
#include "dnsupdate/client/transport.h"
#include "dnsupdate/wire/update.h"

#define EXCHANGE_ROOM 4096 /* for a request with its signature */

struct exchange_result {
	enum outcome outcome;
	const struct message *m; /* the verified answer; NULL unless OUTCOME_OK; gone afterwards */
	int64_t skew_sec; /* our clock minus the server's, where it said so; else 0 */
};

struct exchange_handler {
	void (*done)(void *ctx, uint32_t ticket, const struct exchange_result *result);
	void *ctx;
};

/* Ask q, signed by key (borrowed until done).  0, or -1 when there is no address to send it to. */
int exchange_ask(struct transport *t, const struct tsig_signer *key, const struct question *q,
    const struct exchange_handler *h, uint32_t ticket);
/* Send a finished update whose room is of EXCHANGE_ROOM octets.  0, or -1 as above or when it has
 * no room for the signature. */
int exchange_update(struct transport *t, const struct tsig_signer *key, struct update *u,
    const struct exchange_handler *h, uint32_t ticket);
/* An unpredictable message ID. */
uint16_t exchange_id(void);

#endif
