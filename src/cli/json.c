#include "cli/json.h"

#include <inttypes.h>

static void
write_char(FILE *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		fprintf(out, "\\u%04x", c);
	else if (c > 0x7f)
		fputs("\\ufffd", out);
	else
		fputc(c, out);
}

static void
write_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++)
		write_char(out, (unsigned char)*text);
	fputc('"', out);
}

/* What comes before every value. */
static void
begin_value(struct json *j, const char *key)
{
	if (j->follows)
		fputc(',', j->out);
	j->follows = 1;
	if (key == NULL)
		return;
	write_text(j->out, key);
	fputc(':', j->out);
}

static void
open_with(struct json *j, const char *key, char bracket)
{
	begin_value(j, key);
	fputc(bracket, j->out);
	j->follows = 0;
}

static void
close_with(struct json *j, char bracket)
{
	fputc(bracket, j->out);
	j->follows = 1;
}

struct json
json_begin(FILE *out)
{
	struct json j = {.out = out};

	open_with(&j, NULL, '{');
	return j;
}

void
json_finish(struct json *j)
{
	close_with(j, '}');
	fputc('\n', j->out);
}

void
json_object(struct json *j, const char *key)
{
	open_with(j, key, '{');
}

void
json_object_end(struct json *j)
{
	close_with(j, '}');
}

void
json_array(struct json *j, const char *key)
{
	open_with(j, key, '[');
}

void
json_array_end(struct json *j)
{
	close_with(j, ']');
}

void
json_text(struct json *j, const char *key, const char *text)
{
	begin_value(j, key);
	if (text == NULL)
		fputs("null", j->out);
	else
		write_text(j->out, text);
}

void
json_number(struct json *j, const char *key, uint64_t number)
{
	begin_value(j, key);
	fprintf(j->out, "%" PRIu64, number);
}

void
json_milli(struct json *j, const char *key, uint64_t thousandths)
{
	begin_value(j, key);
	fprintf(j->out, "%" PRIu64 ".%03" PRIu64, thousandths / 1000, thousandths % 1000);
}

void
json_bool(struct json *j, const char *key, int value)
{
	begin_value(j, key);
	fputs(value ? "true" : "false", j->out);
}
