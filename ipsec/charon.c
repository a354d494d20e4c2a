#include "ipsec/swan.h"

#include "ipsec/charon.h"

#include "base/log.h"
#include "base/str.h"
#include "ipsec/creds.h"
#include "ipsec/events.h"
#include "ipsec/net.h"
#include "ipsec/plane.h"
#include "ipsec/sad.h"
#include "ipsec/socket.h"
#include "ipsec/tunnels.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define PLUGINS "nonce kdf openssl x509 pubkey"
#define PLUGINS_KERNEL PLUGINS " kernel-netlink"

/* All there is to set; no strongswan.conf is read.  See strongswan.conf(5). */
static const struct {
	char *key, *value;
} settings[] = {
    {"%s.threads", "8"}, /* four of them always wait: receiver, sender, scheduler, watcher */
    {"%s.reuse_ikesa", "no"},
    {"%s.close_ike_on_child_failure", "yes"},
    {"%s.install_routes", "no"},
    {"%s.install_virtual_ip", "no"},
    {"%s.routing_table", "0"},
    {"%s.process_route", "no"},
    {"%s.follow_redirects", "no"},
    {"%s.keep_alive", "0"}, /* ours: keepalive.c */
    {"%s.replay_window", "1024"},
    {"%s.spi_min", "0xc0000000"}, /* tells ESP from STUN on the shared port */
    {"%s.spi_max", "0xcfffffff"},
    /* 0.2 + 0.4 + ... + 6.4: given up after 12.6 s.  The first is soon because libcharon loses an
     * answer that comes before the thread that asked has put its IKE SA back. */
    {"%s.retransmit_timeout", "0.2"},
    {"%s.retransmit_base", "2.0"},
    {"%s.retransmit_tries", "5"},
};

/* ---- logging ---- */

/* What libcharon has to say is for those who look for a fault in IKE; what happened, in a line an
 * operator wants to read, the other files here log themselves. */
static void
log_line(const char *text)
{
	char line[512];

	log_debug("%s", log_escape(line, sizeof line, text, strlen(text)));
}

static void
bus_log(logger_t *this, debug_t group, level_t level, int thread, ike_sa_t *sa, const char *text)
{
	log_line(text);
}

static level_t
bus_level(logger_t *this, debug_t group)
{
	return log_get_level() == LOG_LEVEL_DEBUG ? LEVEL_CTRL : LEVEL_SILENT;
}

static logger_t logger = {.log = bus_log, .get_level = bus_level};

/* Before the bus lives: remembered, because it says why something could not start. */
static char last_words[256];

static void __attribute__((format(printf, 3, 4)))
early_log(debug_t group, level_t level, char *fmt, ...)
{
	va_list ap;

	if (level > LEVEL_CTRL)
		return;
	va_start(ap, fmt);
	vsnprintf(last_words, sizeof last_words, fmt, ap);
	va_end(ap);
	log_line(last_words);
}

static void
late_log(logger_t *this, debug_t group, level_t level, int thread, ike_sa_t *sa, const char *text)
{
	str_copy(last_words, sizeof last_words, text);
}

static level_t
late_level(logger_t *this, debug_t group)
{
	return LEVEL_CTRL;
}

static logger_t keeper = {.log = late_log, .get_level = late_level};

void
charon_relog(void)
{
	charon->bus->remove_logger(charon->bus, &logger);
	charon->bus->add_logger(charon->bus, &logger);
}

/* ---- life ---- */

/* Ours come first, so libcharon takes them and not a plugin's. */
static void
add_features(int kernel)
{
	static plugin_feature_t user[] = {
	    PLUGIN_CALLBACK(socket_register, socket_make),
	    PLUGIN_PROVIDE(CUSTOM, "socket"),
	    PLUGIN_CALLBACK(kernel_net_register, net_create),
	    PLUGIN_PROVIDE(CUSTOM, "kernel-net"),
	    PLUGIN_CALLBACK(kernel_ipsec_register, sad_make),
	    PLUGIN_PROVIDE(CUSTOM, "kernel-ipsec"),
	};
	int n = (int)(sizeof user / sizeof user[0]);

	lib->plugins->add_static_features(
	    lib->plugins, "autotunnel", user, kernel ? n - 2 : n, TRUE, NULL, NULL);
}

void
charon_prepare(int kernel)
{
	/* pthread_cancel would load it, when no file can be opened any more. */
	if (dlopen("libgcc_s.so.1", RTLD_NOW) == NULL)
		log_debug("%s", dlerror());
	dbg = early_log;
	if (!library_init("", "autotunneld"))
		fatalx("libstrongswan does not start: %s", last_words);
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		lib->settings->set_str(lib->settings, settings[i].key, settings[i].value, lib->ns);
	if (!libcharon_init())
		fatalx("libcharon does not start: %s", last_words);
	charon->bus->add_logger(charon->bus, &logger);
	charon->bus->add_logger(charon->bus, &keeper);
	add_features(kernel);
	if (!charon->initialize(charon, kernel ? PLUGINS_KERNEL : PLUGINS))
		fatalx("libcharon does not start: %s; are libstrongswan and"
		       " libstrongswan-standard-plugins installed?",
		    last_words);
	charon->bus->remove_logger(charon->bus, &keeper);
	creds_init();
	events_listen();
}

/* Kernel mode: the kernel must know that what comes to our sockets may be ESP (RFC 3948). */
static void
decapsulate(enum ipsec_fd_kind kind, int family)
{
	int fd = plane_fd(kind);

	if (fd != -1 && !charon->kernel->enable_udp_decap(charon->kernel, fd, family, plane_port()))
		fatal("this kernel takes no ESP in UDP on %s; set dataplane = user",
		    family == AF_INET ? "IPv4" : "IPv6");
}

void
charon_run(void)
{
	if (plane_is_kernel()) {
		decapsulate(IPSEC_FD_UDP4, AF_INET);
		decapsulate(IPSEC_FD_UDP6, AF_INET6);
	}
	charon->start(charon);
}

/* The listener stays until the last SA is gone; the peers' configurations and the credentials are
 * strongSwan's objects and go before its library does. */
void
charon_end(void)
{
	plane_stop();
	libcharon_deinit();
	tunnels_free();
	creds_free();
	library_deinit();
	plane_free();
}
