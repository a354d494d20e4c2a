#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIND_MIN_MS 2000
#define FIND_MAX_MS 60000
#define FIND_AGAIN_MS 3600000 /* though all is well: servers move */
#define FINDS_MAX 5 /* about a minute */
#define AUTHORITIES_MAX (2u << 20)
#define DNS_PORT 53

void
server_init(struct worker *w)
{
	if ((w->server.resolve = resolve_new(w->loop)) == NULL)
		fatalx("cannot start without a resolver");
}

void
server_free(struct worker *w)
{
	resolve_free(w->server.resolve);
	tls_context_free(w->server.tls);
	free(w->server.authorities);
}

/* ---- how to know the server ---- */

/* The whole of fd, or NULL. */
static uint8_t *
read_all(int fd, size_t *len)
{
	struct stat st;
	uint8_t *data;

	*len = 0;
	if (fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > AUTHORITIES_MAX ||
	    (data = malloc((size_t)st.st_size)) == NULL)
		return NULL;
	while (*len < (size_t)st.st_size) {
		ssize_t n = read(fd, data + *len, (size_t)st.st_size - *len);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR) {
			free(data);
			return NULL;
		}
		*len += n > 0 ? (size_t)n : 0;
	}
	return data;
}

void
server_authorities(struct worker *w, int fd)
{
	struct server *s = &w->server;

	free(s->authorities);
	if ((s->authorities = read_all(fd, &s->authorities_len)) == NULL)
		log_warnx("the file of certificate authorities cannot be read");
	close(fd);
}

/* Pins alone, if there are any; else a name with the authorities; else nothing is verified. */
static void
set_tls(struct worker *w)
{
	const struct msg_dns_zone *z = &w->zone;
	struct server *s = &w->server;
	struct pin pins[MSG_PINS_MAX];
	struct tls_settings settings = {.pins = pins,
	    .pin_count = z->pins,
	    .authorities = {s->authorities, s->authorities_len}};

	for (unsigned i = 0; i < z->pins; i++)
		memcpy(pins[i].sha256, z->pin[i], MSG_PIN_LEN);
	if (z->tls_name[0] != '\0')
		settings.name = z->tls_name;
	s->no_tls[0] = '\0';
	s->tls = NULL;
	if (z->pins > 0 || settings.name != NULL)
		s->tls = tls_client_context(&settings, s->no_tls);
	else if (z->transport == DNS_TRANSPORT_TLS)
		str_copy(s->no_tls, sizeof s->no_tls,
		    "TLS is demanded, but neither tls-pin nor tls-name is set in autotunnel.conf");
	if (s->no_tls[0] != '\0')
		log_warnx("%s", s->no_tls);
	/* The certificates have done their duty and are large. */
	free(s->authorities);
	s->authorities = NULL;
	s->authorities_len = 0;
}

/* ---- where it is ---- */

static void
add(struct server *s, const struct dns_server *n)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->list[i].tls == n->tls && endpoint_equal(&s->list[i].ep, &n->ep))
			return;
	if (s->count < TRANSPORT_SERVERS_MAX)
		s->list[s->count++] = *n;
}

static void
use_list(struct worker *w)
{
	struct transport_server list[TRANSPORT_SERVERS_MAX] = {0};

	for (unsigned i = 0; i < w->server.count; i++) {
		list[i].ep = w->server.list[i].ep;
		list[i].tls = w->server.list[i].tls;
	}
	transport_set_servers(w->transport, list, w->server.count);
}

static void
use_configured(struct worker *w)
{
	const struct msg_dns_zone *z = &w->zone;

	for (unsigned i = 0; i < z->servers; i++) {
		struct dns_server tls = {.ep = z->server[i], .tls = 1};
		struct dns_server plain = {.ep = z->server[i]};

		tls.ep.port = z->tls_port;
		add(&w->server, &tls);
		add(&w->server, &plain);
	}
}

void
server_begin(struct worker *w)
{
	struct tls_context *old = w->server.tls;
	struct server *s = &w->server;

	resolve_cancel(s->resolve);
	set_tls(w);
	s->count = s->llqs = 0;
	s->finding = 0;
	s->find_ms = s->find_wait_ms = s->finds_failed = 0;
	s->trouble[0] = '\0';
	msg_begin(&w->out, MSG_DNS_KNOWN, 0);
	w->out.dns_known.tls_seen = w->zone.tls_seen;
	w->out.dns_known.knowns = w->zone.knowns;
	memcpy(w->out.dns_known.known, w->zone.known, sizeof w->zone.known);
	s->said = w->out.dns_known;
	if (w->zone.servers > 0)
		use_configured(w);
	else
		for (unsigned i = 0; i < w->zone.knowns; i++)
			add(s, &w->zone.known[i]);
	transport_set_policy(w->transport, w->zone.transport, s->tls, w->zone.tls_seen);
	use_list(w);
	tls_context_free(old);
	if (w->zone.servers > 0 && transport_server(w->transport) == NULL)
		str_copy(s->trouble, sizeof s->trouble,
		    "the name server's address is inside the tunnels");
	else if (s->tls == NULL)
		str_copy(s->trouble, sizeof s->trouble, s->no_tls);
}

/* ---- finding it ---- */

/* c-ares read resolv.conf when we started; we cannot see the file any more.  If the network came up
 * later, or is another one now, only a new process learns its resolvers. */
static void
start_again(struct worker *w)
{
	log_notice("%s: %s; leaving, to come back with today's resolvers", w->zone.domain,
	    w->server.trouble);
	loop_stop(w->loop, 0);
}

