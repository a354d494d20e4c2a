/* The entry points that glibc calls: statuses, h_errno, and every size of buffer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hosts.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

NSS_DECLARE_MODULE_FUNCTIONS(autotunnel)

static const struct hosts_entry nas = {{0xfd, 1, [15] = 9}, "nas.alice.example.net", "nas"};

static void
is_nas(const struct hostent *h)
{
	assert_string_equal(h->h_name, nas.name);
	assert_string_equal(h->h_aliases[0], nas.short_name);
	assert_null(h->h_aliases[1]);
	assert_int_equal(h->h_addrtype, AF_INET6);
	assert_int_equal(h->h_length, 16);
	assert_memory_equal(h->h_addr_list[0], nas.ula, 16);
	assert_null(h->h_addr_list[1]);
}

struct answer {
	enum nss_status status;
	int error, h_error;
	struct hostent host;
	char buffer[1024];
};

static void
by_name(struct answer *a, const char *name, int af, size_t size)
{
	memset(a, 0, sizeof *a);
	a->status = _nss_autotunnel_gethostbyname2_r(
	    name, af, &a->host, a->buffer, size, &a->error, &a->h_error);
}

static void
by_addr(struct answer *a, const uint8_t ula[16], size_t size)
{
	memset(a, 0, sizeof *a);
	a->status = _nss_autotunnel_gethostbyaddr_r(
	    ula, 16, AF_INET6, &a->host, a->buffer, size, &a->error, &a->h_error);
}

static void
names(void **state)
{
	struct answer a;

	by_name(&a, "NAS", AF_INET6, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_SUCCESS);
	is_nas(&a.host);
	by_name(&a, "nas.alice.example.net.", AF_INET6, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_SUCCESS);
	by_name(&a, "nas", AF_INET, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_NOTFOUND);
	assert_int_equal(a.h_error, NO_DATA);
	by_name(&a, "www.example.org", AF_INET6, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_NOTFOUND);
	assert_int_equal(a.h_error, HOST_NOT_FOUND);
	a.status = _nss_autotunnel_gethostbyname_r(
	    "nas", &a.host, a.buffer, sizeof a.buffer, &a.error, &a.h_error);
	assert_int_equal(a.status, NSS_STATUS_NOTFOUND);
}

static void
addresses(void **state)
{
	uint8_t other[16] = {0xfd, 1, [15] = 8}, public[16] = {0x20, 1};
	struct answer a;

	by_addr(&a, nas.ula, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_SUCCESS);
	is_nas(&a.host);
	by_addr(&a, other, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_NOTFOUND);
	by_addr(&a, public, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_NOTFOUND);
	a.status = _nss_autotunnel_gethostbyaddr_r(
	    nas.ula, 4, AF_INET, &a.host, a.buffer, sizeof a.buffer, &a.error, &a.h_error);
	assert_int_equal(a.status, NSS_STATUS_NOTFOUND);
}

static void
canonical_name(void **state)
{
	struct answer a;
	int32_t ttl = -1;
	char *canonical = NULL;

	a.status = _nss_autotunnel_gethostbyname3_r("nas", AF_INET6, &a.host, a.buffer,
	    sizeof a.buffer, &a.error, &a.h_error, &ttl, &canonical);
	assert_int_equal(a.status, NSS_STATUS_SUCCESS);
	assert_string_equal(canonical, nas.name);
	assert_int_equal(ttl, 0);
}

/* As getaddrinfo calls it: sometimes with a tuple to fill, sometimes with none. */
static void
tuples(void **state)
{
	struct gaih_addrtuple mine = {.next = &mine, .scopeid = 7}, *t;
	char buffer[256];
	int error, h_error;

	for (int given = 0; given < 2; given++) {
		t = given ? &mine : NULL;
		assert_int_equal(_nss_autotunnel_gethostbyname4_r(
				     "nas", &t, buffer, sizeof buffer, &error, &h_error, NULL),
		    NSS_STATUS_SUCCESS);
		if (given)
			assert_ptr_equal(t, &mine);
		assert_null(t->next);
		assert_string_equal(t->name, nas.name);
		assert_int_equal(t->family, AF_INET6);
		assert_int_equal(t->scopeid, 0);
		assert_memory_equal(t->addr, nas.ula, 16);
	}
}

/* Too small: ERANGE, nothing beyond the buffer touched, at every size and alignment; and from some
 * size on it fits. */
static void
small_buffers(void **state)
{
	int fitted = 0;

	for (size_t shift = 0; shift < 8; shift++) {
		for (size_t size = 0; size < 200; size++) {
			struct hostent host;
			char room[256];
			int error = 0, h_error = 0;
			enum nss_status status;

			memset(room, 0x55, sizeof room);
			status = _nss_autotunnel_gethostbyname2_r(
			    "nas", AF_INET6, &host, room + shift, size, &error, &h_error);
			for (size_t i = shift + size; i < sizeof room; i++)
				assert_int_equal(room[i], 0x55);
			if (status == NSS_STATUS_SUCCESS) {
				is_nas(&host);
				fitted++;
				continue;
			}
			assert_int_equal(status, NSS_STATUS_TRYAGAIN);
			assert_int_equal(error, ERANGE);
			assert_int_equal(h_error, NETDB_INTERNAL);
		}
	}
	assert_true(fitted > 8 * 50 && fitted < 8 * 150);
}

static void
no_daemon(void **state)
{
	struct gaih_addrtuple *t = NULL;
	struct answer a;

	assert_int_equal(rename(HOSTS_PATH, HOSTS_PATH ".away"), 0);
	by_name(&a, "nas", AF_INET6, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_UNAVAIL);
	by_addr(&a, nas.ula, sizeof a.buffer);
	assert_int_equal(a.status, NSS_STATUS_UNAVAIL);
	a.status = _nss_autotunnel_gethostbyname4_r(
	    "nas", &t, a.buffer, sizeof a.buffer, &a.error, &a.h_error, NULL);
	assert_int_equal(a.status, NSS_STATUS_UNAVAIL);
	assert_true(a.h_error != NETDB_INTERNAL);
	assert_null(t);
	assert_int_equal(rename(HOSTS_PATH ".away", HOSTS_PATH), 0);
}

static int
write_file(void **state)
{
	return hosts_write(HOSTS_PATH, &nas, 1);
}

static int
remove_file(void **state)
{
	return unlink(HOSTS_PATH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(canonical_name),
	    cmocka_unit_test(tuples),
	    cmocka_unit_test(small_buffers),
	    cmocka_unit_test(no_daemon),
	};

	return cmocka_run_group_tests(tests, write_file, remove_file);
}
