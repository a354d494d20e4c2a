/* Requests to the kernel over netlink, on libmnl: one at a time, waiting for the answer. */
#ifndef MANAGER_NETLINK_H
#define MANAGER_NETLINK_H

#include <libmnl/libmnl.h>

#define NETLINK_ROOM 8192

/* A socket of this protocol, subscribed to groups (a bit mask, 0 = none).  NULL with errno. */
struct mnl_socket *netlink_open(int protocol, unsigned groups);

/* Start a message in room (NETLINK_ROOM octets). */
struct nlmsghdr *netlink_begin(void *room, uint16_t type, uint16_t flags);

/* Send it and wait for the acknowledgement.  0, or -1 with the kernel's errno. */
int netlink_request(struct mnl_socket *nl, struct nlmsghdr *message);

/* Send a dump request; cb gets each message of the answer.  0, or -1 with errno. */
int netlink_dump(struct mnl_socket *nl, struct nlmsghdr *message, mnl_cb_t cb, void *ctx);

#endif
