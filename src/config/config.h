/*
 * autotunnel.conf(5): sections of "key = value" lines, "#" comments.  Every key has a default, so
 * an empty file is valid; an unknown key is an error with file and line.  The keys stand in one
 * table (keys.c).
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/msg.h"
#include "config/allow.h"
#include "config/table.h"

#include <stdio.h>

#define CONFIG_PATH_MAX 80 /* a Unix socket's path has 107 characters at most */
#define CONFIG_USER_MAX 33
#define CONFIG_FILE SYSCONFDIR "/autotunnel.conf"
#define CONFIG_CONTROL_SOCKET "control.sock" /* in run_dir */
#define CONFIG_HOSTS_FILE "hosts" /* in run_dir, for libnss_autotunnel */

enum dataplane_choice { DATAPLANE_AUTO, DATAPLANE_CHOOSE_KERNEL, DATAPLANE_CHOOSE_USER };
#define CONFIG_PIN_MAX 45 /* base64 of 32 octets, and NUL */
#define CONFIG_CA_FILE "/etc/ssl/certs/ca-certificates.crt"

enum connect_choice { CONNECT_ON_DEMAND, CONNECT_ALWAYS };

/* The name server. */
struct config_dns {
	unsigned servers; /* 0 = as enrolled */
	struct endpoint server[MSG_SERVERS_MAX];
	unsigned transport; /* enum dns_transport */
	unsigned tls_port; /* of the servers above */
	unsigned tls_pins; /* 0 = none */
	char tls_pin[MSG_PINS_MAX][CONFIG_PIN_MAX];
	char tls_name[MSG_NAME_MAX]; /* empty = none */
	char tls_ca[CONFIG_PATH_MAX];
};

struct config {
	/* [daemon] */
	unsigned listen_port;
	unsigned log; /* enum log_level */
	unsigned dataplane; /* enum dataplane_choice */
	unsigned mtu;
	unsigned offload;
	char interface[16];
	char control_group[CONFIG_USER_MAX];
	char user_map[CONFIG_USER_MAX];
	char user_dns[CONFIG_USER_MAX];
	char user_ike[CONFIG_USER_MAX];
	char state_dir[CONFIG_PATH_MAX];
	char run_dir[CONFIG_PATH_MAX];
	/* [mapping] */
	unsigned methods; /* NAT_METHOD_* bits; 0 = none */
	unsigned lifetime;
	struct endpoint gateway; /* family 0 = the default router */
	struct endpoint external; /* family 0 = ask the router; else a fixed forward */
	/* [names] */
	unsigned hosts_file;
	/* [account] */
	struct config_dns dns;
	unsigned connect; /* enum connect_choice */
	unsigned idle;
	unsigned rekey;
	unsigned dpd;
	/* [allow] */
	struct allow allow_everyone, allow_machines;
};

/* All defaults. */
void config_defaults(struct config *c);

/* Defaults, then the file.  0; -1 with error filled.  A missing file is an error only when
 * must_exist. */
int config_load(const char *path, int must_exist, struct config *c, struct config_error *error);

/* The same from text in memory; name stands for the file in errors. */
int config_parse(const char *name, const char *text, struct config *c, struct config_error *error);

/* Print the effective configuration; what it prints reads back as the same. */
void config_print(const struct config *c, FILE *out);

#endif
