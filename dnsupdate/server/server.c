#include "dnsupdate/server/server.h"

#include "base/log.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/net/rrl.h"
#include "dnsupdate/server/net/seen.h"
#include "dnsupdate/server/update/updates.h"

#include <string.h>

#define DAY 86400
#define EXPIRE_AGAIN_SEC 60
#define CLOCK_STEP_SEC 60 /* what no busy server and no adjustment of its clock comes to */

void
server_init(struct server *s)
{
	memset(s, 0, sizeof *s);
	zones_init(&s->zones);
	siphash_key_random(&s->cookie_secret);
	s->keys = keyring_new();
	s->commit = commit_new();
	s->updates = updates_new();
	s->seen = seen_new();
	s->knocks = (struct limit) {.burst = LIMIT_KNOCKS, .every_ms = LIMIT_KNOCK_MS};
	s->lease_min_sec = 1800;
	s->lease_max_sec = 7200;
	s->key_lease_max_sec = 7 * DAY;
}

void
server_free(struct server *s)
{
	updates_free(s->updates);
	seen_free(s->seen);
	rrl_free(s->rrl);
	commit_free(s->commit);
	keyring_free(s->keys);
	zones_free(&s->zones);
}

void
server_commit(struct server *s, uint64_t now_sec)
{
	updates_run(s, now_sec);
}

void
server_clock(struct server *s, uint64_t wall_sec, uint64_t boot_sec)
{
	uint64_t slept = boot_sec - s->last_boot_sec;
	uint64_t expected = s->last_wall_sec + slept;
	int known = s->last_wall_sec != 0;

	s->last_wall_sec = wall_sec;
	s->last_boot_sec = boot_sec;
	if (!known || (slept < CLOCK_STEP_SEC && wall_sec < expected + CLOCK_STEP_SEC))
		return;
	log_notice("the clock made a step or the machine slept: leases last for %d s at least",
	    LIMIT_LEASE_GRACE_SEC);
	for (struct zone *z = s->zones.first; z != NULL; z = z->next)
		lease_put_off_all(z->leases, wall_sec + LIMIT_LEASE_GRACE_SEC);
}

/* All records of the group at one name. */
static void
expire_at(struct zone *z, struct change_list *changes, struct node *n, uint32_t id)
{
	const struct rrset *set;
	struct record r;
	struct name owner;

	node_name(z, n, &owner);
	for (set = n->sets; set != NULL; set = set->next)
		for (size_t pos = 0; rrset_next(set, &pos, &r);)
			if (r.lease == id)
				change_note(changes, &owner, set->type, r.data, r.len,
				    (struct change_state) {set->ttl, id, 1},
				    (struct change_state) {0});
}

/* Should the commit fail, the group is still there and due again a little later. */
static void
expire(struct server *s, struct zone *z, uint32_t id, uint64_t now_sec)
{
	const struct lease *l = lease_get(z->leases, id);
	struct change_list changes = {0};
	uint32_t serial = z->serial;

	lease_put_off(z->leases, id, now_sec + EXPIRE_AGAIN_SEC);
	for (uint32_t i = 0; i < l->nodes; i++)
		expire_at(z, &changes, l->node[i], id);
	change_redo(&changes, z);
	commit_change(s->commit, z, serial, &changes, NULL);
	change_list_free(&changes);
	s->stats.leases_expired++;
}

uint64_t
server_expire(struct server *s, uint64_t now_sec)
{
	uint64_t next = now_sec + DAY, due;

	for (struct zone *z = s->zones.first; z != NULL; z = z->next) {
		uint32_t id;

		if (z->broken)
			continue;
		while ((id = lease_first(z->leases, &due)) != 0 && due <= now_sec)
			expire(s, z, id, now_sec);
		if (id != 0 && due < next)
			next = due;
	}
	if (commit_pending(s->commit))
		server_commit(s, now_sec);
	return next - now_sec;
}
