/*
 * Plays the manager for one ipsec worker, for tests: makes the tunnel device and the sockets, loads
 * key and certificates, starts the worker, says on standard output what the worker says, and takes
 * wishes from standard input.
 *
 *	ipsec_drive NAME ULA PORT DIR [USER [IDLE CHILD_REKEY IKE_REKEY DPD]]
 *
 * DIR holds device.key, device.crt and ca.crt in DER.  USER "-" stays root.  Lines of input:
 *	peer ID NAME ULA ALWAYS [CONTACT...]	forget ID	moved	level N
 *	kill	kill -9 the worker and start it anew		quit	(so does the end of input)
 */
#include "base/channel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "ipsec/ipsec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct drive {
	const char *name, *dir;
	uint8_t ula[16];
	uint16_t port;
	uint32_t idle, child_rekey, ike_rekey, dpd;
	struct worker_options opt;
	int fd[IPSEC_FD_MAX];
	struct channel channel;
	pid_t pid;
	uint64_t start_ms;
};

static union msg message;

static void
say(const struct drive *d, const char *what)
{
	printf("%8.3f %s\n", (double)(clock_boot_ms() - d->start_ms) / 1000, what);
}

static int
open_tun(void)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "at0"};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		fatal("tunnel device");
	return fd;
}

static int
open_udp(int family, uint16_t port)
{
	struct endpoint any = {.family = family == AF_INET ? 4 : 6, .port = port};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&any, &ss);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1)
		fatal("IPV6_V6ONLY");
	if (fd == -1 || bind(fd, (struct sockaddr *)&ss, len) == -1)
		fatal("port %u", port);
	return fd;
}

static void
send_fd(struct drive *d, enum ipsec_fd_kind kind)
{
	msg_begin(&message, MSG_IPSEC_FD, 0);
	message.ipsec_fd.kind = kind;
	if (channel_send(&d->channel, &message, d->fd[kind]) == -1)
		fatal("sending a descriptor");
}

static void
send_credential(struct drive *d, enum ipsec_credential kind, const char *file)
{
	char path[512];
	ssize_t n;

	msg_begin(&message, MSG_IPSEC_CREDENTIAL, 0);
	snprintf(path, sizeof path, "%s/%s", d->dir, file);
	n = file_read(path, message.ipsec_credential.der, MSG_DER_MAX);
	if (n == -1)
		fatal("%s", path);
	message.ipsec_credential.kind = kind;
	message.ipsec_credential.len = (uint16_t)n;
	if (channel_send(&d->channel, &message, -1) == -1)
		fatal("sending a credential");
}

static void
send_self(struct drive *d)
{
	struct msg_ipsec_self *s = &message.ipsec_self;

	msg_begin(&message, MSG_IPSEC_SELF, 0);
	s->dataplane = d->opt.keep_net_admin ? DATAPLANE_KERNEL : DATAPLANE_USER;
	s->port = d->port;
	s->mtu = 1280;
	s->idle_sec = d->idle;
	s->child_rekey_sec = d->child_rekey;
	s->ike_rekey_sec = d->ike_rekey;
	s->dpd_sec = d->dpd;
	memcpy(s->ula, d->ula, 16);
	snprintf(s->name, sizeof s->name, "%s", d->name);
	if (channel_send(&d->channel, &message, -1) == -1)
		fatal("sending self");
}

static void
start(struct drive *d, const char *program)
{
	int fd;

	d->pid = proc_start(program, ROLE_IPSEC, &d->opt, &fd);
	if (d->pid == -1)
		fatal("starting the worker");
	channel_init(&d->channel, fd, ROLE_MANAGER, ROLE_IPSEC);
	send_fd(d, IPSEC_FD_TUN);
	send_fd(d, IPSEC_FD_UDP4);
	send_fd(d, IPSEC_FD_UDP6);
	if (d->opt.keep_net_admin)
		send_fd(d, IPSEC_FD_RAW6);
	send_credential(d, IPSEC_DEVICE_KEY, "device.key");
	send_credential(d, IPSEC_DEVICE_CERT, "device.crt");
	send_credential(d, IPSEC_ACCOUNT_CA, "ca.crt");
	send_self(d);
}

static void
restart(struct drive *d, const char *program)
{
	kill(d->pid, SIGKILL);
	waitpid(d->pid, NULL, 0);
	close(d->channel.fd);
	start(d, program);
}

static void
wish_peer(struct drive *d, char *rest)
{
	struct msg_ipsec_peer *p = &message.ipsec_peer;
	char *id = strtok(rest, " "), *name = strtok(NULL, " "), *ula = strtok(NULL, " ");
	char *always = strtok(NULL, " "), *contact;

	if (id == NULL || name == NULL || ula == NULL || always == NULL)
		fatalx("peer ID NAME ULA ALWAYS [CONTACT...]");
	msg_begin(&message, MSG_IPSEC_PEER, (uint32_t)atoi(id));
	snprintf(p->name, sizeof p->name, "%s", name);
	inet_pton(AF_INET6, ula, p->ula);
	p->always = (uint8_t)atoi(always);
	while ((contact = strtok(NULL, " ")) != NULL && p->contacts < MSG_CONTACTS_MAX)
		if (endpoint_parse(contact, 4500, &p->contact[p->contacts++]) == -1)
			fatalx("%s is no endpoint", contact);
	if (channel_send(&d->channel, &message, -1) == -1)
		fatal("sending a peer");
}

