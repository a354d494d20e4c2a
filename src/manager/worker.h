/*
 * One worker process as the manager sees it: started, spoken to, restarted with back-off (1 s
 * doubling to 60 s; from 1 s again after a minute of health), killed when it breaks the protocol.
 */
#ifndef MANAGER_WORKER_H
#define MANAGER_WORKER_H

#include "manager/manager.h"

struct worker;

/* Make and start it.  user may be NULL. */
struct worker *worker_new(
    struct manager *m, enum msg_role role, const char *user, int keep_net_admin);

/* Ready = it said HELLO. */
int worker_ready(const struct worker *w);

/* 0; -1 when the channel is full (it will call worker_flush when there is room) or gone. */
int worker_send(struct worker *w, const union msg *msg, int fd);

/* Send what is dirty. */
void worker_flush(struct worker *w);

/* A child died: 1 when it was this one. */
int worker_reaped(struct worker *w, pid_t pid, int status);

/* Ask it to leave; it is not restarted any more. */
void worker_stop(struct worker *w);
int worker_gone(const struct worker *w);
void worker_kill(struct worker *w);
void worker_free(struct worker *w);

void worker_info(const struct worker *w, struct msg_worker_info *out);
void worker_set_log_level(struct worker *w, int level);

#endif
