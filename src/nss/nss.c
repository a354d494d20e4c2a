/*
 * libnss_autotunnel.so.2: the machines of the account by name, in every program that asks glibc.
 *
 *	/etc/nsswitch.conf:  hosts: files autotunnel dns
 *
 * The manager keeps one small text file of names and addresses (base/hosts.h); this module opens
 * it at each question, so that it holds no state, takes no lock and works in any thread of any
 * program.  No server is asked: a name is answered in microseconds, also with the network down,
 * and resolv.conf is left alone.
 *
 * What glibc is told, so that the next service of nsswitch.conf is asked when it should be:
 *
 *	SUCCESS   a machine of ours
 *	NOTFOUND  any other name or address; also ours when only IPv4 is asked for
 *	UNAVAIL   no file: the daemon does not run
 *	TRYAGAIN  with errno ERANGE: the buffer is too small; glibc comes with a larger one
 *
 * All results, the strings too, go into the buffer the caller gave.  glibc knows the functions by
 * their names; they are the only symbols the object shows (nss.map).
 */
#include "nss/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <stdalign.h>
#include <string.h>

NSS_DECLARE_MODULE_FUNCTIONS(autotunnel)

/* The caller's buffer, handed out piece by piece. */
struct space {
	char *pos;
	size_t left;
};

/* len bytes at this alignment (a power of two); NULL when there is not so much room. */
static void *
take(struct space *s, size_t len, size_t align)
{
	size_t skip = (size_t)(-(uintptr_t)s->pos & (align - 1));
	char *p = s->pos + skip;

	if (s->left < skip || s->left - skip < len)
		return NULL;
	s->pos = p + len;
	s->left -= skip + len;
	return p;
}

static char *
take_text(struct space *s, const char *text)
{
	size_t size = strlen(text) + 1;
	char *p = take(s, size, 1);

	return p == NULL ? NULL : memcpy(p, text, size);
}

static enum nss_status
too_small(int *errnop, int *h_errnop)
{
	*errnop = ERANGE;
	*h_errnop = NETDB_INTERNAL;
	return NSS_STATUS_TRYAGAIN;
}

static enum nss_status
not_found(enum lookup_result result, int *errnop, int *h_errnop)
{
	/* NETDB_INTERNAL would make getaddrinfo give up with EAI_SYSTEM. */
	*errnop = ENOENT;
	*h_errnop = result == LOOKUP_NO_FILE ? NO_RECOVERY : HOST_NOT_FOUND;
	return result == LOOKUP_NO_FILE ? NSS_STATUS_UNAVAIL : NSS_STATUS_NOTFOUND;
}

/* The machine has no address of the family that was asked for. */
static enum nss_status
no_address(int *errnop, int *h_errnop)
{
	*errnop = ENOENT;
	*h_errnop = NO_DATA;
	return NSS_STATUS_NOTFOUND;
}

/* Name, one alias (the short name), one address. */
static enum nss_status
fill_hostent(const struct hosts_entry *e, struct hostent *host, char *buffer, size_t buflen,
    int *errnop, int *h_errnop)
{
	struct space s = {buffer, buflen};
	char **aliases = take(&s, 2 * sizeof *aliases, alignof(char *));
	char **addrs = take(&s, 2 * sizeof *addrs, alignof(char *));
	char *addr = take(&s, 16, alignof(struct in6_addr));
	char *name = take_text(&s, e->name), *alias = take_text(&s, e->short_name);

	if (aliases == NULL || addrs == NULL || addr == NULL || name == NULL || alias == NULL)
		return too_small(errnop, h_errnop);
	memcpy(addr, e->ula, 16);
	aliases[0] = alias;
	aliases[1] = NULL;
	addrs[0] = addr;
	addrs[1] = NULL;
	*host = (struct hostent) {.h_name = name,
	    .h_aliases = aliases,
	    .h_addrtype = AF_INET6,
	    .h_length = 16,
	    .h_addr_list = addrs};
	*h_errnop = NETDB_SUCCESS;
	return NSS_STATUS_SUCCESS;
}

