/* The JSON writer: nesting, commas, numbers, and every byte as a text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

static char *text;
static size_t text_len;

static struct json
begin(void)
{
	FILE *out = open_memstream(&text, &text_len);

	assert_non_null(out);
	return json_begin(out);
}

static void
expect(struct json *j, const char *wanted)
{
	json_finish(j);
	fclose(j->out);
	assert_string_equal(text, wanted);
	free(text);
}

static void
nests(void **state)
{
	struct json j = begin();

	json_number(&j, "a", 1);
	json_array(&j, "b");
	json_object(&j, NULL);
	json_object_end(&j);
	json_object(&j, NULL);
	json_bool(&j, "c", 1);
	json_bool(&j, "d", 0);
	json_object_end(&j);
	json_text(&j, NULL, "e");
	json_number(&j, NULL, 2);
	json_array_end(&j);
	json_array(&j, "f");
	json_array_end(&j);
	json_text(&j, "g", NULL);
	expect(&j, "{\"a\":1,\"b\":[{},{\"c\":true,\"d\":false},\"e\",2],\"f\":[],\"g\":null}\n");
}

static void
empty(void **state)
{
	struct json j = begin();

	expect(&j, "{}\n");
}

static void
numbers(void **state)
{
	struct json j = begin();

	json_number(&j, "a", 0);
	json_number(&j, "b", UINT64_MAX);
	json_milli(&j, "c", 11234);
	json_milli(&j, "d", 7);
	expect(&j, "{\"a\":0,\"b\":18446744073709551615,\"c\":11.234,\"d\":0.007}\n");
}

static void
escapes(void **state)
{
	struct json j = begin();

	json_text(&j, "quote\"back\\", "a\"b\\c/d");
	json_text(&j, "control", "\x01\n\t\x1f\x7f");
	json_text(&j, "high", "n\xc3\xa4s\xff");
	expect(&j,
	    "{\"quote\\\"back\\\\\":\"a\\\"b\\\\c/d\","
	    "\"control\":\"\\u0001\\u000a\\u0009\\u001f\\u007f\","
	    "\"high\":\"n\\ufffd\\ufffds\\ufffd\"}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nests),
	    cmocka_unit_test(empty),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
