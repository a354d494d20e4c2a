#include "dnsupdate/server/conf.h"

#include "crypto/mac.h"
#include "dnsupdate/server/conf_keys.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_FILE (1024 * 1024)

void
conf_zone_init(struct conf_zone *z)
{
	memset(z, 0, sizeof *z);
	config_set_defaults(&conf_table, "zone", z);
}

int
conf_parse(const char *name, const char *text, struct conf *c, struct config_error *error)
{
	struct conf_filling f = {.conf = c, .last = &c->zones};
	struct config_reader r = {.table = &conf_table, .file = name, .ctx = &f, .error = error};

	memset(c, 0, sizeof *c);
	config_set_defaults(&conf_table, "server", c);
	if (config_read(&r, text) == -1)
		return -1;
	if (c->lease_min > c->lease_max)
		return config_wrong(&r, "lease-min is above lease-max");
	return 0;
}

int
conf_load(const char *path, struct conf *c, struct config_error *error)
{
	char *text = config_text(path, SIZE_MAX_FILE, error);
	int rc = -1;

	memset(c, 0, sizeof *c);
	if (text != NULL)
		rc = conf_parse(path, text, c, error);
	free(text);
	return rc;
}

static void
free_keys(struct conf_key_text *k)
{
	while (k != NULL) {
		struct conf_key_text *next = k->next;

		crypto_wipe(k->text, strlen(k->text));
		free(k);
		k = next;
	}
}

void
conf_zone_wipe_keys(struct conf_zone *z)
{
	free_keys(z->account_key);
	free_keys(z->device_key);
	free_keys(z->transfer_key);
	z->account_key = z->device_key = z->transfer_key = NULL;
}

void
conf_zone_free(struct conf_zone *z)
{
	conf_zone_wipe_keys(z);
	free(z);
}

void
conf_free(struct conf *c)
{
	while (c->zones != NULL) {
		struct conf_zone *next = c->zones->next;

		conf_zone_free(c->zones);
		c->zones = next;
	}
}

void
conf_print_zone(const struct conf_zone *z, FILE *out)
{
	fprintf(out, "\n[zone %s]\n", z->name);
	config_print_section(&conf_table, "zone", z, out);
}

void
conf_print(const struct conf *c, FILE *out)
{
	fputs("[server]\n", out);
	config_print_section(&conf_table, "server", c, out);
	for (const struct conf_zone *z = c->zones; z != NULL; z = z->next)
		conf_print_zone(z, out);
}
