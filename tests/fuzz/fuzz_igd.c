/*
 * UPnP: first octet 'S' and a search answer, 'U' and a URL, 'P' and the answer about a hole, 'A'
 * and what the child wrote.  What comes through must be at the gateway.
 */
#include "natpmp/igd.h"
#include "natpmp/pinhole.h"
#include "natpmp/ssdp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct endpoint gateway = {.family = 4, .addr = {192, 168, 1, 1}};

static void
check_url(const char *url)
{
	static const char start[] = "http://192.168.1.1";
	char next;

	if (!igd_url_at(url, &gateway))
		return;
	if (strncmp(url, start, sizeof start - 1) != 0 || strlen(url) >= IGD_URL_MAX)
		abort();
	next = url[sizeof start - 1];
	if (next != ':' && next != '/')
		abort();
}

static void
check_search(const char *data, size_t size)
{
	char url[IGD_URL_MAX];
	uint32_t tag;

	if (ssdp_alive(data, size, &tag) == 0 && tag == 0)
		abort();
	if (ssdp_location(data, size, url, sizeof url) == 0)
		check_url(url);
}

static void
check_answer(const void *data, size_t size)
{
	struct igd_request req = {.what = IGD_MAP, .gateway = gateway};
	struct igd_answer a;

	if (size != sizeof a)
		return;
	memcpy(&a, data, sizeof a);
	for (req.what = IGD_MAP; req.what <= IGD_UNMAP; req.what++)
		if (igd_answer_ok(&a, &req) && !endpoint_valid(&a.external))
			abort();
	if (igd_answer_ok(&a, &req))
		check_url(a.location);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t id;
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 'S')
		check_search((const char *)data + 1, size - 1);
	else if (data[0] == 'U')
		check_url(text);
	else if (data[0] == 'P' && pinhole_answer(text, size - 1, &id) == 0 && id > 65535)
		abort();
	else if (data[0] == 'A')
		check_answer(data + 1, size - 1);
	free(text);
	return 0;
}
