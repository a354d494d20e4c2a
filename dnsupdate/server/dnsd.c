#include "dnsupdate/server/dnsd.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "dnsupdate/server/control/control.h"
#include "dnsupdate/server/data/commit.h"
#include "dnsupdate/server/net/conn.h"
#include "dnsupdate/server/net/knock.h"
#include "dnsupdate/server/net/listen.h"
#include "dnsupdate/server/net/rrl.h"
#include "dnsupdate/server/net/secure.h"
#include "dnsupdate/server/query/services.h"
#include "dnsupdate/server/start.h"
#include "dnsupdate/server/live/subscriptions.h"
#include "dnsupdate/wire/llq.h"
#include "loop/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define DNS_PORT 53
#define DNS_TLS_PORT 853
#define STOP_MS 2000 /* for clients to leave: a living one does within a round trip */

static void
send_reply(void *ctx, const struct requester *to, const void *data, size_t len)
{
	struct dnsd *d = ctx;

	listeners_send(d->listeners, to, data, len);
}

static void
want_commit(void *ctx)
{
	struct dnsd *d = ctx;

	loop_timer_set(d->commit_timer, 0);
}

static void
expire_leases(void *ctx)
{
	struct dnsd *d = ctx;
	uint64_t now_sec = clock_wall_sec(), sec;

	server_clock(&d->server, now_sec, clock_boot_ms() / 1000);
	sec = server_expire(&d->server, now_sec);
	listeners_flush(d->listeners);
	/* looked at each second at most: new leases may be shorter than all before */
	loop_timer_set(d->lease_timer, sec > 0 ? 1000 : 100);
}

static void
commit_now(void *ctx)
{
	struct dnsd *d = ctx;

	server_commit(&d->server, clock_wall_sec());
	listeners_flush(d->listeners);
}

static void
flush(void *ctx)
{
	struct dnsd *d = ctx;

	listeners_flush(d->listeners);
}

static void
stop_now(void *ctx)
{
	struct dnsd *d = ctx;

	loop_stop(d->loop, 0);
}

/* Clients with sessions are asked to leave first (RFC 8490 section 6.6), and none comes in their
 * place: it finds the next server.  The gone are not waited for; a second signal ends it. */
static void
stop(void *ctx, int signo)
{
	struct dnsd *d = ctx;

	log_notice("stopping on signal %d", signo);
	notify_service_manager("STOPPING=1");
	if (d->stop_timer != NULL || subscriptions_shut_down(d->subscriptions, stop_now, d) == 0) {
		stop_now(d);
		return;
	}
	listeners_refuse(d->listeners);
	d->stop_timer = loop_timer_new(d->loop, stop_now, d);
	loop_timer_set(d->stop_timer, STOP_MS);
}

/* The key for TLS: the file named, or one of our own; it may be made here. */
static struct secure *
open_key(const struct conf *conf)
{
	char why[SECURE_WHY_MAX], path[CONF_PATH_MAX + 16];
	const char *name = "autotunnel-dnsd";
	struct secure *s;

	snprintf(path, sizeof path, "%s%s",
	    conf->tls_key[0] != '\0' ? conf->tls_key : conf->state_dir,
	    conf->tls_key[0] != '\0' ? "" : "/tls.pem");
	if (conf->zones != NULL)
		name = conf->zones->name;
	s = secure_new(path, name, why);
	if (s == NULL)
		fatalx("%s", why);
	return s;
}

static void
begin_tls(struct dnsd *d)
{
	char why[SECURE_WHY_MAX], pin[PIN_TEXT_MAX];
	struct name name;

	if (d->conf.tls_listen.count == 0)
		return;
	tls_prepare();
	d->secure = open_key(&d->conf);
	for (const struct conf_zone *cz = d->conf.zones; cz != NULL; cz = cz->next)
		if (cz->account_ca[0] != '\0' && name_parse(&name, cz->name) == 0 &&
		    secure_add_account(
			d->secure, zones_get(&d->server.zones, &name), cz->account_ca, why) == -1)
			fatalx("%s", why);
	listeners_set_secure(d->listeners, d->secure);
	log_notice("TLS key pin %s", secure_pin(d->secure, pin));
}

static void
begin_subscriptions(struct dnsd *d)
{
	struct subscriptions_config config = {
	    .certified = d->secure != NULL ? secure_certified : NULL,
	    .certified_ctx = d->secure,
	    .flush = flush,
	    .flush_ctx = d,
	};

	d->subscriptions = subscriptions_new(d->loop, &d->server, &config);
}

