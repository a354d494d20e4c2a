/*
 * What may come in over the tunnels, as the configuration says it: a list of services, in [allow]
 * everyone, or each with the machine it is for, in [allow] machines.
 *
 *	everyone = ssh tcp/8000-8010
 *	machines = nas:http nas:udp/5353 laptop:any
 */
#ifndef CONFIG_ALLOW_H
#define CONFIG_ALLOW_H

#include <stdint.h>

#define ALLOW_TEXT_MAX 400
#define ALLOW_RULES_MAX 32 /* of one list */
#define ALLOW_LABEL_MAX 64

enum allow_protocol { ALLOW_ANY, ALLOW_TCP = 6, ALLOW_UDP = 17 };

struct allow_rule {
	char label[ALLOW_LABEL_MAX]; /* of the machine; "" = all of them */
	uint8_t protocol; /* enum allow_protocol; ALLOW_ANY: all ports too */
	uint8_t pad;
	uint16_t first, last; /* ports */
};

struct allow {
	char text[ALLOW_TEXT_MAX]; /* as it was written */
	unsigned count;
	struct allow_rule rule[ALLOW_RULES_MAX];
};

/* Read a list; "none" is an empty one.  labelled != 0: each word has MACHINE: in front.  NULL, or a
 * phrase that says what is wrong. */
const char *allow_parse(struct allow *a, const char *text, int labelled);

#endif
