/*
 * A UPnP router that does not behave, on UDP 1900 and TCP 5000:
 *
 *	fake_router ADDRESS MODE [GROUP]
 *
 * ADDRESS is its own in the LAN; with GROUP it hears the multicast search only.  MODE:
 *	fair		does what is asked, external address 11.22.33.7
 *	permanent	725 unless the lease is 0
 *	busy		718 for every port
 *	same		724 unless both ports are the same
 *	inner		maps, external address 10.7.7.2
 *	offline		501, external address 10.7.7.2
 *	unknown		maps, but has no external address
 *	liar		says its external address is 127.0.0.1
 *	elsewhere	its description is on 127.0.0.1
 *	control		its description leads to another host
 *	large		its description never ends
 *	slow		its description comes an octet a second
 *	closed		accepts and says nothing
 *	redirect	its description has moved to 127.0.0.1
 *	bomb		its description would be a billion words long, were its entities expanded
 *	junk		its description is no description
 * Each request is a line on standard output.
 */
#include "base/log.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *address, *mode;

static int
is_mode(const char *name)
{
	return strcmp(mode, name) == 0;
}

static int
open_socket(int type, const char *addr, int port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, type, 0), on = 1;

	if (inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		fatalx("no address: %s", addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&sin, sizeof sin) == -1)
		fatal("bind %s", addr);
	return fd;
}

static int
open_search(int group)
{
	struct ip_mreq mreq;
	int fd;

	if (!group)
		return open_socket(SOCK_DGRAM, "0.0.0.0", 1900);
	fd = open_socket(SOCK_DGRAM, "239.255.255.250", 1900);
	inet_pton(AF_INET, "239.255.255.250", &mreq.imr_multiaddr);
	inet_pton(AF_INET, address, &mreq.imr_interface);
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof mreq) == -1)
		fatal("IP_ADD_MEMBERSHIP");
	return fd;
}

static void
answer_search(int fd, int from)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	char text[1024];
	ssize_t n = recvfrom(fd, text, sizeof text - 1, 0, (struct sockaddr *)&ss, &len);

	if (n <= 0)
		return;
	text[n] = '\0';
	if (strstr(text, "WANIPConnection") == NULL)
		return;
	printf("search\n");
	snprintf(text, sizeof text,
	    "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:service:WANIPConnection:1\r\n"
	    "LOCATION: http://%s:5000/desc.xml\r\n\r\n",
	    is_mode("elsewhere") ? "127.0.0.1" : address);
	if (sendto(from, text, strlen(text), 0, (struct sockaddr *)&ss, len) == -1)
		log_warn("sendto");
}

static void
put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		exit(0);
}

static void
reply(int fd, const char *status, const char *body)
{
	char head[128];

	snprintf(
	    head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status, strlen(body));
	put(fd, head);
	put(fd, body);
}

/* Ten of each are the next one. */
static void
put_bomb(int fd)
{
	put(fd,
	    "HTTP/1.1 200 OK\r\n\r\n<?xml version=\"1.0\"?><!DOCTYPE root [<!ENTITY a \"words\">");
	for (char c = 'b'; c <= 'j'; c++) {
		char text[128];
		int n = snprintf(text, sizeof text, "<!ENTITY %c \"", c);

		for (int i = 0; i < 10; i++)
			n += snprintf(text + n, sizeof text - (size_t)n, "&%c;", c - 1);
		snprintf(text + n, sizeof text - (size_t)n, "\">");
		put(fd, text);
	}
	put(fd, "]><root><device><deviceType>&j;</deviceType></device></root>");
}

