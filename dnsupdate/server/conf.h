/*
 * autotunnel-dnsd.conf(5): sections of "key = value" lines, "#" comments; [server] once, a
 * [zone NAME] for each zone.  The keys stand in one table (conf_keys.c).
 */
#ifndef DNSUPDATE_SERVER_CONF_H
#define DNSUPDATE_SERVER_CONF_H

#include "base/addr.h"
#include "base/msg.h"
#include "config/table.h"

#include <stdio.h>

#define CONF_FILE SYSCONFDIR "/autotunnel-dnsd.conf"
#define CONF_PATH_MAX 108
#define CONF_USER_MAX 33
#define CONF_ADDRESSES_MAX 16

struct conf_addresses {
	unsigned count;
	struct endpoint at[CONF_ADDRESSES_MAX];
};

/* Who is told of changes. */
struct conf_secondary {
	struct endpoint to;
	char key[MSG_NAME_MAX]; /* the transfer key to sign with; "" = whichever there is */
};

struct conf_secondaries {
	unsigned count;
	struct conf_secondary at[CONF_ADDRESSES_MAX];
};

/* A key that stands in the configuration itself, "hmac-sha256:NAME:SECRET". */
struct conf_key_text {
	struct conf_key_text *next;
	char text[];
};

struct conf_zone {
	struct conf_zone *next;
	char name[MSG_NAME_MAX];
	struct conf_key_text *account_key; /* lists, the last one first */
	struct conf_key_text *device_key;
	struct conf_key_text *transfer_key;
	char records[CONF_PATH_MAX]; /* what the zone begins with; "" = SOA and NS only */
	char name_server[MSG_NAME_MAX]; /* in SOA and NS; "" = ns.NAME */
	struct conf_addresses address; /* of the name server, when it is in the zone */
	struct conf_secondaries notify;
	char account_ca[CONF_PATH_MAX]; /* its certificates may read over TLS; "" = none */
	unsigned is_private;
	unsigned max_records, max_device_records;
	unsigned services; /* SRV records for what this server can do */
};

struct conf {
	struct conf_addresses listen;
	struct conf_addresses tls_listen;
	char tls_key[CONF_PATH_MAX];
	char user[CONF_USER_MAX];
	char control_group[CONF_USER_MAX];
	char state_dir[CONF_PATH_MAX];
	char run_dir[CONF_PATH_MAX];
	unsigned log; /* enum log_level */
	unsigned lease_min, lease_max, key_lease_max; /* seconds */
	unsigned rate_limit; /* equal answers a second to one prefix; 0 = no limit */
	unsigned connections, network_connections;
	unsigned journal_size; /* MB of a segment */
	unsigned weak_tsig; /* keys for HMAC-SHA1 and HMAC-MD5 count */
	struct conf_zone *zones; /* in the order of the file */
};

/* Defaults, then the file.  0; -1 with error filled (and c empty).  conf_free in any case. */
int conf_load(const char *path, struct conf *c, struct config_error *error);
/* The same from text in memory; name stands for the file in errors. */
int conf_parse(const char *name, const char *text, struct conf *c, struct config_error *error);
void conf_free(struct conf *c);
/* A zone as the file would have it that says nothing about it; its name is empty. */
void conf_zone_init(struct conf_zone *z);
/* A single zone, which is in no list any more; only its keys. */
void conf_zone_free(struct conf_zone *z);
void conf_zone_wipe_keys(struct conf_zone *z);

/* Print the effective configuration; what it prints reads back as the same. */
void conf_print(const struct conf *c, FILE *out);
/* One section of it. */
void conf_print_zone(const struct conf_zone *z, FILE *out);

#endif
