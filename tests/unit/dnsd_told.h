/* Those who follow one name in the tests of subscriptions, one by a long-lived query and one by
 * push: the last that each was told, and how often. */
#ifndef UNIT_DNSD_TOLD_H
#define UNIT_DNSD_TOLD_H

#include "dnsupdate/server/live/llqs.h"
#include "dnsupdate/server/live/push.h"

#include <string.h>

static struct llqs *llqs;
static struct push *push;
static uint8_t event[1232], pushed[PUSH_MESSAGE_MAX];
static size_t event_len, pushed_len;
static unsigned events, messages;

static void
on_event(void *ctx, const struct requester *to, const void *data, size_t len)
{
	assert_true(len <= sizeof event);
	memcpy(event, data, len);
	event_len = len;
	events++;
}

static int
on_push(void *conn, const void *data, size_t len)
{
	memcpy(pushed, data, len);
	pushed_len = len;
	messages++;
	return 0;
}

static size_t
nothing_queued(void *conn)
{
	return 0;
}

static void
no_abort(void *conn)
{
	fail();
}

static enum request_result
on_llq(void *ctx, struct request *r)
{
	return llqs_request(llqs, r, 0);
}

#endif
