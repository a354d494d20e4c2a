/* Inside conf.h: the table of keywords. */
#ifndef DNSUPDATE_SERVER_CONF_KEYS_H
#define DNSUPDATE_SERVER_CONF_KEYS_H

#include "config/table.h"
#include "dnsupdate/server/conf.h"

/* Section "server" goes to struct conf, "zone" to struct conf_zone; [zone NAME] makes a new one,
 * the last.  The reader's ctx is a struct conf_filling. */
extern const struct config_table conf_table;

struct conf_filling {
	struct conf *conf;
	struct conf_zone **last;
};

#endif
