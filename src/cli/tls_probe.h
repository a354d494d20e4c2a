/* Does a server speak TLS as we demand it, and is it whom the configuration says?  Blocking. */
#ifndef CLI_TLS_PROBE_H
#define CLI_TLS_PROBE_H

#include "config/config.h"
#include "crypto/tls.h"

enum tls_probe_result {
	TLS_PROBE_VERIFIED,
	TLS_PROBE_UNVERIFIED, /* the configuration names nobody; seen is the pin it has */
	TLS_PROBE_FAILED, /* why tells */
};

/* Connect and shake hands, five seconds at most. */
enum tls_probe_result tls_probe(const struct endpoint *server, const struct config_dns *dns,
    struct pin *seen, char why[TLS_TEXT_MAX]);

#endif
