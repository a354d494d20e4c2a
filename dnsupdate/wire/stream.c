#include "dnsupdate/wire/stream.h"

#include "dnsupdate/wire/message.h"

int
stream_prefix(uint8_t out[STREAM_PREFIX], size_t len)
{
	if (len < MESSAGE_HEADER || len > MESSAGE_MAX)
		return -1;
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	return 0;
}

int
stream_next(const uint8_t *data, size_t have, size_t max, const uint8_t **msg, size_t *len)
{
	size_t size;

	*len = STREAM_PREFIX;
	if (have < STREAM_PREFIX)
		return 0;
	size = (size_t)data[0] << 8 | data[1];
	if (size < MESSAGE_HEADER || size > max)
		return -1;
	if (have < STREAM_PREFIX + size) {
		*len = STREAM_PREFIX + size;
		return 0;
	}
	*msg = data + STREAM_PREFIX;
	*len = size;
	return 1;
}
