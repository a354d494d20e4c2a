/* The hosts file: what is a line of it, which names mean a machine, and that what the manager
 * writes reads back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/hosts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ULA "fd5c:91aa:2e07:0:8d1f:1:2:41"

static const struct {
	const char *line;
	const char *name, *short_name; /* NULL = refused */
} lines[] = {
    {ULA " nas.alice.example.net nas", "nas.alice.example.net", "nas"},
    {"fc00::1 a.b a", "a.b", "a"},
    {ULA " NAS.Alice.example.net Nas", "NAS.Alice.example.net", "Nas"},
    {ULA " disk.nas.alice.example disk.nas", "disk.nas.alice.example", "disk.nas"},
    {"# Written by autotunneld", NULL, NULL},
    {"", NULL, NULL},
    {" ", NULL, NULL},
    {ULA, NULL, NULL},
    {ULA " nas.alice.example.net", NULL, NULL},
    {ULA " nas.alice.example.net ", NULL, NULL},
    {ULA " nas.alice.example.net nas ", NULL, NULL},
    {ULA " nas.alice.example.net nas nas", NULL, NULL},
    {ULA "  nas.alice.example.net nas", NULL, NULL},
    {ULA "\tnas.alice.example.net\tnas", NULL, NULL},
    {" " ULA " nas.alice.example.net nas", NULL, NULL},
    {"2001:db8::1 nas.alice.example.net nas", NULL, NULL}, /* not a ULA */
    {"192.0.2.1 nas.alice.example.net nas", NULL, NULL},
    {"fd5c::91aa::1 nas.alice.example.net nas", NULL, NULL},
    {ULA "%eth0 nas.alice.example.net nas", NULL, NULL},
    {ULA " nas.alice.example.net. nas", NULL, NULL},
    {ULA " nas/alice nas", NULL, NULL},
    {ULA " n\xc3\xa4s.example.net nas", NULL, NULL},
    {ULA " nas.example.net -v", NULL, NULL},
    {ULA " .example.net nas", NULL, NULL},
};

static void
reads_lines(void **state)
{
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct hosts_entry e = {.name = "untouched"};
		int rc = hosts_parse_line(lines[i].line, strlen(lines[i].line), &e);

		if ((rc == 0) != (lines[i].name != NULL))
			fail_msg("line %zu: \"%s\"", i, lines[i].line);
		assert_string_equal(e.name, rc == 0 ? lines[i].name : "untouched");
		if (rc == 0)
			assert_string_equal(e.short_name, lines[i].short_name);
	}
}

static void
reads_address(void **state)
{
	static const uint8_t ula[16] = {
	    0xfd, 0x5c, 0x91, 0xaa, 0x2e, 0x07, 0, 0, 0x8d, 0x1f, 0, 1, 0, 2, 0, 0x41};
	struct hosts_entry e;

	assert_int_equal(hosts_parse_line(lines[0].line, strlen(lines[0].line), &e), 0);
	assert_memory_equal(e.ula, ula, 16);
}

/* len counts, not a NUL: a line may be followed by the next one, or hold a NUL. */
static void
obeys_length(void **state)
{
	static const char two[] = ULA " a.example a\n" ULA " b.example b";
	static const char nul[] = ULA " a.exa\0ple a";
	struct hosts_entry e;

	assert_int_equal(hosts_parse_line(two, strcspn(two, "\n"), &e), 0);
	assert_string_equal(e.short_name, "a");
	assert_int_equal(hosts_parse_line(nul, sizeof nul - 1, &e), -1);
}

static void
refuses_long_names(void **state)
{
	char line[1024], name[300];
	struct hosts_entry e;

	memset(name, 'a', sizeof name);
	name[HOSTS_NAME_MAX] = '\0';
	snprintf(line, sizeof line, "%s %s a", ULA, name);
	assert_int_equal(hosts_parse_line(line, strlen(line), &e), -1);
	name[HOSTS_NAME_MAX - 1] = '\0';
	snprintf(line, sizeof line, "%s %s a", ULA, name);
	assert_int_equal(hosts_parse_line(line, strlen(line), &e), 0);
}

static const struct {
	const char *asked;
	int ours;
} names[] = {
    {"nas", 1},
    {"NAS", 1},
    {"nas.alice.example.net", 1},
    {"Nas.Alice.EXAMPLE.net", 1},
    {"nas.alice.example.net.", 1},
    {"nas.", 0},
    {"", 0},
    {".", 0},
    {"na", 0},
    {"nas2", 0},
    {"nas.alice", 0},
    {"nas.alice.example.net..", 0},
    {"alice.example.net", 0},
    {"xnas.alice.example.net", 0},
};

static void
matches_names(void **state)
{
	struct hosts_entry e = {.name = "nas.alice.example.net", .short_name = "nas"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (hosts_match(&e, names[i].asked) != names[i].ours)
			fail_msg("\"%s\"", names[i].asked);
}

static void
writes_what_it_reads(void **state)
{
	static const char path[] = "base_hosts.hosts";
	const struct hosts_entry in[2] = {
	    {{0xfd, 1, [15] = 1}, "nas.alice.example.net", "nas"},
	    {{0xfd, 1, [15] = 2}, "phone.alice.example.net", "phone"},
	};
	char text[1024], *line, *save;
	struct hosts_entry out;
	size_t found = 0;
	struct stat st;
	ssize_t n;

	assert_int_equal(hosts_write(path, in, 2), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	n = file_read(path, text, sizeof text - 1);
	assert_true(n > 0 && text[n - 1] == '\n');
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		if (hosts_parse_line(line, strlen(line), &out) != 0)
			continue;
		assert_true(found < 2);
		assert_memory_equal(out.ula, in[found].ula, 16);
		assert_string_equal(out.name, in[found].name);
		assert_string_equal(out.short_name, in[found].short_name);
		found++;
	}
	assert_int_equal(found, 2);
	assert_int_equal(hosts_write(path, NULL, 0), 0);
	assert_true(file_read(path, text, sizeof text) < n);
	unlink(path);
	assert_int_equal(hosts_write("no such directory/hosts", in, 2), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_lines),
	    cmocka_unit_test(reads_address),
	    cmocka_unit_test(obeys_length),
	    cmocka_unit_test(refuses_long_names),
	    cmocka_unit_test(matches_names),
	    cmocka_unit_test(writes_what_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
