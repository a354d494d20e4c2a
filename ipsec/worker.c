/*
 * The IKE and ESP worker: keeps a tunnel to each machine of the account that is wanted.
 *
 * IKEv2 is strongSwan's libcharon, inside this process; packets are encrypted by our own data plane
 * (ipsec/esp), or, in kernel mode, by the kernel's.  The worker holds the device key and parses
 * what anybody on the Internet sends to the UDP port, so it has no file, no new socket and, in
 * user-space mode, no capability: the tunnel device and the bound sockets come from the manager.
 *
 * manager ─fd 3─► worker.c ─► tunnels.c ─► libcharon ─► sad.c, socket.c ─► plane.c ─► esp
 *                    ▲           │ ▲           │                              │
 *                    └─ states ─ peers.c ◄─ events.c ◄───── moved, acquire ───┘
 *
 * Two worlds meet in peers.c, a table under one mutex.  libcharon runs threads of its own and calls
 * us from them (events.c, the providers); they write facts into the table and wake the main thread.
 * The main thread, here, polls descriptor 3 and that wake-up, is the only one to speak with the
 * manager, and the only one to act on what the table says (tunnels.c, roam.c, dial.c).  What it
 * decides by is in files without threads, sockets and clock: call.c (whom to call, when), path.c
 * (has a peer moved), alive.c (does it answer), dedupe.c (two tunnels at once), claim.c (may this
 * certificate have this name and ULA), held.c (is its key on the roster).
 *
 * Start, in this order, each step for a reason:
 *   abi_check        the library is the one we were built for; in a child, for it may crash
 *   charon_prepare   loads plugins and opens what needs files or privileges; no thread yet
 *   worker_lock      user, capabilities, landlock, seccomp: from here on there is no way out
 *   HELLO            the manager sends descriptors, credentials, and SELF as the last
 *   start            user-space ESP and libcharon begin to run; READY
 * Then peers come and go.  QUIT, or the manager's end, deletes all SAs and tells the peers, in
 * three seconds at most.
 *
 * RFC 7296 (IKEv2), 4555 (MOBIKE), 3948 (ESP in UDP), 4301 (who may claim which address).
 */
#include "ipsec/swan.h"

#include "ipsec/ipsec.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "ipsec/abi.h"
#include "ipsec/charon.h"
#include "ipsec/creds.h"
#include "ipsec/held.h"
#include "ipsec/keepalive.h"
#include "ipsec/knocked.h"
#include "ipsec/peers.h"
#include "ipsec/plane.h"
#include "ipsec/roam.h"
#include "ipsec/settings.h"
#include "ipsec/steps.h"
#include "ipsec/tunnels.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define GOODBYE_SEC 3
#define DROPS_MS 1000 /* at most so often is said what anybody on the Internet can make happen */

static struct channel channel;
static union msg message; /* too big for the stack */
static int started;
static int quitting;
static int blocked; /* the channel is full: say the rest when it is writable */

/* ---- to the manager ---- */

/* 0, or -1 when it must be said again later. */
static int
say(const union msg *m)
{
	if (channel_send(&channel, m, -1) == 0)
		return 0;
	if (errno == EAGAIN)
		blocked = 1;
	else
		quitting = 1;
	return -1;
}

/* Describe under the lock, send without it, and say it again if it could not be sent. */
static void
report(void)
{
	static union msg m;

	blocked = 0;
	if (held_describe(&m) && say(&m) == 0)
		held_said();
	for (uint32_t i = 0; i < MSG_PEERS_MAX && !blocked && !quitting; i++) {
		struct peer *p = peers_at(i);
		int dirty;

		if (p == NULL)
			continue;
		peers_lock();
		dirty = p->dirty;
		if (dirty)
			peer_describe(p, &m);
		p->dirty = 0;
		peers_unlock();
		if (dirty && say(&m) == -1) {
			peers_lock();
			p->dirty = 1;
			peers_unlock();
		}
	}
	while (!blocked && !quitting && knocked_next(&m) && say(&m) == 0)
		knocked_drop();
	while (!blocked && !quitting && steps_next(&m) && say(&m) == 0)
		steps_drop();
}

static void
report_drops(int *wait_ms)
{
	static union msg m;
	static uint64_t said_ms;
	static int unsaid;
	uint64_t now = clock_boot_ms(), since = clock_since(said_ms, now);

	unsaid |= plane_nobodys_drops();
	if (!unsaid || blocked || quitting)
		return;
	if (said_ms != 0 && since < DROPS_MS) {
		if (*wait_ms < 0 || (uint64_t)*wait_ms > DROPS_MS - since)
			*wait_ms = (int)(DROPS_MS - since);
		return;
	}
	plane_describe_drops(&m);
	said_ms = now;
	unsaid = say(&m) == -1;
}

/* ---- from the manager ---- */

static void
on_credential(const struct msg_ipsec_credential *c)
{
	static const char *const names[IPSEC_CREDENTIAL_MAX] = {
	    [IPSEC_DEVICE_KEY] = "device key",
	    [IPSEC_DEVICE_CERT] = "device certificate",
	    [IPSEC_ACCOUNT_CA] = "account CA certificate",
	};

	if (creds_add(c->kind, c->der, c->len) == -1)
		fatalx("the %s cannot be read; run \"autotunnel join\" again", names[c->kind]);
	crypto_wipe(&message, sizeof message);
}