/* 0 when it is time to go. */
static int
obey(struct drive *d, char *line, const char *program)
{
	char *word = strtok(line, " \n"), *rest = strtok(NULL, "\n");

	if (word == NULL)
		return 1;
	if (strcmp(word, "quit") == 0)
		return 0;
	if (strcmp(word, "kill") == 0) {
		restart(d, program);
		return 1;
	}
	if (strcmp(word, "peer") == 0) {
		wish_peer(d, rest);
		return 1;
	}
	if (strcmp(word, "forget") == 0) {
		msg_begin(&message, MSG_IPSEC_FORGET, (uint32_t)atoi(rest));
	} else if (strcmp(word, "moved") == 0) {
		msg_begin(&message, MSG_IPSEC_MOVED, 0);
	} else {
		msg_begin(&message, MSG_LOG_LEVEL, 0);
		message.log_level.level = (uint32_t)atoi(rest);
	}
	if (channel_send(&d->channel, &message, -1) == -1)
		fatal("sending \"%s\"", word);
	return 1;
}

static void
show_state(const struct drive *d, const struct msg_ipsec_state *s)
{
	static const char *const names[] = {"?", "idle", "connecting", "up"};
	char where[ENDPOINT_TEXT_MAX], line[512];

	snprintf(line, sizeof line, "peer %u %s %s at %s %s in %llu/%llu out %llu/%llu \"%s\"",
	    s->hdr.id, names[s->state], s->initiator ? "initiator" : "responder",
	    endpoint_text(&s->remote, where), s->proposal, (unsigned long long)s->in_packets,
	    (unsigned long long)s->in_bytes, (unsigned long long)s->out_packets,
	    (unsigned long long)s->out_bytes, s->reason);
	say(d, line);
}

/* 0 when the worker is gone. */
static int
hear(struct drive *d)
{
	char line[256];
	int fd, rc;

	while ((rc = channel_recv(&d->channel, &message, &fd)) == 1) {
		if (message.hdr.type == MSG_IPSEC_STATE) {
			show_state(d, &message.ipsec_state);
			continue;
		}
		snprintf(line, sizeof line, "%s", msg_name(message.hdr.type));
		say(d, line);
	}
	return rc == 0;
}

static int
run(struct drive *d, const char *program)
{
	char line[1024];
	size_t used = 0;

	for (;;) {
		struct pollfd fds[2] = {
		    {.fd = 0, .events = POLLIN}, {.fd = d->channel.fd, .events = POLLIN}};

		if (poll(fds, 2, -1) == -1)
			continue;
		if (fds[1].revents != 0 && !hear(d))
			return 1;
		while (fds[0].revents != 0) {
			if (read(0, line + used, 1) != 1)
				return 0;
			if (line[used++] != '\n' && used < sizeof line - 1)
				continue;
			line[used] = '\0';
			used = 0;
			if (!obey(d, line, program))
				return 0;
			break;
		}
	}
}

static int
finish(struct drive *d)
{
	int status;

	msg_begin(&message, MSG_QUIT, 0);
	channel_send(&d->channel, &message, -1);
	waitpid(d->pid, &status, 0);
	printf("worker %s %d\n", WIFEXITED(status) ? "exit" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return status != 0;
}

/* As autotunneld's own main does for "-x ipsec -l LEVEL [-u USER] [-K]". */
static int
be_worker(int argc, char **argv)
{
	struct worker_options opt = {0};
	int c;

	while ((c = getopt(argc, argv, "x:l:u:SK")) != -1) {
		if (c == 'l')
			opt.log_level = atoi(optarg);
		else if (c == 'u')
			opt.user = optarg;
		else if (c == 'K')
			opt.keep_net_admin = 1;
	}
	return ipsec_main(&opt);
}

int
main(int argc, char **argv)
{
	struct drive d = {.idle = 0, .child_rekey = 3600, .ike_rekey = 14400, .dpd = 10};
	char program[512];
	ssize_t n;

	if (argc > 2 && strcmp(argv[1], "-x") == 0)
		return be_worker(argc, argv);
	if (argc < 5 || inet_pton(AF_INET6, argv[2], d.ula) != 1)
		fatalx("ipsec_drive NAME ULA PORT DIR [USER [IDLE CHILD_REKEY IKE_REKEY DPD]]");
	n = readlink("/proc/self/exe", program, sizeof program - 1);
	program[n > 0 ? n : 0] = '\0';
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	log_init("drive", 0);
	d.name = argv[1];
	d.port = (uint16_t)atoi(argv[3]);
	d.dir = argv[4];
	d.opt.log_level = getenv("LEVEL") != NULL ? atoi(getenv("LEVEL")) : LOG_LEVEL_INFO;
	d.opt.keep_net_admin = getenv("KERNEL") != NULL;
	if (argc > 5 && strcmp(argv[5], "-") != 0)
		d.opt.user = argv[5];
	if (argc > 9) {
		d.idle = (uint32_t)atoi(argv[6]);
		d.child_rekey = (uint32_t)atoi(argv[7]);
		d.ike_rekey = (uint32_t)atoi(argv[8]);
		d.dpd = (uint32_t)atoi(argv[9]);
	}
	d.fd[IPSEC_FD_TUN] = open_tun();
	d.fd[IPSEC_FD_UDP4] = open_udp(AF_INET, d.port);
	d.fd[IPSEC_FD_UDP6] = open_udp(AF_INET6, d.port);
	d.fd[IPSEC_FD_RAW6] =
	    d.opt.keep_net_admin ? socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW) : -1;
	d.start_ms = clock_boot_ms();
	printf("device ready\n");
	start(&d, program);
	return run(&d, program) | finish(&d);
}
