#include "base/clock.h"
#include "base/hosts.h"
#include "base/log.h"
#include "base/str.h"
#include "manager/manager.h"
#include "manager/recall.h"
#include "manager/reconcile.h"
#include "manager/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A tunnel that was up when the ipsec worker died is called for so long, even if it is on demand.
 */
#define RECOVER_MS 120000
#define REMEMBER_MS 5000 /* a change is rarely alone, and disks wear out */

struct peer *
peer_find_id(struct manager *m, uint32_t id)
{
	struct peer *p;

	TAILQ_FOREACH (p, &m->peers, entry)
		if (p->id == id)
			return p;
	return NULL;
}

static struct peer *
find_name(struct manager *m, const char *name)
{
	struct peer *p;

	TAILQ_FOREACH (p, &m->peers, entry)
		if (strcmp(p->records.name, name) == 0)
			return p;
	return NULL;
}

static void
no_tunnel(struct peer *p)
{
	memset(&p->tunnel, 0, sizeof p->tunnel);
	p->tunnel.hdr.id = p->id;
	p->tunnel.state = TUNNEL_IDLE;
	p->tunnel.since_ms = clock_boot_ms();
}

static struct peer *
add(struct manager *m, const char *name)
{
	struct peer *p;

	if (m->peer_count == MSG_PEERS_MAX) {
		log_warnx("%s: more than %d machines in the account, ignored", name, MSG_PEERS_MAX);
		return NULL;
	}
	p = calloc(1, sizeof *p);
	if (p == NULL)
		fatalx("out of memory");
	p->id = ++m->next_peer_id;
	no_tunnel(p);
	TAILQ_INSERT_TAIL(&m->peers, p, entry);
	m->peer_count++;
	log_notice("peer %s: found", name);
	return p;
}

void
peer_free(struct manager *m, struct peer *p)
{
	TAILQ_REMOVE(&m->peers, p, entry);
	m->peer_count--;
	free(p->ladder);
	free(p);
}

/* Gone from the account.  The ipsec worker must hear of it before the number can vanish. */
static void
leave(struct manager *m, struct peer *p)
{
	log_notice("peer %s: left the account", p->records.name);
	p->usable = 0;
	p->forget = 1;
	m->recall_dirty = 1;
	if (!p->told)
		peer_free(m, p);
}

void
peer_compare(const struct peer *p)
{
	if (ip6_is_ula(p->true_ula) && ip6_is_ula(p->records.ula) &&
	    memcmp(p->true_ula, p->records.ula, sizeof p->true_ula) != 0)
		log_warnx("peer %s: DNS gives it another address than the roster, which counts",
		    p->records.name);
}

void
peers_learn(struct manager *m, const struct msg_dns_peer *records)
{
	struct peer *p = find_name(m, records->name);
	int other;

	if (!records->present) {
		if (p != NULL)
			leave(m, p);
		return;
	}
	if (p == NULL && (p = add(m, records->name)) == NULL)
		return;
	m->recall_dirty |= p->forget || recall_differs(&p->records, records);
	other = memcmp(p->records.ula, records->ula, sizeof records->ula) != 0;
	p->forget = 0;
	p->confirmed = 1;
	p->records = *records;
	if (other)
		peer_compare(p);
}

static void
recalled(void *ctx, const struct msg_dns_peer *records)
{
	struct manager *m = ctx;
	struct peer *p = find_name(m, records->name);

	if (p != NULL || strcmp(records->name, m->identity->name) == 0 ||
	    (p = add(m, records->name)) == NULL)
		return;
	p->records = *records;
}

void
peers_recall(struct manager *m)
{
	recall_load(m->config.state_dir, m->identity->domain, recalled, m);
}

void
peers_remember_soon(struct manager *m)
{
	if (m->recall_dirty && !m->recall_armed)
		loop_timer_set(m->recall_timer, REMEMBER_MS);
	m->recall_armed |= m->recall_dirty;
}

void
peers_remember(void *ctx)
{
	const struct msg_dns_peer *records[MSG_PEERS_MAX];
	struct manager *m = ctx;
	const struct peer *p;
	size_t count = 0;

	if (!m->recall_dirty)
		return;
	m->recall_dirty = m->recall_armed = 0;
	TAILQ_FOREACH (p, &m->peers, entry)
		if (!p->forget && count < MSG_PEERS_MAX)
			records[count++] = &p->records;
	if (recall_save(m->config.state_dir, m->identity->domain, records, count) == -1)
		log_warn("%s: keeping where the other machines are", m->config.state_dir);
}

