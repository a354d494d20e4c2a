/*
 * The account file of the state directory: which domain, which name in it, which name servers.
 *
 *	domain = alice.example.com
 *	name = nas.alice.example.com
 *	server = 192.0.2.53:53		(none to four lines; none: found through DNS)
 *	pin = BASE64			(none to four lines: the servers' TLS keys)
 */
#ifndef IDENTITY_ACCOUNT_FILE_H
#define IDENTITY_ACCOUNT_FILE_H

#include "identity/identity.h"

#define ACCOUNT_FILE_SIZE 2048
#define ACCOUNT_DOMAIN_MAX 64 /* characters: it is the common name of the CA certificate */
#define DNS_PORT 53

/* Is this fit to be an account's domain?  Lower case, letters, digits, hyphens and dots. */
int account_domain_valid(const char *domain);
/* Is name one label under domain, and none that the account's own key uses? */
int account_name_valid(const char *name, const char *domain);

/* Read len octets into id's domain, name, servers and server.  0; -1 with a sentence in why. */
int account_file_parse(const char *text, size_t len, struct identity *id, char why[MSG_TEXT_MAX]);

/* The same as text.  Returns its length. */
size_t account_file_print(const struct identity *id, char out[ACCOUNT_FILE_SIZE]);

#endif
