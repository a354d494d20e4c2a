/* CRC-32C (Castagnoli), the checksum of iSCSI, ext4 and SCTP (RFC 9260 appendix A). */
#ifndef DNSUPDATE_SERVER_DISK_CRC32C_H
#define DNSUPDATE_SERVER_DISK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continue crc (0 at the start) over len octets. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* The same without the processor's help; for tests, and where it has none. */
uint32_t crc32c_table(uint32_t crc, const void *data, size_t len);

#endif
