/* Log lines that strangers can bring about: some a second, the others are counted. */
#ifndef DNSUPDATE_SERVER_COMPLAIN_H
#define DNSUPDATE_SERVER_COMPLAIN_H

#include "dnsupdate/server/request.h"

struct complaints {
	uint64_t until_ms; /* as in rrl.c */
	uint64_t left_out;
};

/* At notice: what, the zone, the key and the client of r. */
void complain(struct complaints *c, const struct request *r, const char *what);

#define REQUEST_TEXT_MAX 700
/* "alice.example.com: key nas.alice.example.com, 192.0.2.1:1234": what every log line about a
 * request begins with.  Returns out. */
const char *request_text(const struct request *r, char out[REQUEST_TEXT_MAX]);

#endif
