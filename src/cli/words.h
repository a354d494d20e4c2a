/* The enums of msg.h as words, the same in text and JSON; "unknown" for any other value. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdint.h>

const char *word_nat_state(unsigned state);
const char *word_nat_kind(unsigned kind); /* as in the TXT record */
const char *word_inbound(unsigned inbound);
const char *word_dns_status(unsigned status);
const char *word_dns_source(unsigned source);
const char *word_channel(unsigned channel); /* enum dns_channel */
const char *word_roster_self(unsigned self);
const char *word_roster_view(unsigned view);
const char *word_tunnel_state(unsigned state);
const char *word_dataplane(unsigned dataplane);
const char *word_drop(unsigned reason); /* enum ipsec_drop; as in JSON */
const char *word_worker(unsigned index); /* of msg_ctl_self.worker[] */

/* The protocol's name as people know it: "NAT-PMP"; and as the configuration writes it. */
const char *word_method_title(unsigned method);
const char *word_method(unsigned method);
/* enum nat_column, enum nat_answer */
const char *word_column(unsigned column);
const char *word_nat_answer(unsigned answer);

#endif
