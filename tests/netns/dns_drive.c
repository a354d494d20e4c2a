/*
 * Plays the manager to a real DNS worker: the worker runs in a child, locked into its sandbox;
 * commands come as lines from a fifo, what the worker says goes to standard output.
 *
 *	dns_drive FIFO [USER]
 *
 *	zone DOMAIN HOST KEY SECRET EPOCH [WORD...]	SECRET as it is, at least 16 characters;
 * words: see zone_word below publish ULA LEASE NAT [CONTACT...]		NAT as number,
 * CONTACT as ADDRESS:PORT withdraw hurry SECONDS quit		say QUIT, wait for the worker's end
 * vanish close the channel, as if the manager had died; wait for the worker's end
 */
#include "base/clock.h"
#include "base/str.h"
#include "crypto/pin.h"
#include "dnsupdate/dnsupdate.h"
#include "tests/netns/drive.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The worker's wall clock may be wrong, by DNS_DRIVE_SKEW seconds (linked with --wrap). */
static int64_t skew_sec;
uint64_t __real_clock_wall_sec(void);
uint64_t __wrap_clock_wall_sec(void);

uint64_t
__wrap_clock_wall_sec(void)
{
	return (uint64_t)((int64_t)__real_clock_wall_sec() + skew_sec);
}

static uint64_t start_ms, end_ms;
static struct msg_dns_publish last;

static const char *
word(char **rest)
{
	const char *w = strtok_r(NULL, " ", rest);

	if (w == NULL)
		fatalx("a word is missing");
	return w;
}

/* "tls", "tcp" or "udp": the transport; "pin=BASE64"; "port=TLS-PORT"; "known=ADDR", "seen"; else
 * the address of a server. */
static void
zone_word(struct msg_dns_zone *z, const char *w)
{
	static const char *const transports[] = {"auto", "tls", "tcp", "udp"};
	struct pin pin;

	for (uint8_t i = 0; i < DNS_TRANSPORT_MAX; i++) {
		if (strcmp(w, transports[i]) == 0) {
			z->transport = i;
			return;
		}
	}
	if (strncmp(w, "pin=", 4) == 0) {
		if (z->pins == MSG_PINS_MAX || pin_parse(w + 4, &pin) != 0)
			fatalx("%s", w);
		memcpy(z->pin[z->pins++], pin.sha256, MSG_PIN_LEN);
	} else if (strncmp(w, "port=", 5) == 0) {
		z->tls_port = (uint16_t)atoi(w + 5);
	} else if (strcmp(w, "seen") == 0) {
		z->tls_seen = 1;
	} else if (strncmp(w, "known=", 6) == 0) {
		if (z->knowns == MSG_KNOWN_MAX ||
		    endpoint_parse(w + 6, 53, &z->known[z->knowns++].ep) != 0)
			fatalx("%s", w);
	} else if (z->servers == MSG_SERVERS_MAX ||
	    endpoint_parse(w, 53, &z->server[z->servers++]) != 0) {
		fatalx("server %s", w);
	}
}

static void
say_zone(char *rest)
{
	union msg m;
	struct msg_dns_zone *z = &m.dns_zone;
	const char *w;

	msg_begin(&m, MSG_DNS_ZONE, 0);
	str_copy(z->domain, sizeof z->domain, word(&rest));
	str_copy(z->host, sizeof z->host, word(&rest));
	str_copy(z->key_name, sizeof z->key_name, word(&rest));
	w = word(&rest);
	z->secret_len = (uint8_t)strnlen(w, sizeof z->secret);
	memcpy(z->secret, w, z->secret_len);
	z->epoch = strtoull(word(&rest), NULL, 10);
	z->algorithm = TSIG_HMAC_SHA256;
	z->tls_port = 853;
	while ((w = strtok_r(NULL, " ", &rest)) != NULL)
		zone_word(z, w);
	send_message(&m);
}

static void
say_publish(char *rest)
{
	union msg m;
	struct msg_dns_publish *p = &m.dns_publish;
	const char *w;

	msg_begin(&m, MSG_DNS_PUBLISH, 0);
	p->wanted = 1;
	if (inet_pton(AF_INET6, word(&rest), p->ula) != 1)
		fatalx("no ULA");
	p->lease_sec = (uint32_t)atoi(word(&rest));
	p->nat = (uint8_t)atoi(word(&rest));
	p->inbound = INBOUND_YES;
	while ((w = strtok_r(NULL, " ", &rest)) != NULL) {
		if (p->contacts == MSG_CONTACTS_MAX ||
		    endpoint_parse(w, 4500, &p->contact[p->contacts]) != 0)
			fatalx("contact %s", w);
		p->contact[p->contacts].priority = (uint16_t)(10 * p->contacts);
		p->contacts++;
	}
	last = *p;
	send_message(&m);
}

static void
say_withdraw(char *rest)
{
	union msg m;

	(void)rest;
	msg_begin(&m, MSG_DNS_PUBLISH, 0);
	m.dns_publish = last;
	m.dns_publish.wanted = 0;
	send_message(&m);
}

