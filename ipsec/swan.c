#include "ipsec/swan.h"

#include "base/str.h"

#include <string.h>

host_t *
host_of(const struct endpoint *ep)
{
	struct sockaddr_storage ss;

	if (endpoint_to_sockaddr(ep, &ss) == 0)
		return NULL;
	return host_create_from_sockaddr((sockaddr_t *)&ss);
}

struct endpoint
endpoint_of(host_t *host)
{
	struct endpoint ep = {0};

	if (host != NULL && endpoint_from_sockaddr(host->get_sockaddr(host), &ep) == -1)
		ep = (struct endpoint) {0};
	return ep;
}

int
fqdn_of(identification_t *id, char *out, size_t size)
{
	chunk_t text = id->get_encoding(id);

	if (id->get_type(id) != ID_FQDN || text.len == 0 || text.len >= size)
		return -1;
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	if (strlen(out) != text.len || !str_is_hostname(out, 0))
		return -1;
	str_lower(out);
	return 0;
}

int
address_of(traffic_selector_t *ts, uint8_t out[16])
{
	chunk_t from = ts->get_from_address(ts), to = ts->get_to_address(ts);

	if (from.len != 16 || to.len != 16 || memcmp(from.ptr, to.ptr, 16) != 0)
		return -1;
	memcpy(out, from.ptr, 16);
	return 0;
}
