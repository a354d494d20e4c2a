/* kernel_ipsec_t over struct esp: what libcharon installs in a kernel, installed in our data
 * plane. */
#ifndef IPSEC_SAD_H
#define IPSEC_SAD_H

/* For kernel_ipsec_register: returns a kernel_ipsec_t. */
void *sad_make(void);

#endif