static void
say_hurry(char *rest)
{
	union msg m;

	msg_begin(&m, MSG_DNS_HURRY, 0);
	m.dns_hurry.seconds = (uint32_t)atoi(word(&rest));
	send_message(&m);
}

static void
say_quit(char *rest)
{
	union msg m;

	(void)rest;
	msg_begin(&m, MSG_QUIT, 0);
	end_ms = clock_boot_ms();
	send_message(&m);
}

static void __attribute__((noreturn)) ended(void)
{
	int status;

	if (waitpid(worker, &status, 0) != worker)
		fatal("waitpid");
	printf("worker ended with %#x after %u ms\n", (unsigned)status,
	    end_ms == 0 ? 0 : (unsigned)(clock_boot_ms() - end_ms));
	exit(end_ms != 0 && status == 0 ? 0 : 1);
}

static void
vanish(char *rest)
{
	(void)rest;
	end_ms = clock_boot_ms();
	close(channel.fd);
	ended();
}

static void
obey(char *line)
{
	static const struct {
		const char *verb;
		void (*say)(char *rest);
	} verbs[] = {{"zone", say_zone}, {"publish", say_publish}, {"withdraw", say_withdraw},
	    {"hurry", say_hurry}, {"quit", say_quit}, {"vanish", vanish}};
	char *rest;
	const char *verb;

	line[strcspn(line, "\n")] = '\0';
	verb = strtok_r(line, " ", &rest);
	for (size_t i = 0; verb != NULL && i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verb, verbs[i].verb) == 0) {
			verbs[i].say(rest);
			return;
		}
	fatalx("unknown command: %s", verb == NULL ? "" : verb);
}

static void
show_state(const struct msg_dns_state *s)
{
	static const char *const states[] = {"?", "starting", "ok", "unreachable", "refused"};
	static const char *const sources[] = {"none", "poll", "llq", "push"};
	static const char *const channels[] = {"none", "udp", "tcp", "tls"};
	char text[ENDPOINT_TEXT_MAX];

	printf(
	    "state %s published=%u withdrawn=%u epoch=%llu serial=%u source=%s via=%s lease=%u%s "
	    "server=%s [%s]\n",
	    states[s->status], s->published, s->withdrawn, (unsigned long long)s->epoch, s->serial,
	    sources[s->source], channels[s->channel], s->granted_sec, s->leased ? "" : "-",
	    endpoint_text(&s->server, text), s->reason);
}

static void
show_known(const struct msg_dns_known *k)
{
	char text[ENDPOINT_TEXT_MAX];

	printf("known seen=%u", k->tls_seen);
	for (int i = 0; i < k->knowns; i++)
		printf(
		    " %s%s", k->known[i].tls ? "tls:" : "", endpoint_text(&k->known[i].ep, text));
	printf("\n");
}

static void
show_peer(const struct msg_dns_peer *p)
{
	char text[ENDPOINT_TEXT_MAX], ula[ADDR_TEXT_MAX];

	printf("peer %s %s epoch=%llu ula=%s nat=%u os=%s at", p->name,
	    p->present ? "present" : "gone", (unsigned long long)p->epoch, ip6_text(p->ula, ula),
	    p->nat, p->os);
	for (int i = 0; i < p->contacts; i++)
		printf(" %s", endpoint_text(&p->contact[i], text));
	printf("\n");
}

static void
hear(void)
{
	static union msg m;
	int fd, rc = channel_recv(&channel, &m, &fd);

	if (rc == -1)
		ended();
	if (rc == 0)
		return;
	printf("%6u ms ", (unsigned)(clock_boot_ms() - start_ms));
	if (m.hdr.type == MSG_DNS_STATE)
		show_state(&m.dns_state);
	else if (m.hdr.type == MSG_DNS_PEER)
		show_peer(&m.dns_peer);
	else if (m.hdr.type == MSG_DNS_KNOWN)
		show_known(&m.dns_known);
	else if (m.hdr.type == MSG_DNS_SYNCED)
		printf("synced with %u\n", m.dns_synced.peers);
	else
		printf("hello with features %u\n", m.hello.features);
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[2] = {{.events = POLLIN}, {.events = POLLIN}};
	char line[1024];
	FILE *fifo;

	if (argc < 2)
		fatalx("usage: dns_drive FIFO [USER]");
	log_init("drive", 0);
	if (getenv("DNS_DRIVE_SKEW") != NULL)
		skew_sec = atoll(getenv("DNS_DRIVE_SKEW"));
	setvbuf(stdout, NULL, _IOLBF, 0);
	start_ms = clock_boot_ms();
	start_worker(dnsupdate_main, ROLE_DNSUPDATE, argc > 2 ? argv[2] : NULL);
	if ((fifo = fopen(argv[1], "r+")) == NULL)
		fatal("%s", argv[1]);
	setvbuf(fifo, NULL, _IONBF, 0);
	pfd[0].fd = fileno(fifo);
	pfd[1].fd = channel.fd;
	for (;;) {
		if (poll(pfd, 2, -1) == -1 && errno != EINTR)
			fatal("poll");
		if (pfd[1].revents != 0)
			hear();
		if (pfd[0].revents != 0 && fgets(line, sizeof line, fifo) != NULL)
			obey(line);
	}
}
