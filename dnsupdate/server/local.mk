# autotunnel-dnsd.
noinst_LIBRARIES += libatdnsd.a
libatdnsd_a_SOURCES = \
	dnsupdate/server/crc32c.c dnsupdate/server/crc32c.h \
	dnsupdate/server/file_ops.c dnsupdate/server/file_ops.h \
	dnsupdate/server/frame.c dnsupdate/server/frame.h \
	dnsupdate/server/journal.c dnsupdate/server/journal.h \
	dnsupdate/server/journal_inside.h dnsupdate/server/journal_open.c

DNSD_LIBS = libatdnsd.a $(WIRE_LIBS) $(SECCOMP_LIBS)

DNSD_UNIT = tests/unit/dnsd_crc32c tests/unit/dnsd_journal
check_PROGRAMS += $(DNSD_UNIT)
TESTS += $(DNSD_UNIT)
tests_unit_dnsd_crc32c_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_journal_SOURCES = tests/unit/dnsd_journal.c \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_journal_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
