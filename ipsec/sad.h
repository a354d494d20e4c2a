/* kernel_ipsec_t over struct esp: what libcharon installs in a kernel, installed in our data
 * plane. */
#ifndef IPSEC_SAD_H
#define IPSEC_SAD_H

#include <stdint.h>

/* For kernel_ipsec_register: returns a kernel_ipsec_t. */
void *sad_make(void);

/* The SPI of the inbound SA that belongs to an outbound one of struct esp; 0 = none. */
uint32_t sad_inbound_spi(uint32_t id);

#endif
