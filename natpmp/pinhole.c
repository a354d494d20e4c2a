#include "natpmp/pinhole.h"

#include "base/str.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 8192
#define REQUEST_MAX 2048

/* ---- the answer ---- */

/* The number in <name>...</name>, whatever prefix the name has; -1 when there is none. */
static long
element_number(const char *text, const char *name)
{
	char open[32], digits[8];
	const char *at;
	unsigned long n;
	size_t len;

	snprintf(open, sizeof open, "%s>", name);
	at = strstr(text, open);
	if (at == NULL)
		return -1;
	at += strlen(open);
	len = strspn(at, "0123456789");
	if (len == 0 || len >= sizeof digits || at[len] != '<')
		return -1;
	memcpy(digits, at, len);
	digits[len] = '\0';
	return str_number(digits, 0, 65535, &n) == 0 ? (long)n : -1;
}

int
pinhole_answer(const char *data, size_t len, uint32_t *id)
{
	char text[ANSWER_MAX + 1];
	long number;

	*id = 0;
	if (len > ANSWER_MAX || len < 12 || memchr(data, '\0', len) != NULL)
		return -1;
	memcpy(text, data, len);
	text[len] = '\0';
	if (strncmp(text, "HTTP/1.", 7) != 0)
		return -1;
	if (strncmp(text + 8, " 200", 4) != 0) {
		number = element_number(text, "errorCode");
		return number > 0 ? (int)number : -1;
	}
	number = element_number(text, "UniqueID");
	*id = number > 0 ? (uint32_t)number : 0;
	return 0;
}

/* ---- the question ---- */

static int
is_word(const char *text)
{
	return *text != '\0' &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.") ==
	    strlen(text);
}

/* "http://ADDRESS[:PORT]/PATH", checked by igd_url_at: port and path, NULL when there is none. */
static const char *
split_url(const char *url, uint16_t *port)
{
	const char *host = url + strlen("http://"), *path = strchr(host, '/');
	const char *colon = strchr(host, ':');

	*port = colon != NULL && colon < path ? (uint16_t)atoi(colon + 1) : 80;
	return path;
}

static int
write_body(const struct igd_request *req, const char *service, char *out, size_t size)
{
	char local[ADDR_TEXT_MAX];

	if (req->what == IGD_UNMAP)
		return snprintf(out, size,
		    "<u:DeletePinhole xmlns:u=\"%s\"><UniqueID>%u</UniqueID></u:DeletePinhole>",
		    service, req->port);
	endpoint_addr_text(&req->local, local);
	return snprintf(out, size,
	    "<u:AddPinhole xmlns:u=\"%s\"><RemoteHost></RemoteHost><RemotePort>0</RemotePort>"
	    "<InternalClient>%s</InternalClient><InternalPort>%u</InternalPort>"
	    "<Protocol>%u</Protocol><LeaseTime>%u</LeaseTime></u:AddPinhole>",
	    service, local, req->local.port, req->proto, req->lifetime_sec);
}

static int
write_request(const struct igd_request *req, const char *service, const char *path, uint16_t port,
    char *out, size_t size)
{
	static const char envelope[] =
	    "<?xml version=\"1.0\"?>\r\n"
	    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
	    "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>%s</s:Body>"
	    "</s:Envelope>\r\n";
	char body[640], message[1024], host[ADDR_TEXT_MAX];
	int len;

	write_body(req, service, body, sizeof body);
	len = snprintf(message, sizeof message, envelope, body);
	endpoint_addr_text(&req->router6, host);
	return snprintf(out, size,
	    "POST %s HTTP/1.1\r\nHost: [%s]:%u\r\nContent-Type: text/xml; charset=\"utf-8\"\r\n"
	    "SOAPAction: \"%s#%s\"\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
	    path, host, port, service, req->what == IGD_UNMAP ? "DeletePinhole" : "AddPinhole", len,
	    message);
}

static int
connect_to(const struct igd_request *req, uint16_t port)
{
	struct endpoint from = req->local, to = req->router6;
	struct sockaddr_storage ss;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len;

	if (fd < 0)
		return -1;
	from.port = 0;
	len = endpoint_to_sockaddr(&from, &ss);
	if (bind(fd, (struct sockaddr *)&ss, len) != 0)
		goto fail;
	to.port = port;
	len = endpoint_to_sockaddr(&to, &ss);
	((struct sockaddr_in6 *)&ss)->sin6_scope_id = req->ifindex;
	if (connect(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
fail:
	close(fd);
	return -1;
}

/* To its end, or as much as is of interest; the parent's deadline ends a slow one. */
static size_t
read_all(int fd, char *out, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size && (n = read(fd, out + used, size - used)) > 0)
		used += (size_t)n;
	return used;
}

int
pinhole_ask(const struct igd_request *req, const char *service, const char *control, uint32_t *id)
{
	static char answer[ANSWER_MAX];
	char request[REQUEST_MAX];
	const char *path;
	uint16_t port;
	int fd, len, rc = -1;

	if (!is_word(service) || !igd_url_at(control, &req->gateway))
		return -1;
	path = split_url(control, &port);
	if (path == NULL)
		return -1;
	len = write_request(req, service, path, port, request, sizeof request);
	if (len <= 0 || (size_t)len >= sizeof request || (fd = connect_to(req, port)) < 0)
		return -1;
	if (write(fd, request, (size_t)len) == len)
		rc = pinhole_answer(answer, read_all(fd, answer, sizeof answer), id);
	close(fd);
	return rc;
}
