# libnss_autotunnel.so.2: loaded into every program that looks up names, so it is built by itself
# (position-independent, no sanitizer, nothing of ours but the hosts format).
nssdir = @nssdir@
nss_PROGRAMS = libnss_autotunnel.so.2
libnss_autotunnel_so_2_SOURCES = \
	src/base/hosts.c src/base/hosts.h \
	src/nss/lookup.c src/nss/lookup.h \
	src/nss/nss.c
libnss_autotunnel_so_2_CFLAGS = -std=gnu11 $(AT_WARN_CFLAGS) $(AT_HARDEN_CFLAGS) -fPIC
libnss_autotunnel_so_2_LDFLAGS = -shared -Wl,-soname,libnss_autotunnel.so.2 \
	-Wl,--version-script=$(top_srcdir)/src/nss/nss.map \
	-Wl,-z,defs -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
libnss_autotunnel_so_2_DEPENDENCIES = src/nss/nss.map
EXTRA_DIST += src/nss/nss.map tests/nss.sh
TESTS += tests/nss.sh

check_PROGRAMS += tests/unit/nss_lookup tests/unit/nss_module tests/unit/base_hosts
TESTS += tests/unit/nss_lookup tests/unit/nss_module tests/unit/base_hosts
tests_unit_base_hosts_SOURCES = tests/unit/base_hosts.c
tests_unit_base_hosts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_hosts_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_nss_lookup_SOURCES = tests/unit/nss_lookup.c src/nss/lookup.c
tests_unit_nss_lookup_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_nss_lookup_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
# The module's own entry points, reading a file in the build directory.
tests_unit_nss_module_SOURCES = tests/unit/nss_module.c src/nss/lookup.c src/nss/nss.c
tests_unit_nss_module_CPPFLAGS = $(AM_CPPFLAGS) -DHOSTS_PATH=\"nss_module.hosts\"
tests_unit_nss_module_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_nss_module_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
CLEANFILES += nss_module.hosts nss_lookup.hosts base_hosts.hosts

check_PROGRAMS += tests/fuzz/fuzz_hosts
TESTS += tests/fuzz/fuzz_hosts
tests_fuzz_fuzz_hosts_SOURCES = tests/fuzz/fuzz_hosts.c $(FUZZ_MAIN)
tests_fuzz_fuzz_hosts_LDADD = $(BASE_LIBS)
tests_fuzz_fuzz_hosts_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
