#include "config/allow.h"

#include "base/str.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 128

/* The smallest of systems have no /etc/services, and ssh is what everyone may by default. */
static int
set_named_port(struct allow_rule *r, const char *name)
{
	struct servent *s = getservbyname(name, r->protocol == ALLOW_UDP ? "udp" : "tcp");

	if (s != NULL)
		r->first = ntohs((uint16_t)s->s_port);
	else if (r->protocol == ALLOW_TCP && strcmp(name, "ssh") == 0)
		r->first = 22;
	else
		return -1;
	r->last = r->first;
	return 0;
}

/* "22", "ssh" or "8000-8010". */
static int
set_ports(struct allow_rule *r, const char *text)
{
	const char *dash = strchr(text, '-');
	unsigned long first, last;
	char from[16];

	if (text[0] < '0' || text[0] > '9')
		return set_named_port(r, text);
	snprintf(from, sizeof from, "%.*s", dash == NULL ? 15 : (int)(dash - text), text);
	if (str_number(from, 1, 65535, &first) == -1 ||
	    str_number(dash == NULL ? from : dash + 1, first, 65535, &last) == -1)
		return -1;
	r->first = (uint16_t)first;
	r->last = (uint16_t)last;
	return 0;
}

static int
set_service(struct allow_rule *r, const char *text)
{
	if (strcmp(text, "any") == 0) {
		r->protocol = ALLOW_ANY;
		return 0;
	}
	r->protocol = strncmp(text, "udp/", 4) == 0 ? ALLOW_UDP : ALLOW_TCP;
	if (strncmp(text, "udp/", 4) == 0 || strncmp(text, "tcp/", 4) == 0)
		text += 4;
	return set_ports(r, text);
}

static int
set_rule(struct allow_rule *r, char *word, int labelled)
{
	char *colon = strchr(word, ':');

	if ((colon != NULL) != labelled)
		return -1;
	if (!labelled)
		return set_service(r, word);
	*colon = '\0';
	if (!str_is_hostname(word, 0) || strchr(word, '.') != NULL ||
	    str_copy(r->label, sizeof r->label, word) == -1)
		return -1;
	str_lower(r->label);
	return set_service(r, colon + 1);
}

const char *
allow_parse(struct allow *a, const char *text, int labelled)
{
	static char why[WORD_MAX + 128];

	memset(a, 0, sizeof *a);
	if (str_copy(a->text, sizeof a->text, text) == -1)
		return "too long";
	for (char *p = a->text; *p != '\0'; p++)
		*p = *p == '\t' ? ' ' : *p;
	if (strcmp(text, "none") == 0)
		return NULL;
	for (text += strspn(text, " \t"); *text != '\0'; text += strspn(text, " \t")) {
		size_t len = strcspn(text, " \t");
		char word[WORD_MAX];

		if (a->count == ALLOW_RULES_MAX)
			return "too many services";
		snprintf(word, sizeof word, "%.*s", (int)len, text);
		if (len >= sizeof word || set_rule(&a->rule[a->count], word, labelled) == -1) {
			snprintf(why, sizeof why, "\"%.*s\" is no service: %s",
			    (int)(len < 60 ? len : 60), text,
			    labelled ? "MACHINE:ssh, MACHINE:tcp/8080 or MACHINE:any is expected"
				     : "ssh, tcp/8080, udp/5000-5010, any or none is expected");
			return why;
		}
		a->count++;
		text += len;
	}
	return a->count > 0 ? NULL : "services or none are expected";
}
