/* The header in front of each packet that crosses a tunnel device with IFF_VNET_HDR: struct
 * virtio_net_hdr in the machine's own byte order; and what older kernel headers lack of it. */
#ifndef IPSEC_ESP_VNET_H
#define IPSEC_ESP_VNET_H

#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 /* Linux 6.2 */
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define VNET_LEN sizeof(struct virtio_net_hdr)
#define VNET_PACKET_MAX 65575 /* IPv6 header and 65535 */

#define IP6_LEN 40 /* of its header */
#define TCP_LEN 20 /* of its header, at least */
#define UDP_LEN 8

/* Offsets in the two headers, and TCP's flags. */
#define TCP_SEQUENCE 4
#define TCP_OFFSET 12
#define TCP_FLAGS 13
#define TCP_CHECKSUM 16
#define UDP_LENGTH 4
#define UDP_CHECKSUM 6
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_ECE 0x40
#define TCP_CWR 0x80

#endif