enum nss_status
_nss_autotunnel_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat, char *buffer,
    size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp)
{
	struct space s = {buffer, buflen};
	struct gaih_addrtuple *tuple = *pat;
	struct hosts_entry e;
	enum lookup_result result = lookup_name(HOSTS_PATH, name, &e);
	char *canonical;

	if (result != LOOKUP_FOUND)
		return not_found(result, errnop, h_errnop);
	if (tuple == NULL)
		tuple = take(&s, sizeof *tuple, alignof(struct gaih_addrtuple));
	canonical = take_text(&s, e.name);
	if (tuple == NULL || canonical == NULL)
		return too_small(errnop, h_errnop);
	*tuple = (struct gaih_addrtuple) {.name = canonical, .family = AF_INET6};
	memcpy(tuple->addr, e.ula, 16);
	*pat = tuple;
	if (ttlp != NULL)
		*ttlp = 0;
	*h_errnop = NETDB_SUCCESS;
	return NSS_STATUS_SUCCESS;
}

enum nss_status
_nss_autotunnel_gethostbyname3_r(const char *name, int af, struct hostent *host, char *buffer,
    size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp, char **canonp)
{
	struct hosts_entry e;
	enum lookup_result result = lookup_name(HOSTS_PATH, name, &e);
	enum nss_status status;

	if (result != LOOKUP_FOUND)
		return not_found(result, errnop, h_errnop);
	if (af != AF_INET6 && af != AF_UNSPEC)
		return no_address(errnop, h_errnop);
	status = fill_hostent(&e, host, buffer, buflen, errnop, h_errnop);
	if (status == NSS_STATUS_SUCCESS && ttlp != NULL)
		*ttlp = 0;
	if (status == NSS_STATUS_SUCCESS && canonp != NULL)
		*canonp = host->h_name;
	return status;
}

enum nss_status
_nss_autotunnel_gethostbyname2_r(const char *name, int af, struct hostent *host, char *buffer,
    size_t buflen, int *errnop, int *h_errnop)
{
	return _nss_autotunnel_gethostbyname3_r(
	    name, af, host, buffer, buflen, errnop, h_errnop, NULL, NULL);
}

/* gethostbyname(3) means IPv4, of which we have none. */
enum nss_status
_nss_autotunnel_gethostbyname_r(
    const char *name, struct hostent *host, char *buffer, size_t buflen, int *errnop, int *h_errnop)
{
	return _nss_autotunnel_gethostbyname3_r(
	    name, AF_INET, host, buffer, buflen, errnop, h_errnop, NULL, NULL);
}

enum nss_status
_nss_autotunnel_gethostbyaddr2_r(const void *addr, socklen_t len, int af, struct hostent *host,
    char *buffer, size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp)
{
	struct hosts_entry e;
	enum lookup_result result;
	enum nss_status status;

	/* Only unique local addresses can be ours: spare the others the file. */
	if (af != AF_INET6 || len != 16 || (*(const uint8_t *)addr & 0xfe) != 0xfc)
		return not_found(LOOKUP_NONE, errnop, h_errnop);
	result = lookup_addr(HOSTS_PATH, addr, &e);
	if (result != LOOKUP_FOUND)
		return not_found(result, errnop, h_errnop);
	status = fill_hostent(&e, host, buffer, buflen, errnop, h_errnop);
	if (status == NSS_STATUS_SUCCESS && ttlp != NULL)
		*ttlp = 0;
	return status;
}

enum nss_status
_nss_autotunnel_gethostbyaddr_r(const void *addr, socklen_t len, int af, struct hostent *host,
    char *buffer, size_t buflen, int *errnop, int *h_errnop)
{
	return _nss_autotunnel_gethostbyaddr2_r(
	    addr, len, af, host, buffer, buflen, errnop, h_errnop, NULL);
}
