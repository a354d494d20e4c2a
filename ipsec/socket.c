#include "ipsec/swan.h"

#include "ipsec/socket.h"

#include "base/log.h"
#include "ipsec/knocked.h"
#include "ipsec/plane.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

/* libcharon answers a flood with cookies, but only what it has read: what it cannot read in time
 * must not pile up. */
#define QUEUE_MAX 512

/* Made with the socket_t, lives as long; the data plane's threads are stopped before. */
static blocking_queue_t *queue;
static atomic_int queued;

void
socket_receive(void *ctx, const void *data, size_t len, const struct endpoint *local,
    const struct endpoint *remote)
{
	packet_t *packet;

	if (knocked_take(data, len, remote))
		return;
	if (queue == NULL || atomic_load(&queued) >= QUEUE_MAX)
		return;
	packet = packet_create_from_data(host_of(remote), host_of(local),
	    chunk_clone(chunk_create((u_char *)(uintptr_t)data, len)));
	atomic_fetch_add(&queued, 1);
	queue->enqueue(queue, packet);
}

/* Blocks; a cancellation point, which libcharon needs at shutdown. */
static status_t
receive(socket_t *this, packet_t **packet)
{
	*packet = queue->dequeue(queue);
	if (*packet == NULL)
		return FAILED;
	atomic_fetch_sub(&queued, 1);
	return SUCCESS;
}

/* From the address libcharon thinks we have; if that has just gone, from whichever there is. */
static status_t
send_packet(socket_t *this, packet_t *packet)
{
	struct endpoint local = endpoint_of(packet->get_source(packet));
	struct endpoint remote = endpoint_of(packet->get_destination(packet));
	const struct endpoint any = {0};
	chunk_t data = packet->get_data(packet);

	if (plane_send(&local, &remote, data.ptr, data.len) == 0 ||
	    plane_send(&any, &remote, data.ptr, data.len) == 0)
		return SUCCESS;
	log_debug("sending IKE: %s", strerror(errno));
	return FAILED;
}

static uint16_t
get_port(socket_t *this, bool nat_t)
{
	return plane_port();
}

static socket_family_t
supported_families(socket_t *this)
{
	return (plane_fd(IPSEC_FD_UDP4) != -1 ? SOCKET_FAMILY_IPV4 : 0) |
	    (plane_fd(IPSEC_FD_UDP6) != -1 ? SOCKET_FAMILY_IPV6 : 0);
}

static void
destroy(socket_t *this)
{
	queue->destroy_offset(queue, offsetof(packet_t, destroy));
	queue = NULL;
	free(this);
}

void *
socket_make(void)
{
	socket_t *s = malloc(sizeof *s);

	if (s == NULL)
		fatal("socket");
	queue = blocking_queue_create();
	*s = (socket_t) {
	    .receive = receive,
	    .send = send_packet,
	    .get_port = get_port,
	    .supported_families = supported_families,
	    .destroy = destroy,
	};
	return s;
}