void
peers_synced(struct manager *m)
{
	struct peer *p, *next;

	for (p = TAILQ_FIRST(&m->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (!p->confirmed && !p->forget)
			leave(m, p);
	}
}

void
peers_unconfirm(struct manager *m)
{
	struct peer *p;

	TAILQ_FOREACH (p, &m->peers, entry)
		p->confirmed = 0;
}

void
peer_forgotten(struct manager *m, struct peer *p)
{
	p->told = 0;
	no_tunnel(p);
	if (p->forget)
		peer_free(m, p);
}

void
peers_untold(struct manager *m)
{
	struct peer *p, *next;

	for (p = TAILQ_FIRST(&m->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (p->tunnel.state == TUNNEL_UP) {
			p->recover_ms = clock_boot_ms() + RECOVER_MS;
			p->recover_at = p->tunnel.remote;
		}
		p->told = 0;
		p->dirty = p->usable;
		no_tunnel(p);
		if (p->forget)
			peer_free(m, p);
	}
}

/* Its records, but with the address that the roster gives it: a name server must not be able to
 * lead a name to another machine. */
static struct msg_dns_peer
true_records(const struct peer *p)
{
	static const uint8_t zero[16];
	struct msg_dns_peer records = p->records;

	if (memcmp(p->true_ula, zero, sizeof zero) != 0)
		memcpy(records.ula, p->true_ula, sizeof records.ula);
	return records;
}

/* The tunnel that was lost with the ipsec worker led somewhere: there, too, published or not.  The
 * peer's NAT may have a way in for us at that place alone, and its records may be behind. */
static void
recover(const struct peer *p, struct msg_ipsec_peer *wanted)
{
	if (p->recover_ms <= clock_boot_ms())
		return;
	wanted->always = 1;
	if (wanted->contacts < MSG_CONTACTS_MAX &&
	    !endpoint_among(&p->recover_at, wanted->contact, wanted->contacts))
		wanted->contact[wanted->contacts++] = p->recover_at;
}

static void
reconcile_one(struct manager *m, struct peer *p)
{
	struct msg_ipsec_peer wanted = {.hdr = {.id = p->id}};
	struct endpoint external = maps_external(m);
	struct msg_dns_peer records = true_records(p);
	const char *why;

	if (reconcile_peer(&m->config, &records, m->identity->ula, &external, &wanted, &why) ==
	    -1) {
		if (p->usable)
			log_notice("peer %s: %s", p->records.name, why);
		p->usable = 0;
		return;
	}
	recover(p, &wanted);
	if (p->usable && memcmp(&wanted, &p->wanted, sizeof wanted) == 0)
		return;
	p->usable = 1;
	p->wanted = wanted;
	p->dirty = 1;
}

void
peers_reconcile(struct manager *m)
{
	struct peer *p;

	TAILQ_FOREACH (p, &m->peers, entry)
		if (!p->forget)
			reconcile_one(m, p);
}

/* The domain itself is no machine: it has no short name. */
static int
is_below(const char *name, const char *domain)
{
	return str_in_domain(name, domain) && strlen(name) > strlen(domain);
}

static void
fill_host(struct hosts_entry *e, const uint8_t ula[16], const char *name, const char *domain)
{
	memset(e, 0, sizeof *e);
	memcpy(e->ula, ula, 16);
	str_copy(e->name, sizeof e->name, name);
	str_copy(e->short_name, sizeof e->short_name, name);
	e->short_name[strlen(name) - strlen(domain) - 1] = '\0';
}

/* The machines of the file: our own, and the peers'.  *n of them; the caller's to free. */
static struct hosts_entry *
list_hosts(const struct manager *m, size_t *n)
{
	struct hosts_entry *list = calloc(m->peer_count + 1, sizeof *list);
	const struct identity *id = m->identity;
	const struct peer *p;

	if (list == NULL)
		fatalx("out of memory");
	fill_host(&list[0], id->ula, id->name, id->domain);
	*n = 1;
	TAILQ_FOREACH (p, &m->peers, entry)
		if (p->usable && p->known && is_below(p->records.name, id->domain))
			fill_host(&list[(*n)++], p->wanted.ula, p->records.name, id->domain);
	return list;
}

static uint64_t
hash_of(const void *data, size_t len)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)data)[i]) * 1099511628211u;
	return hash;
}

void
peers_write_hosts(struct manager *m)
{
	char path[CONFIG_PATH_MAX + sizeof CONFIG_HOSTS_FILE + 1];
	struct hosts_entry *list;
	uint64_t hash;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", m->config.run_dir, CONFIG_HOSTS_FILE);
	if (!m->config.hosts_file) {
		if (m->hosts_hash != 0)
			unlink(path);
		m->hosts_hash = 0;
		return;
	}
	list = list_hosts(m, &n);
	hash = hash_of(list, n * sizeof *list);
	/* What could not be written is tried again with the next change of it, not before. */
	if (hash != m->hosts_hash && hosts_write(path, list, n) == -1)
		log_warn("%s", path);
	m->hosts_hash = hash;
	free(list);
}
