/* What libcharon's things are called, for people. */
#ifndef IPSEC_WORDS_H
#define IPSEC_WORDS_H

#include "ipsec/swan.h"

#include "base/msg.h"

/* An IKE message by its exchange and what makes it special: "IKE_SA_INIT response, COOKIE". */
void words_message(message_t *message, char out[MSG_WORD_MAX]);

/* "aes128gcm16-esn"; "" where it is not known. */
void words_cipher(child_sa_t *child, char out[MSG_WORD_MAX]);

#endif
