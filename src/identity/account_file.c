#include "identity/account_file.h"

#include "base/str.h"
#include "identity/account.h"
#include "identity/base64.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_LEN 320

int
account_domain_valid(const char *domain)
{
	return strlen(domain) <= ACCOUNT_DOMAIN_MAX && str_is_hostname(domain, 0) &&
	    strpbrk(domain, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

int
account_name_valid(const char *name, const char *domain)
{
	return str_is_hostname(name, 0) && str_in_domain(name, domain) &&
	    strncmp(name, ACCOUNT_KEY_LABEL ".", sizeof ACCOUNT_KEY_LABEL) != 0 &&
	    strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL &&
	    strcspn(name, ".") + 1 + strlen(domain) == strlen(name);
}

static int
add_server(struct identity *id, const char *value)
{
	if (id->servers == MSG_SERVERS_MAX ||
	    endpoint_parse(value, DNS_PORT, &id->server[id->servers]) == -1 ||
	    id->server[id->servers].port == 0)
		return -1;
	id->servers++;
	return 0;
}

static int
add_pin(struct identity *id, const char *value)
{
	if (id->pins == MSG_PINS_MAX ||
	    base64_decode(value, id->pin[id->pins], MSG_PIN_LEN) != MSG_PIN_LEN)
		return -1;
	id->pins++;
	return 0;
}

static int
set_once(char out[MSG_NAME_MAX], const char *value)
{
	return out[0] != '\0' ? -1 : str_copy(out, MSG_NAME_MAX, value);
}

/* "key = value", an empty line or a comment. */
static int
read_line(struct identity *id, char *line)
{
	char key[16], value[LINE_MAX_LEN], more;
	size_t blank = strspn(line, " \t");

	if (line[blank] == '\0' || line[blank] == '#')
		return 0;
	if (sscanf(line, " %15[a-z] = %319s %c", key, value, &more) != 2)
		return -1;
	if (strcmp(key, "domain") == 0)
		return set_once(id->domain, value);
	if (strcmp(key, "name") == 0)
		return set_once(id->name, value);
	if (strcmp(key, "pin") == 0)
		return add_pin(id, value);
	return strcmp(key, "server") == 0 ? add_server(id, value) : -1;
}

/* Whatever the lines say one by one, together they must make sense. */
static int
check_names(const struct identity *id, char why[MSG_TEXT_MAX])
{
	const char *problem = NULL;

	if (!account_domain_valid(id->domain))
		problem = "no valid domain";
	else if (!account_name_valid(id->name, id->domain))
		problem = "the name is not one label under the domain";
	if (problem != NULL)
		snprintf(why, MSG_TEXT_MAX, "account: %s", problem);
	return problem == NULL ? 0 : -1;
}

/* Move the next line of *text to line; -1 when it is too long or holds a NUL. */
static int
take_line(const char **text, const char *end, char line[LINE_MAX_LEN])
{
	const char *stop = memchr(*text, '\n', (size_t)(end - *text));
	size_t n = (size_t)((stop == NULL ? end : stop) - *text);

	if (n >= LINE_MAX_LEN || memchr(*text, '\0', n) != NULL)
		return -1;
	memcpy(line, *text, n);
	line[n] = '\0';
	*text += stop == NULL ? n : n + 1;
	return 0;
}

int
account_file_parse(const char *text, size_t len, struct identity *id, char why[MSG_TEXT_MAX])
{
	const char *end = text + len;
	char line[LINE_MAX_LEN];

	id->domain[0] = id->name[0] = '\0';
	id->servers = id->pins = 0;
	memset(id->pin, 0, sizeof id->pin);
	memset(id->server, 0, sizeof id->server);
	for (int number = 1; text < end; number++) {
		if (take_line(&text, end, line) == 0 && read_line(id, line) == 0)
			continue;
		snprintf(why, MSG_TEXT_MAX, "account: line %d is wrong", number);
		return -1;
	}
	return check_names(id, why);
}

size_t
account_file_print(const struct identity *id, char out[ACCOUNT_FILE_SIZE])
{
	char addr[ENDPOINT_TEXT_MAX];
	int n = snprintf(out, ACCOUNT_FILE_SIZE, "domain = %s\nname = %s\n", id->domain, id->name);

	for (int i = 0; i < id->servers; i++)
		n += snprintf(out + n, ACCOUNT_FILE_SIZE - (size_t)n, "server = %s\n",
		    endpoint_text(&id->server[i], addr));
	for (int i = 0; i < id->pins; i++) {
		char text[BASE64_SIZE(MSG_PIN_LEN)];

		base64_encode(id->pin[i], MSG_PIN_LEN, text);
		n += snprintf(out + n, ACCOUNT_FILE_SIZE - (size_t)n, "pin = %s\n", text);
	}
	return (size_t)n;
}
