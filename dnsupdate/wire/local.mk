# DNS messages, UPDATE, TSIG and our records: pure functions, shared by the DNS worker, the command
# and the server.  The only folder that includes ldns.
noinst_LIBRARIES += libatwire.a
libatwire_a_CPPFLAGS = $(AM_CPPFLAGS) $(LDNS_CFLAGS)
libatwire_a_SOURCES = \
	dnsupdate/wire/blob_records.c dnsupdate/wire/blob_records.h \
	dnsupdate/wire/dso.c dnsupdate/wire/dso.h \
	dnsupdate/wire/lease.c dnsupdate/wire/lease.h \
	dnsupdate/wire/llq.c dnsupdate/wire/llq.h \
	dnsupdate/wire/key_seal.c dnsupdate/wire/key_seal.h \
	dnsupdate/wire/message.c dnsupdate/wire/message.h \
	dnsupdate/wire/name.c dnsupdate/wire/name.h \
	dnsupdate/wire/peer.c dnsupdate/wire/peer.h \
	dnsupdate/wire/push.c dnsupdate/wire/push.h \
	dnsupdate/wire/rdata.c dnsupdate/wire/rdata.h \
	dnsupdate/wire/records.c dnsupdate/wire/records.h \
	dnsupdate/wire/roster_records.c dnsupdate/wire/roster_records.h \
	dnsupdate/wire/status.c dnsupdate/wire/status.h \
	dnsupdate/wire/stream.c dnsupdate/wire/stream.h \
	dnsupdate/wire/text.c dnsupdate/wire/text.h \
	dnsupdate/wire/tsig.c dnsupdate/wire/tsig.h \
	dnsupdate/wire/tsig_server.c dnsupdate/wire/tsig_rr.c dnsupdate/wire/tsig_rr.h \
	dnsupdate/wire/update.c dnsupdate/wire/update.h

WIRE_LIBS = libatwire.a libatcrypto.a libbase.a $(LDNS_LIBS) $(OPENSSL_LIBS)

# Unit tests: one program for each file that decides something.
wire_unit_tests = \
	tests/unit/wire_dso \
	tests/unit/wire_lease \
	tests/unit/wire_llq \
	tests/unit/wire_message \
	tests/unit/wire_name \
	tests/unit/wire_peer \
	tests/unit/wire_push \
	tests/unit/wire_records \
	tests/unit/wire_roster_records \
	tests/unit/wire_status \
	tests/unit/wire_stream \
	tests/unit/wire_text \
	tests/unit/wire_tsig \
	tests/unit/wire_update
check_PROGRAMS += $(wire_unit_tests)
TESTS += $(wire_unit_tests)
tests_unit_wire_dso_SOURCES = tests/unit/wire_dso.c tests/unit/wire_test.h
tests_unit_wire_dso_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_dso_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_lease_SOURCES = tests/unit/wire_lease.c tests/unit/wire_test.h
tests_unit_wire_lease_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_lease_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_llq_SOURCES = tests/unit/wire_llq.c tests/unit/wire_test.h
tests_unit_wire_llq_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_llq_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_push_SOURCES = tests/unit/wire_push.c tests/unit/wire_test.h
tests_unit_wire_push_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_push_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_message_SOURCES = tests/unit/wire_message.c tests/unit/wire_test.h
tests_unit_wire_message_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_message_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_name_SOURCES = tests/unit/wire_name.c tests/unit/wire_test.h
tests_unit_wire_name_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_name_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_peer_SOURCES = tests/unit/wire_peer.c tests/unit/wire_test.h
tests_unit_wire_peer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_peer_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_records_SOURCES = tests/unit/wire_records.c tests/unit/wire_test.h
tests_unit_wire_records_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_records_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_roster_records_SOURCES = tests/unit/wire_roster_records.c tests/unit/wire_test.h
tests_unit_wire_roster_records_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_roster_records_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_status_SOURCES = tests/unit/wire_status.c tests/unit/wire_test.h
tests_unit_wire_status_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_status_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_stream_SOURCES = tests/unit/wire_stream.c tests/unit/wire_test.h
tests_unit_wire_stream_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_stream_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_text_SOURCES = tests/unit/wire_text.c tests/unit/wire_test.h
tests_unit_wire_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_text_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_tsig_SOURCES = tests/unit/wire_tsig.c tests/unit/wire_test.h
tests_unit_wire_tsig_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_tsig_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
tests_unit_wire_update_SOURCES = tests/unit/wire_update.c tests/unit/wire_test.h
tests_unit_wire_update_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_update_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)

# Fuzz targets: everything that reads bytes of a name server.
wire_fuzz = tests/fuzz/fuzz_dns_message tests/fuzz/fuzz_dns_option tests/fuzz/fuzz_dns_peer \
	tests/fuzz/fuzz_dso tests/fuzz/fuzz_tsig
check_PROGRAMS += $(wire_fuzz)
TESTS += $(wire_fuzz)
tests_fuzz_fuzz_dns_message_SOURCES = tests/fuzz/fuzz_dns_message.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dns_message_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dns_message_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_dso_SOURCES = tests/fuzz/fuzz_dso.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dso_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dso_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_dns_option_SOURCES = tests/fuzz/fuzz_dns_option.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dns_option_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dns_option_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_dns_peer_SOURCES = tests/fuzz/fuzz_dns_peer.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dns_peer_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dns_peer_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_tsig_SOURCES = tests/fuzz/fuzz_tsig.c $(FUZZ_MAIN)
tests_fuzz_fuzz_tsig_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_tsig_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)

# Against real servers: what we build, BIND and Knot take; what they sign, we believe.
check_PROGRAMS += tests/wire_drive
tests_wire_drive_SOURCES = tests/wire_drive.c
tests_wire_drive_LDADD = $(WIRE_LIBS)
TESTS += tests/wire_servers.sh
EXTRA_DIST += tests/wire_servers.sh