static void
describe(int fd)
{
	char body[1024];

	if (is_mode("closed"))
		pause();
	if (is_mode("redirect")) {
		put(fd,
		    "HTTP/1.1 301 Moved Permanently\r\nLocation: http://127.0.0.1:5000/root.xml\r\n"
		    "Content-Length: 0\r\n\r\n");
		return;
	}
	if (is_mode("bomb")) {
		put_bomb(fd);
		return;
	}
	if (is_mode("large") || is_mode("slow"))
		put(fd, "HTTP/1.1 200 OK\r\n\r\n<root>");
	while (is_mode("large"))
		put(fd,
		    "<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>");
	for (; is_mode("slow"); sleep(1))
		put(fd, "<");
	snprintf(body, sizeof body,
	    "<?xml version=\"1.0\"?><root><device><deviceList><device><serviceList><service>"
	    "<serviceType>urn:schemas-upnp-org:service:%s:1</serviceType>"
	    "<controlURL>%s/control</controlURL><eventSubURL>/e</eventSubURL>"
	    "<SCPDURL>/s.xml</SCPDURL></service></serviceList></device></deviceList></device></"
	    "root>",
	    is_mode("junk") ? "Toaster" : "WANIPConnection",
	    is_mode("control") ? "http://192.168.1.99:5000" : "");
	reply(fd, "200 OK", body);
}

static void
refuse(int fd, int code)
{
	char body[512];

	snprintf(body, sizeof body,
	    "<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>%d</errorCode>"
	    "</UPnPError></detail></s:Fault></s:Body></s:Envelope>",
	    code);
	reply(fd, "500 Internal Server Error", body);
}

static int
has(const char *request, const char *element, const char *value)
{
	char text[128];

	snprintf(text, sizeof text, "<%s>%s</%s>", element, value, element);
	return strstr(request, text) != NULL;
}

static void
add_mapping(int fd, const char *request)
{
	printf("add\n");
	if (is_mode("offline"))
		refuse(fd, 501);
	else if (is_mode("busy"))
		refuse(fd, 718);
	else if (is_mode("permanent") && !has(request, "NewLeaseDuration", "0"))
		refuse(fd, 725);
	else if (is_mode("same") && !has(request, "NewExternalPort", "4500"))
		refuse(fd, 724);
	else
		reply(fd, "200 OK", "<s:Envelope><s:Body/></s:Envelope>");
}

static const char *
external(void)
{
	if (is_mode("liar"))
		return "127.0.0.1";
	if (is_mode("inner") || is_mode("offline"))
		return "10.7.7.2";
	return is_mode("unknown") ? "" : "11.22.33.7";
}

static void
serve(int fd)
{
	char request[4096];
	ssize_t n, len = 0;
	char body[256];

	alarm(30);
	while ((n = read(fd, request + len, sizeof request - 1 - (size_t)len)) > 0) {
		len += n;
		request[len] = '\0';
		if (strncmp(request, "GET", 3) == 0 || strstr(request, "</s:Envelope>") != NULL)
			break;
	}
	request[len] = '\0';
	printf("%.*s\n", (int)strcspn(request, "\r\n"), request);
	snprintf(body, sizeof body, "<NewExternalIPAddress>%s</NewExternalIPAddress>", external());
	if (strncmp(request, "GET", 3) == 0)
		describe(fd);
	else if (strstr(request, "#AddPortMapping") != NULL)
		add_mapping(fd, request);
	else if (strstr(request, "#GetExternalIPAddress") != NULL)
		reply(fd, "200 OK", body);
	else if (strstr(request, "#DeletePortMapping") != NULL)
		printf("deleted\n"), reply(fd, "200 OK", "<s:Envelope/>");
	else
		refuse(fd, 714);
	exit(0);
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[2] = {{.events = POLLIN}, {.events = POLLIN}};
	int from, fd;

	if (argc < 3)
		fatalx("usage: fake_router ADDRESS MODE [GROUP]");
	address = argv[1];
	mode = argv[2];
	log_init("fake_router", 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	pfd[0].fd = open_search(argc > 3);
	pfd[1].fd = open_socket(SOCK_STREAM, "0.0.0.0", 5000);
	from = argc > 3 ? open_socket(SOCK_DGRAM, address, 0) : pfd[0].fd;
	if (listen(pfd[1].fd, 8) == -1)
		fatal("listen");
	printf("ready\n");
	while (poll(pfd, 2, -1) > 0) {
		if (pfd[0].revents != 0)
			answer_search(pfd[0].fd, from);
		if (pfd[1].revents == 0 || (fd = accept(pfd[1].fd, NULL, NULL)) == -1)
			continue;
		if (fork() == 0) {
			close(pfd[0].fd);
			close(pfd[1].fd);
			serve(fd);
		}
		close(fd);
	}
	return 1;
}
