#include "manager/filter.h"

#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NFT "nft"
#define TABLE "inet autotunnel"

extern char **environ;

/* ---- the script ---- */

struct printer {
	char *out;
	size_t used;
	int failed;
};

static void print(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
print(struct printer *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->out + p->used, FILTER_SCRIPT_MAX - p->used, fmt, ap);
	va_end(ap);
	p->failed |= n < 0 || (size_t)n >= FILTER_SCRIPT_MAX - p->used;
	if (!p->failed)
		p->used += (size_t)n;
}

static void
print_rule(struct printer *p, const struct allow_rule *r, const uint8_t *ula)
{
	char text[ADDR_TEXT_MAX];

	print(p, "\t\t");
	if (ula != NULL)
		print(p, "ip6 saddr %s ", ip6_text(ula, text));
	if (r->protocol != ALLOW_ANY)
		print(p, "%s dport %u-%u ", r->protocol == ALLOW_UDP ? "udp" : "tcp", r->first,
		    r->last);
	print(p, "accept\n");
}

/* A machine that is not known has no rule; it gets one when it is. */
static const uint8_t *
find(const struct filter_peer *peer, size_t peers, const char *label)
{
	for (size_t i = 0; i < peers; i++)
		if (strcmp(peer[i].label, label) == 0)
			return peer[i].ula;
	return NULL;
}

size_t
filter_script(const struct config *c, const uint8_t ula[16], const char *interface,
    const struct filter_peer *peer, size_t peers, char out[FILTER_SCRIPT_MAX])
{
	struct printer p = {.out = out};
	char text[ADDR_TEXT_MAX];

	print(&p,
	    "table " TABLE "\ndelete table " TABLE "\ntable " TABLE " {\n\tchain input {\n"
	    "\t\ttype filter hook input priority filter; policy accept;\n"
	    "\t\tmeta nfproto != ipv6 accept\n\t\tip6 daddr != %s accept\n\t\tiif lo accept\n"
	    "\t\tiifname != \"%s\" meta ipsec missing counter drop\n"
	    "\t\tct state established,related accept\n\t\tmeta l4proto ipv6-icmp accept\n",
	    ip6_text(ula, text), interface);
	for (unsigned i = 0; i < c->allow_everyone.count; i++)
		print_rule(&p, &c->allow_everyone.rule[i], NULL);
	for (unsigned i = 0; i < c->allow_machines.count; i++) {
		const struct allow_rule *r = &c->allow_machines.rule[i];
		const uint8_t *from = find(peer, peers, r->label);

		if (from != NULL)
			print_rule(&p, r, from);
	}
	print(&p, "\t\tcounter reject with icmpv6 type admin-prohibited\n\t}\n}\n");
	return p.failed ? 0 : p.used;
}

/* ---- nft(8) ---- */

/* Its status; -1 with errno when it cannot be run. */
static int
run_nft(const char *script, size_t len)
{
	static char nft[] = NFT, file[] = "-f", in[] = "-";
	char *argv[] = {nft, file, in, NULL};
	posix_spawn_file_actions_t actions;
	int fds[2], status = -1, rc;
	pid_t pid;

	if (pipe(fds) == -1)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, fds[1]);
	rc = posix_spawnp(&pid, NFT, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[0]);
	if (rc == 0 && write(fds[1], script, len) != (ssize_t)len)
		log_warn(NFT);
	close(fds[1]);
	if (rc != 0) {
		errno = rc;
		return -1;
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void
say(struct manager *m, const char *what)
{
	if (strcmp(m->filter_text, what) != 0)
		log_warnx("incoming connections are not filtered: %s", what);
	str_copy(m->filter_text, sizeof m->filter_text, what);
}

static size_t
list_peers(const struct manager *m, struct filter_peer *out)
{
	const struct peer *p;
	size_t n = 0;

	TAILQ_FOREACH (p, &m->peers, entry) {
		if (!p->usable)
			continue;
		snprintf(out[n].label, sizeof out[n].label, "%.*s",
		    (int)strcspn(p->records.name, "."), p->records.name);
		memcpy(out[n++].ula, p->wanted.ula, 16);
	}
	return n;
}

void
filter_update(struct manager *m)
{
	static char script[FILTER_SCRIPT_MAX];
	struct filter_peer *peer;
	size_t len;

	if (geteuid() != 0)
		return; /* a test */
	peer = calloc(m->peer_count + 1, sizeof *peer);
	if (peer == NULL)
		fatalx("out of memory");
	len = filter_script(
	    &m->config, m->identity->ula, m->link.name, peer, list_peers(m, peer), script);
	free(peer);
	if (m->filter_script != NULL && strlen(m->filter_script) == len &&
	    memcmp(m->filter_script, script, len) == 0)
		return;
	free(m->filter_script);
	m->filter_script = strndup(script, len);
	switch (len == 0 ? 1 : run_nft(script, len)) {
	case 0:
		m->filter_text[0] = '\0';
		break;
	case -1:
		say(m,
		    errno == ENOENT ? "nft(8) is not installed (package nftables)"
				    : strerror(errno));
		break;
	default:
		say(m, "nft(8) did not take the rules");
		break;
	}
}

void
filter_remove(struct manager *m)
{
	static const char script[] = "table " TABLE "\ndelete table " TABLE "\n";

	if (m->filter_script != NULL && m->filter_text[0] == '\0')
		run_nft(script, sizeof script - 1);
	free(m->filter_script);
	m->filter_script = NULL;
}
