#include "cli/tls_probe.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBE_MS 5000
#define AUTHORITIES_MAX (2 << 20)

/* The file's bytes, or NULL. */
static void *
read_authorities(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data = NULL;

	*len = 0;
	if (fd != -1 && fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= AUTHORITIES_MAX &&
	    (data = malloc((size_t)st.st_size)) != NULL) {
		ssize_t n = read(fd, data, (size_t)st.st_size);

		*len = n > 0 ? (size_t)n : 0;
	}
	if (fd != -1)
		close(fd);
	return data;
}

/* By the configuration; when that names nobody, by a pin that no key has, only to see the real one.
 */
static struct tls_context *
make_context(const struct config_dns *dns, int *names_nobody, char why[TLS_TEXT_MAX])
{
	struct pin pins[MSG_PINS_MAX] = {{{0}}};
	struct tls_settings s = {.pins = pins};
	struct tls_context *c;
	void *pem = NULL;

	for (unsigned i = 0; i < dns->tls_pins; i++)
		if (pin_parse(dns->tls_pin[i], &pins[s.pin_count]) == 0)
			s.pin_count++;
	*names_nobody = s.pin_count == 0 && dns->tls_name[0] == '\0';
	if (*names_nobody)
		s.pin_count = 1;
	if (dns->tls_name[0] != '\0')
		s.name = dns->tls_name;
	if (s.pin_count == 0) {
		pem = read_authorities(dns->tls_ca, &s.authorities.len);
		s.authorities.data = pem;
	}
	c = tls_client_context(&s, why);
	free(pem);
	return c;
}

/* Until the handshake is over, well or not; 0 = well, else why. */
static int
shake(struct tls *t, int fd, char why[TLS_TEXT_MAX])
{
	uint64_t end = clock_boot_ms() + PROBE_MS, now;
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};

	while ((now = clock_boot_ms()) < end) {
		if (poll(&pfd, 1, (int)(end - now)) <= 0)
			continue;
		if (tls_handshake(t) == 0)
			return 0;
		if (errno != EAGAIN) {
			str_copy(why, TLS_TEXT_MAX, tls_error(t));
			return -1;
		}
		pfd.events = tls_wants(t) == TLS_WANT_WRITE ? POLLOUT : POLLIN;
	}
	str_copy(why, TLS_TEXT_MAX, "does not answer");
	return -1;
}

enum tls_probe_result
tls_probe(const struct endpoint *server, const struct config_dns *dns, struct pin *seen,
    char why[TLS_TEXT_MAX])
{
	enum tls_probe_result result = TLS_PROBE_FAILED;
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(server, &sa);
	int names_nobody, fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct tls_context *c = make_context(dns, &names_nobody, why);
	struct tls *t = NULL;

	if (c == NULL || fd == -1)
		goto out;
	if (connect(fd, (struct sockaddr *)&sa, len) == -1 && errno != EINPROGRESS) {
		str_copy(why, TLS_TEXT_MAX, strerror(errno));
		goto out;
	}
	if ((t = tls_new(c, fd)) == NULL)
		goto out;
	if (shake(t, fd, why) == 0)
		result = TLS_PROBE_VERIFIED;
	else if (names_nobody && tls_peer_pin(t, seen) == 0)
		result = TLS_PROBE_UNVERIFIED;
out:
	tls_free(t);
	tls_context_free(c);
	if (fd != -1)
		close(fd);
	return result;
}
