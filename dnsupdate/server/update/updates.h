/*
 * Updates that wait for the batch.
 *
 * An update is queued as it arrived, its signature checked.  updates_run then carries all of them
 * out in order, commits once, and answers: nobody hears "done" before it is on the disk.  The same
 * signed bytes again get the same answer again and are not carried out twice.
 */
#ifndef DNSUPDATE_SERVER_UPDATE_UPDATES_H
#define DNSUPDATE_SERVER_UPDATE_UPDATES_H

#include "dnsupdate/server/request.h"

struct updates;

struct updates *updates_new(void);
void updates_free(struct updates *u);

/* Queue it (copied).  Always REQUEST_PENDING: the answer goes through s->send. */
enum request_result updates_add(struct server *s, struct request *r);
size_t updates_waiting(const struct updates *u);
void updates_run(struct server *s, uint64_t now_sec);

#endif
