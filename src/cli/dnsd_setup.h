/* `autotunnel init --dnsd`: autotunnel-dnsd on this machine, with the zone of a new account. */
#ifndef CLI_DNSD_SETUP_H
#define CLI_DNSD_SETUP_H

#include "identity/account.h"

struct dnsd_setup {
	const char *addresses; /* this server's, as the world sees it: "ADDRESS[,ADDRESS...]" */
	const char *config; /* autotunnel-dnsd.conf; NULL = where the server looks for it */
};

/* Can it be done?  Asked before anything is changed.  An exit status, with a sentence on stderr. */
int dnsd_setup_check(const struct dnsd_setup *s, const char *domain);

/*
 * Write the zone, with the account's key, into the server's configuration, which is made when it is
 * missing (with TLS on); let the server make its TLS key, and print its pin on stdout; enable and
 * start its unit, where systemd runs and s->config is NULL.  An exit status; what could not be done
 * besides the configuration is said on stderr and is no error.
 */
int dnsd_setup(const struct dnsd_setup *s, const struct account *account);

#endif