static void
begin(struct dnsd *d)
{
	d->loop = loop_new();
	d->conns = conns_new(d->loop, &d->server, d->conf.connections, d->conf.network_connections);
	d->listeners = listeners_new(d->loop, &d->server, d->conns);
	d->commit_timer = loop_timer_new(d->loop, commit_now, d);
	d->lease_timer = loop_timer_new(d->loop, expire_leases, d);
	d->term = loop_signal_new(d->loop, SIGTERM, stop, d);
	d->interrupt = loop_signal_new(d->loop, SIGINT, stop, d);
	d->server.send = send_reply;
	d->server.send_ctx = d;
	d->server.hooks.knock = knock_send;
	d->server.want_commit = want_commit;
	d->server.commit_ctx = d;
	if (d->conf.rate_limit > 0)
		d->server.rrl = rrl_new(d->conf.rate_limit);
	d->server.lease_min_sec = d->conf.lease_min;
	d->server.lease_max_sec = d->conf.lease_max;
	d->server.key_lease_max_sec = d->conf.key_lease_max;
	loop_timer_set(d->lease_timer, 1000);
	begin_tls(d);
	begin_subscriptions(d);
}

static void
end(struct dnsd *d)
{
	server_commit(&d->server, clock_wall_sec());
	listeners_flush(d->listeners);
	conns_free(d->conns);
	keeper_end(&d->keeper);
	subscriptions_free(d->subscriptions);
	listeners_free(d->listeners);
	secure_free(d->secure);
	loop_timer_free(d->commit_timer);
	loop_timer_free(d->lease_timer);
	loop_timer_free(d->stop_timer);
	loop_signal_free(d->term);
	loop_signal_free(d->interrupt);
	loop_signal_free(d->hangup);
	loop_free(d->loop);
}

/* The port of one of our addresses: this one, else the first's; 0 when there is none. */
static uint16_t
port_of(const struct conf_addresses *list, uint16_t wanted)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->at[i].port == wanted)
			return wanted;
	return list->count > 0 ? list->at[0].port : 0;
}

/* What the configuration says of our services may be new. */
static void
put_services(void *ctx, struct zone *z, const struct conf_zone *cz)
{
	struct dnsd *d = ctx;
	const struct services s = {
	    .update = port_of(&d->conf.listen, DNS_PORT),
	    .llq = port_of(&d->conf.listen, LLQ_PORT),
	    .tls = port_of(&d->conf.tls_listen, DNS_TLS_PORT),
	};
	struct change_list changes = {0};

	if (!cz->services)
		return;
	services_put(z, &s, &changes);
	if (changes.count > 0)
		commit_change(d->server.commit, z, z->serial, &changes, NULL);
	change_list_free(&changes);
	if (commit_pending(d->server.commit) &&
	    commit_run(d->server.commit, clock_wall_sec()) == -1)
		log_warnx("the records of our services cannot be kept");
}

static void
reload(void *ctx, int signo)
{
	struct dnsd *d = ctx;
	char why[KEEPER_WHY_MAX];

	if (keeper_reload(&d->keeper, why) == -1)
		log_error("not reloaded: %s", why);
}

static void
prepare_keeper(struct dnsd *d)
{
	d->keeper.loop = d->loop;
	d->keeper.server = &d->server;
	d->keeper.conf = &d->conf;
	d->keeper.conf_path = d->config;
	d->keeper.subscriptions = d->subscriptions;
	d->keeper.secure = d->secure;
	d->keeper.opened = put_services;
	d->keeper.opened_ctx = d;
	keeper_prepare(&d->keeper);
	d->hangup = loop_signal_new(d->loop, SIGHUP, reload, d);
}

int
dnsd_run(struct dnsd *d)
{
	char ready[64];
	int status;

	control_alone(d->conf.run_dir);
	start_directories(&d->conf);
	start_files(&d->conf);
	begin(d);
	start_sockets(d->listeners, &d->conf);
	prepare_keeper(d);
	start_give(&d->conf);
	start_lock(&d->conf, d->config);
	keeper_begin(&d->keeper);
	snprintf(ready, sizeof ready, "READY=1\nSTATUS=serving %zu zones", d->server.zones.count);
	log_notice("%s", strstr(ready, "serving"));
	notify_service_manager(ready);
	status = loop_run(d->loop);
	end(d);
	return status;
}

int
dnsd_print_pin(struct dnsd *d)
{
	char pin[PIN_TEXT_MAX];
	struct secure *s;

	tls_prepare();
	start_directories(&d->conf);
	s = open_key(&d->conf);
	start_give(&d->conf);
	puts(secure_pin(s, pin));
	secure_free(s);
	return 0;
}
