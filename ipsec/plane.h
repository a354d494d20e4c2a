/*
 * The data plane as libcharon's objects see it: descriptors from the manager, user-space ESP and
 * the threads that move packets.  Made empty; what libcharon creates at initialize (socket.c,
 * sad.c) asks here later, when SELF has come.
 */
#ifndef IPSEC_PLANE_H
#define IPSEC_PLANE_H

#include "base/msg.h"
#include "ipsec/esp/esp_io.h"

/* kernel: packets are the kernel's, only IKE is ours. */
void plane_init(int kernel);
int plane_is_kernel(void);
/* Takes over a descriptor (device: IPSEC_TUN_*); a second one of the same kind ends the process. */
void plane_set_fd(enum ipsec_fd_kind kind, int fd, uint32_t device);
int plane_fd(enum ipsec_fd_kind kind);
/* Start the threads.  0, or -1 with errno. */
int plane_start(const struct msg_ipsec_self *self);
/* What user-space ESP uses: IPSEC_OFFLOAD_*, and the name of the cipher engine. */
void plane_describe(struct msg_ipsec_ready *ready);
uint16_t plane_port(void);

/* NULL in kernel mode. */
struct esp *plane_esp(void);
/* How packets from this address of ours to a peer there are to leave: the way IKE has come to it,
 * unless routing has them leave from it anyway. */
void plane_way(const struct endpoint *local, const struct endpoint *remote, struct esp_way *out);
/* From local, so (family 0, NULL: as routing says).  0 or -1 with errno; ENOTCONN before the start.
 */
int plane_send(
    const struct endpoint *local, const struct endpoint *remote, const void *data, size_t len);
/* The largest inner packet that reaches a peer there without fragments, as far as the routing table
 * knows; never more than the tunnel interface's MTU.  What routing does not know, the data plane
 * finds out (probe.h). */
uint32_t plane_mtu(const struct endpoint *remote);
/* From now on count what is dropped for and from this ULA; read the counters by IPSEC_DROP_*. */
void plane_know(const uint8_t ula[16]);
void plane_forget(const uint8_t ula[16]);
void plane_drops(const uint8_t ula[16], uint64_t out[IPSEC_DROP_MAX]);
/* Have packets of no known peer been dropped since they were last described? */
int plane_nobodys_drops(void);
void plane_describe_drops(union msg *m);
/* Tell the peer with this ULA where we are, with an empty ESP packet to where it is (NULL), or may
 * be. */
void plane_poke(const uint8_t ula[16], const struct endpoint *to);
/* Did traffic for this ULA come lately, when no peer had it?  Peers' lock held; says so once. */
int plane_was_asked(const uint8_t ula[16], uint64_t now_ms);
/* This peer does not answer our traffic: its path may have become narrow. */
void plane_doubt(const uint8_t ula[16]);
/* A tunnel to this ULA is there: send what waits for it. */
void plane_release(const uint8_t ula[16]);

/* Stop moving packets; sending IKE still works.  Then free all, after libcharon is gone. */
void plane_stop(void);
void plane_free(void);

#endif
