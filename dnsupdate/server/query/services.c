#include "dnsupdate/server/query/services.h"

#include "dnsupdate/server/data/commit.h"

#include <string.h>

#define SERVICES_TTL 300

static const struct {
	const char *name;
	size_t port; /* offset in struct services */
} names[] = {
    {"_dns-update._udp", offsetof(struct services, update)},
    {"_dns-llq._udp", offsetof(struct services, llq)},
    {"_dns-update-tls._tcp", offsetof(struct services, tls)},
    {"_dns-push-tls._tcp", offsetof(struct services, tls)},
};
#define NAMES (sizeof names / sizeof names[0])

/* Is the set just this record? */
static int
stands(const struct zone *z, const struct name *owner, const struct rdata *rd)
{
	const struct node *n = zone_node(z, owner);
	const struct rrset *set = n != NULL ? node_rrset(n, TYPE_SRV) : NULL;

	return set != NULL && set->count == 1 && set->ttl == SERVICES_TTL &&
	    rrset_has(set, rd->data, rd->len, NULL);
}

static void
put_one(
    struct zone *z, const struct name *owner, const struct srv *srv, struct change_list *changes)
{
	struct rdata rd;

	rdata_srv(&rd, srv);
	if (srv->port != 0 && stands(z, owner, &rd))
		return;
	commit_take_rrset(z, changes, owner, TYPE_SRV);
	if (srv->port != 0)
		commit_put(z, changes, owner, TYPE_SRV, SERVICES_TTL, rd.data, rd.len, 0);
}

void
services_put(struct zone *z, const struct services *s, struct change_list *changes)
{
	struct srv srv = {0};
	struct name owner;
	struct soa soa;
	uint32_t ttl;

	if (zone_soa(z, &soa, &ttl) == -1)
		return;
	srv.target = soa.mname;
	for (size_t i = 0; i < NAMES; i++) {
		memcpy(&srv.port, (const char *)s + names[i].port, sizeof srv.port);
		if (name_prepend(&owner, names[i].name, &z->name) == 0)
			put_one(z, &owner, &srv, changes);
	}
}

int
services_is_name(const struct zone *z, const struct name *name)
{
	struct name owner;

	for (size_t i = 0; i < NAMES; i++)
		if (name_prepend(&owner, names[i].name, &z->name) == 0 && name_equal(&owner, name))
			return 1;
	return 0;
}
