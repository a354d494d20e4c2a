/*
 * UPnP Internet Gateway Device, through miniupnpc in a throw-away child: the library blocks and
 * reads XML from whoever answers.
 */
#ifndef NATPMP_IGD_H
#define NATPMP_IGD_H

#include "base/addr.h"

#include <stdint.h>

struct loop;

#define IGD_URL_MAX 160
#define IGD_MAP_MS 12000 /* what the child may take, at most */
#define IGD_UNMAP_MS 2000

enum igd_what { IGD_MAP = 1, IGD_UNMAP };

struct igd_request {
	uint8_t what; /* enum igd_what */
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	uint16_t port; /* external: wished for, or to be deleted; a hole's number to be closed */
	uint32_t lifetime_sec;
	uint32_t ifindex; /* the link to the router; 0 = as routing says */
	uint32_t pad;
	struct endpoint gateway; /* IPv4, whose description is read */
	struct endpoint from; /* our address towards it */
	struct endpoint local; /* the port to map; IPv6: to open a hole to */
	struct endpoint router6; /* IPv6: the router's address on ifindex; else family 0 */
	char location[IGD_URL_MAX]; /* of the description, from the last answer; or empty */
};

enum igd_result {
	IGD_OK = 1, /* mapped; or deleted, or there was nothing to delete */
	IGD_SILENT, /* the gateway does not answer the search */
	IGD_UNREADABLE, /* it answers, but gives no description of a router */
	IGD_ELSEWHERE, /* the description points to another host than the gateway */
	IGD_REFUSED, /* code tells */
	IGD_OFFLINE, /* refused by a router whose outside is not the Internet */
	IGD_NO_ADDRESS, /* mapped, but the router knows no external address */
	IGD_DIED, /* the child crashed, lied or took too long */
	IGD_RESULT_MAX
};

/* What the child writes: one struct, no pointer. */
struct igd_answer {
	uint32_t result; /* enum igd_result */
	uint32_t code; /* UPnP error, 0 for none */
	uint32_t lifetime_sec; /* 0 = the router knows permanent mappings only */
	uint32_t id; /* of an opened hole; else 0 */
	struct endpoint external;
	char location[IGD_URL_MAX]; /* where the description was found; or empty */
};

struct igd_call;

/* Start a child.  done is called once, with a checked answer, when the call is already gone.
 * NULL with errno when no child could be made. */
struct igd_call *igd_start(struct loop *l, const struct igd_request *req,
    void (*done)(void *ctx, const struct igd_answer *a), void *ctx);
/* Kill it; done is not called.  NULL is fine. */
void igd_cancel(struct igd_call *c);

/* What the child does: answers on fd and exits.  Everything else it inherited is closed. */
void igd_child(const struct igd_request *req, int fd, int unwritable_fd) __attribute__((noreturn));

/* PURE.  Is this an http URL at the gateway's address, printable, shorter than IGD_URL_MAX? */
int igd_url_at(const char *url, const struct endpoint *gateway);
/* PURE.  Is it a well-formed answer to req?  The child may have been taken over. */
int igd_answer_ok(const struct igd_answer *a, const struct igd_request *req);

#endif
