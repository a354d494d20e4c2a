/*
 * Plays the manager to a real port-mapping worker: the worker runs in a child, locked into its
 * sandbox; commands come as lines from a fifo, states go to standard output.
 *
 *	natpmp_drive FIFO [USER]
 *
 *	want ID GATEWAY[%LINK-NUMBER] ADDRESS:PORT METHODS LIFETIME EXTERNAL-PORT [KNOWN-METHOD
 *	     [BESIDE FROM]]
 *	drop ID
 *	quit		say QUIT, wait for the worker's end
 *	vanish		close the channel, as if the manager had died; wait for the worker's end
 */
#include "base/clock.h"
#include "natpmp/natpmp.h"
#include "tests/netns/drive.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
want(const char *args)
{
	char gateway[64], local[64], beside[64] = "", from[64] = "", *link;
	unsigned id, methods, lifetime, port, known = 0;
	union msg m;

	if (sscanf(args, "%u %63s %63s %u %u %u %u %63s %63s", &id, gateway, local, &methods,
		&lifetime, &port, &known, beside, from) < 6)
		fatalx("want what?");
	msg_begin(&m, MSG_NATPMP_WANT, id);
	link = strchr(gateway, '%');
	if (link != NULL) {
		*link++ = '\0';
		m.natpmp_want.ifindex = (uint32_t)atoi(link);
	}
	if (endpoint_parse(gateway, 0, &m.natpmp_want.gateway) != 0 ||
	    endpoint_parse(local, 0, &m.natpmp_want.local) != 0)
		fatalx("no address: %s or %s", gateway, local);
	if (*from != '\0' &&
	    (endpoint_parse(beside, 0, &m.natpmp_want.beside) != 0 ||
		endpoint_parse(from, 0, &m.natpmp_want.from) != 0))
		fatalx("no address: %s or %s", beside, from);
	m.natpmp_want.methods = (uint8_t)methods;
	m.natpmp_want.lifetime_sec = lifetime;
	m.natpmp_want.proto = IPPROTO_UDP;
	m.natpmp_want.known = (uint8_t)known;
	memset(m.natpmp_want.nonce, (int)id, sizeof m.natpmp_want.nonce);
	m.natpmp_want.external.family = port == 0 ? 0 : m.natpmp_want.local.family;
	m.natpmp_want.external.port = (uint16_t)port;
	send_message(&m);
}

static void end(void) __attribute__((noreturn));

static void
end(void)
{
	uint64_t start = clock_boot_ms();
	int status;

	if (waitpid(worker, &status, 0) != worker)
		fatal("waitpid");
	printf("worker ended with %#x after %u ms\n", (unsigned)status,
	    (unsigned)(clock_boot_ms() - start));
	exit(status == 0 ? 0 : 1);
}

static void
obey(char *line)
{
	union msg m;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "want ", 5) == 0) {
		want(line + 5);
	} else if (strncmp(line, "drop ", 5) == 0) {
		msg_begin(&m, MSG_NATPMP_DROP, (uint32_t)atoi(line + 5));
		send_message(&m);
	} else if (strcmp(line, "quit") == 0) {
		msg_begin(&m, MSG_QUIT, 0);
		send_message(&m);
		end();
	} else if (strcmp(line, "vanish") == 0) {
		close(channel.fd);
		end();
	} else {
		fatalx("unknown command: %s", line);
	}
}

static void
show(const struct msg_natpmp_state *s)
{
	static const char *const states[] = {"?", "asking", "up", "refused", "silent"};
	static const char *const methods[] = {"none", "natpmp", "pcp", "?", "upnp"};
	char text[ENDPOINT_TEXT_MAX];
	long renew = s->renew_ms == 0 ? 0 : (long)(s->renew_ms - clock_boot_ms() + 500) / 1000;

	printf("%u: %s by %s at %s for %u renews in %ld [%s]\n", s->hdr.id, states[s->state],
	    methods[s->method], endpoint_text(&s->external, text), s->lifetime_sec, renew,
	    s->reason);
}

static void
hear(void)
{
	union msg m;
	int fd, rc = channel_recv(&channel, &m, &fd);

	if (rc == -1)
		fatal("the worker is gone");
	if (rc == 1 && m.hdr.type == MSG_HELLO)
		printf("hello with features %u\n", m.hello.features);
	if (rc == 1 && m.hdr.type == MSG_NATPMP_EXCHANGE)
		printf("    %s  (at %u ms)\n", m.natpmp_exchange.text, (unsigned)clock_boot_ms());
	if (rc == 1 && m.hdr.type == MSG_NATPMP_STATE)
		show(&m.natpmp_state);
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[2] = {{.events = POLLIN}, {.events = POLLIN}};
	char line[256];
	FILE *fifo;

	if (argc < 2)
		fatalx("usage: natpmp_drive FIFO [USER]");
	log_init("drive", 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	start_worker(natpmp_main, ROLE_NATPMP, argc > 2 ? argv[2] : NULL);
	fifo = fopen(argv[1], "r+");
	if (fifo == NULL)
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
