/* When an SA is due for replacement (soft) or must not be used any more (hard).  Pure. */
#ifndef IPSEC_ESP_LIFETIME_H
#define IPSEC_ESP_LIFETIME_H

#include "ipsec/esp/esp.h"

enum lifetime { LIFETIME_OK, LIFETIME_SOFT, LIFETIME_HARD };

#define LIFETIME_NEVER UINT64_MAX

enum lifetime lifetime_state(
    const struct esp_lifetime *l, uint64_t age_ms, uint64_t bytes, uint64_t packets);
/* The age at which time alone brings the next state; LIFETIME_NEVER when it does not.  soft_said
 * != 0: the soft one is past and told. */
uint64_t lifetime_next_age(const struct esp_lifetime *l, int soft_said);
/* The state of an outbound SA that has used sequence numbers up to seq.  SOFT when a sixteenth of
 * the number space is left, HARD when nothing is: numbers never repeat (RFC 4303 3.3.3). */
enum lifetime lifetime_sequence(uint64_t seq, int esn);

#endif
