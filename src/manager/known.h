/*
 * What is remembered of the name server on disk (state-dir/server): where it answered, and whether
 * it has ever spoken TLS with us, so that a resolver that lies cannot cut an enrolled machine off,
 * nor anybody talk it out of TLS.  Four kinds of line:
 *
 *   domain alice.example.com     first; another domain's file counts for nothing
 *   tls-seen
 *   tls 192.0.2.53:853           best first
 *   plain 192.0.2.53:53
 */
#ifndef MANAGER_KNOWN_H
#define MANAGER_KNOWN_H

#include "base/msg.h"

#define KNOWN_TEXT_MAX 1024

struct known {
	uint8_t tls_seen;
	uint8_t count;
	struct dns_server server[MSG_KNOWN_MAX];
};

/* Read text; 0, or -1 when it is not exactly what known_print writes for this domain (out is then
 * all zero). */
int known_parse(const char *text, const char *domain, struct known *out);
/* Returns the length. */
int known_print(const struct known *k, const char *domain, char out[KNOWN_TEXT_MAX]);

/* Nothing known when there is no such file or it is broken (logged). */
void known_load(const char *statedir, const char *domain, struct known *out);
/* 0, or -1 with errno. */
int known_save(const char *statedir, const char *domain, const struct known *k);

#endif