static void
check_descriptors(int kernel)
{
	if (plane_fd(IPSEC_FD_TUN) == -1 || (kernel && plane_fd(IPSEC_FD_RAW6) == -1) ||
	    (plane_fd(IPSEC_FD_UDP4) == -1 && plane_fd(IPSEC_FD_UDP6) == -1))
		fatalx("the manager forgot a descriptor");
}

/* Rosters of the account we are a machine of. */
static void
init_held(const char *name)
{
	uint8_t own_key[ED25519_PUBLIC_LEN];
	certificate_t *own = creds_own();
	const char *domain = name + strcspn(name, ".");

	if (creds_key(own, own_key) == -1 || *domain != '.')
		fatalx("the certificates are of no account");
	held_init(domain + 1, creds_cas(), own_key);
	own->destroy(own);
}

static void
on_self(const struct msg_ipsec_self *self)
{
	static union msg m;
	int kernel = self->dataplane == DATAPLANE_KERNEL;

	if (started || kernel != plane_is_kernel())
		fatalx("the manager must start this worker anew for that");
	check_descriptors(kernel);
	if (!creds_complete())
		fatalx("device key, certificate and account CA do not belong together");
	settings_init(self);
	init_held(self->name);
	if (plane_start(self) == -1)
		fatal("starting the data plane");
	settings_publish();
	charon_run();
	started = 1;
	msg_begin(&m, MSG_IPSEC_READY, 0);
	m.ipsec_ready.dataplane = self->dataplane;
	strcpy(m.ipsec_ready.version, STRONGSWAN_VERSION);
	plane_describe(&m.ipsec_ready);
	if (say(&m) == -1)
		fatalx("the manager does not listen");
}

static void
on_log_level(const struct msg_log_level *l)
{
	log_set_level(l->level);
	charon_relog();
}

static void
take_roster(const struct msg_roster *piece)
{
	if (!held_take(piece))
		return;
	creds_follow(held_cas(), held_domain());
	tunnels_roster();
}

static void
on_started_message(const union msg *m)
{
	if (!started)
		fatalx("the manager sent \"%s\" before \"ipsec self\"", msg_name(m->hdr.type));
	if (m->hdr.type == MSG_IPSEC_PEER)
		tunnels_peer(&m->ipsec_peer);
	else if (m->hdr.type == MSG_IPSEC_FORGET)
		tunnels_forget(m->hdr.id);
	else if (m->hdr.type == MSG_IPSEC_ROSTER)
		take_roster(&m->roster);
	else if (m->hdr.type == MSG_IPSEC_NAT)
		keepalive_open(m->ipsec_nat.open);
	else if (m->hdr.type == MSG_IPSEC_KNOCK)
		knocked_want(&m->ipsec_knock);
	else
		roam_moved();
}

static void
on_message(const union msg *m, int fd)
{
	switch (m->hdr.type) {
	case MSG_QUIT:
		quitting = 1;
		break;
	case MSG_LOG_LEVEL:
		on_log_level(&m->log_level);
		break;
	case MSG_IPSEC_FD:
		plane_set_fd(m->ipsec_fd.kind, fd, m->ipsec_fd.device);
		break;
	case MSG_IPSEC_CREDENTIAL:
		on_credential(&m->ipsec_credential);
		break;
	case MSG_IPSEC_SELF:
		on_self(&m->ipsec_self);
		break;
	default:
		on_started_message(m);
		break;
	}
}

static void
receive(void)
{
	int fd, rc;

	while (!quitting && (rc = channel_recv(&channel, &message, &fd)) != 0) {
		if (rc == -1)
			quitting = 1;
		else
			on_message(&message, fd);
	}
}

/* ---- life ---- */

static void
loop(void)
{
	struct pollfd fds[2] = {{.fd = channel.fd}, {.fd = peers_wake_fd(), .events = POLLIN}};
	uint64_t count;

	while (!quitting) {
		int wait_ms = started ? tunnels_run() : -1;

		report();
		report_drops(&wait_ms);
		fds[0].events = blocked ? POLLIN | POLLOUT : POLLIN;
		if (quitting || poll(fds, 2, wait_ms) == -1)
			continue;
		if (fds[1].revents != 0 && read(fds[1].fd, &count, sizeof count) == -1)
			continue;
		if (fds[0].revents != 0)
			receive();
	}
}

/* If libcharon cannot end itself in time, the process ends all the same. */
static void *
watchdog(void *arg)
{
	sleep(GOODBYE_SEC);
	log_warnx("the tunnels could not be ended in time");
	_exit(0);
}

static void
end(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, watchdog, NULL) == 0)
		pthread_detach(thread);
	if (started)
		settings_withdraw();
	charon_end();
}

int
ipsec_main(const struct worker_options *opt)
{
	char why[MSG_TEXT_MAX];

	worker_begin(&channel, ROLE_IPSEC, opt);
	if (abi_check(why) == -1)
		fatalx("%s", why);
	peers_init();
	plane_init(opt->keep_net_admin);
	charon_prepare(opt->keep_net_admin);
	worker_hello(&channel, worker_lock(ROLE_IPSEC, opt));
	loop();
	end();
	return 0;
}