/* The server that works stays first; then what was found; then the rest of what we had.  Nothing
 * changes when nothing is new. */
static void
take_found(struct worker *w, const struct resolve_result *result)
{
	const struct endpoint *now = transport_server(w->transport);
	struct server *s = &w->server, old = *s;
	unsigned same = 0;

	s->count = 0;
	for (unsigned i = 0; i < old.count && now != NULL && w->heard_ms != 0; i++)
		if (endpoint_equal(&old.list[i].ep, now))
			add(s, &old.list[i]);
	for (unsigned i = 0; i < result->servers; i++)
		add(s, &result->server[i]);
	for (unsigned i = 0; i < old.count; i++)
		add(s, &old.list[i]);
	for (unsigned i = 0; i < s->count && s->count == old.count; i++)
		same += memcmp(&s->list[i], &old.list[i], sizeof s->list[i]) == 0;
	if (same != s->count)
		use_list(w);
	s->llqs = result->llqs;
	memcpy(s->llq, result->llq, sizeof s->llq);
}

static void
found(void *ctx, const struct resolve_result *result)
{
	struct worker *w = ctx;
	struct server *s = &w->server;
	char text[ENDPOINT_TEXT_MAX];

	s->finding = 0;
	s->find_wait_ms = s->find_wait_ms == 0 ? FIND_MIN_MS : s->find_wait_ms * 2;
	if (s->find_wait_ms > FIND_MAX_MS)
		s->find_wait_ms = FIND_MAX_MS;
	s->find_ms = clock_boot_ms() + s->find_wait_ms;
	s->finds_failed = result->servers == 0 ? s->finds_failed + 1 : 0;
	if (result->servers > 0) {
		s->trouble[0] = '\0';
		log_info("%s: name server %s", w->zone.domain,
		    endpoint_text(&result->server[0].ep, text));
		take_found(w, result);
	} else if (s->count == 0) {
		str_copy(s->trouble, sizeof s->trouble, result->why);
	}
	if (s->finds_failed == FINDS_MAX)
		start_again(w);
	worker_wake(w);
}

/* ---- what worked ---- */

static int
is_in(const struct dns_server *n, const struct msg_dns_known *k)
{
	for (unsigned i = 0; i < k->knowns; i++)
		if (k->known[i].tls == n->tls && endpoint_equal(&k->known[i].ep, &n->ep))
			return 1;
	return 0;
}

/* Is there anything in now that was not said, but for the order? */
static int
is_news(const struct msg_dns_known *said, const struct msg_dns_known *now)
{
	if (said->tls_seen != now->tls_seen || said->knowns != now->knowns)
		return 1;
	for (unsigned i = 0; i < now->knowns; i++)
		if (!is_in(&now->known[i], said))
			return 1;
	return 0;
}

/* The server answered under our key: it is remembered, first; then the others of the list. */
static void
remember(struct worker *w)
{
	const struct endpoint *now = transport_server(w->transport);
	struct server *s = &w->server;
	struct msg_dns_known k = {.hdr = {.type = MSG_DNS_KNOWN}};

	k.tls_seen = transport_status(w->transport).tls_seen;
	for (int first = 1; first >= 0 && w->zone.servers == 0; first--)
		for (unsigned i = 0; i < s->count && k.knowns < MSG_KNOWN_MAX; i++)
			if (endpoint_equal(&s->list[i].ep, now) == first)
				k.known[k.knowns++] = s->list[i];
	if (!is_news(&s->said, &k))
		return;
	s->said = k;
	s->known_news = 1;
}

static void
find(struct worker *w)
{
	struct server *s = &w->server;

	s->finding = 1;
	resolve_find(s->resolve, &w->domain, s->tls != NULL ? w->zone.tls_port : 0, found, w);
}

void
server_step(struct worker *w, uint64_t now)
{
	struct server *s = &w->server;
	struct watch_status ws = watch_status(w->watch);
	int lost = ws.outcome == OUTCOME_TIMEOUT || s->count == 0;

	if (ws.outcome == OUTCOME_OK && w->heard_ms != 0)
		remember(w);
	if (w->zone.servers > 0 || s->finding)
		return;
	if (lost ? now >= s->find_ms : now >= s->find_ms + FIND_AGAIN_MS)
		find(w);
}

uint64_t
server_wake(const struct worker *w)
{
	if (w->zone.servers > 0 || w->server.finding || w->server.count > 0)
		return UINT64_MAX;
	return w->server.find_ms;
}

void
server_hurry(struct worker *w)
{
	w->server.find_ms = 0;
}

/* ---- long-lived queries ---- */

unsigned
server_llq(const struct worker *w, uint16_t port, struct endpoint place[MSG_SERVERS_MAX])
{
	const struct endpoint *server = transport_server(w->transport);
	const struct server *s = &w->server;
	unsigned n = 0;

	if (server == NULL)
		return 0;
	for (unsigned i = 0; i < s->llqs; i++)
		if (s->llq[i].ep.port == port)
			place[n++] = s->llq[i].ep;
	for (unsigned i = 0; i < n; i++)
		if (endpoint_same_addr(&place[i], server))
			n = 0;
	if (n > 0)
		return n;
	place[0] = *server;
	place[0].port = port;
	return 1;
}

void
server_find_llq(struct worker *w)
{
	if (w->zone.servers == 0 && w->server.llqs == 0 && !w->server.finding)
		find(w);
}
