# autotunnel-dnsd.  All but main.c is a library, so that tests link the same code.
noinst_LIBRARIES += libatdnsd.a
libatdnsd_a_SOURCES = \
	dnsupdate/server/answer.c dnsupdate/server/answer.h \
	dnsupdate/server/apply.c dnsupdate/server/apply.h \
	dnsupdate/server/change.c dnsupdate/server/change.h \
	dnsupdate/server/commit.c dnsupdate/server/commit.h \
	dnsupdate/server/complain.c dnsupdate/server/complain.h \
	dnsupdate/server/conf.c dnsupdate/server/conf.h \
	dnsupdate/server/conf_keys.c dnsupdate/server/conf_keys.h \
	dnsupdate/server/conn.c dnsupdate/server/conn.h \
	dnsupdate/server/cookie.c dnsupdate/server/cookie.h \
	dnsupdate/server/crowd.c dnsupdate/server/crowd.h \
	dnsupdate/server/dnsd.c dnsupdate/server/dnsd.h \
	dnsupdate/server/keyops.c dnsupdate/server/keyops.h \
	dnsupdate/server/keyring.c dnsupdate/server/keyring.h \
	dnsupdate/server/lease.c dnsupdate/server/lease.h \
	dnsupdate/server/limits.h \
	dnsupdate/server/listen.c dnsupdate/server/listen.h \
	dnsupdate/server/load.c dnsupdate/server/load.h \
	dnsupdate/server/octets.c dnsupdate/server/octets.h \
	dnsupdate/server/policy.c dnsupdate/server/policy.h \
	dnsupdate/server/prerequisite.c dnsupdate/server/prerequisite.h \
	dnsupdate/server/replay.c \
	dnsupdate/server/reply.c \
	dnsupdate/server/request.c dnsupdate/server/request.h \
	dnsupdate/server/rrl.c dnsupdate/server/rrl.h \
	dnsupdate/server/rrset.c dnsupdate/server/rrset.h \
	dnsupdate/server/server.c dnsupdate/server/server.h \
	dnsupdate/server/stats.h \
	dnsupdate/server/start.c dnsupdate/server/start.h \
	dnsupdate/server/tree.c dnsupdate/server/tree.h \
	dnsupdate/server/updates.c dnsupdate/server/updates.h \
	dnsupdate/server/whoami.c dnsupdate/server/whoami.h \
	dnsupdate/server/zone.c dnsupdate/server/zone.h \
	dnsupdate/server/zones.c dnsupdate/server/zones.h

# What is on disk, and transfers, which are read from it.
libatdnsd_a_SOURCES += \
	dnsupdate/server/crc32c.c dnsupdate/server/crc32c.h \
	dnsupdate/server/entry.c dnsupdate/server/entry.h \
	dnsupdate/server/file_ops.c dnsupdate/server/file_ops.h \
	dnsupdate/server/frame.c dnsupdate/server/frame.h \
	dnsupdate/server/frame_file.c dnsupdate/server/frame_file.h \
	dnsupdate/server/journal.c dnsupdate/server/journal.h \
	dnsupdate/server/journal_inside.h dnsupdate/server/journal_open.c \
	dnsupdate/server/snapshot.c dnsupdate/server/snapshot.h \
	dnsupdate/server/snapshot_read.c \
	dnsupdate/server/store.c dnsupdate/server/store.h \
	dnsupdate/server/store_inside.h dnsupdate/server/store_open.c \
	dnsupdate/server/control.c dnsupdate/server/control.h dnsupdate/server/control_verbs.c \
	dnsupdate/server/import.c dnsupdate/server/import.h \
	dnsupdate/server/keeper.c dnsupdate/server/keeper.h \
	dnsupdate/server/keeper_change.c dnsupdate/server/keeper_inside.h \
	dnsupdate/server/metrics.c \
	dnsupdate/server/notifier.c dnsupdate/server/notifier.h \
	dnsupdate/server/notify.c dnsupdate/server/notify.h \
	dnsupdate/server/transfer.c dnsupdate/server/transfer.h \
	dnsupdate/server/xfr.c dnsupdate/server/xfr.h

# Subscriptions.
libatdnsd_a_SOURCES += \
	dnsupdate/server/dso.c dnsupdate/server/dso.h \
	dnsupdate/server/follow.c dnsupdate/server/follow.h \
	dnsupdate/server/llq_events.c \
	dnsupdate/server/llq_table.c dnsupdate/server/llq_table.h \
	dnsupdate/server/llqs.c dnsupdate/server/llqs.h dnsupdate/server/llqs_inside.h \
	dnsupdate/server/push.c dnsupdate/server/push.h \
	dnsupdate/server/secure.c dnsupdate/server/secure.h \
	dnsupdate/server/seen.c dnsupdate/server/seen.h \
	dnsupdate/server/services.c dnsupdate/server/services.h \
	dnsupdate/server/session.c dnsupdate/server/session.h \
	dnsupdate/server/subscriptions.c dnsupdate/server/subscriptions.h \
	dnsupdate/server/view.c dnsupdate/server/view.h

DNSD_LIBS = libatdnsd.a libatidentity.a libatwire.a libloop.a libatcrypto.a $(BASE_LIBS) \
	$(LDNS_LIBS) $(EVENT_LIBS) $(TLS_LIBS) $(IPSEC_MB_LIBS) $(OPENSSL_LIBS) $(ARGON2_LIBS)

sbin_PROGRAMS += autotunnel-dnsd
autotunnel_dnsd_SOURCES = dnsupdate/server/main.c
autotunnel_dnsd_LDADD = $(DNSD_LIBS)

DNSD_UNIT = tests/unit/dnsd_notify tests/unit/dnsd_crc32c tests/unit/dnsd_journal tests/unit/dnsd_store \
	tests/unit/dnsd_sweep tests/unit/dnsd_xfr
check_PROGRAMS += $(DNSD_UNIT)
TESTS += $(DNSD_UNIT)
tests_unit_dnsd_crc32c_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_journal_SOURCES = tests/unit/dnsd_journal.c \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_journal_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_store_SOURCES = tests/unit/dnsd_store.c \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_store_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_notify_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_sweep_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_xfr_SOURCES = tests/unit/dnsd_xfr.c \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_xfr_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)

# What is on disk, and what the administrator sends.
DNSD_FILE_FUZZ = tests/fuzz/fuzz_dnsd_entry tests/fuzz/fuzz_dnsd_import tests/fuzz/fuzz_dnsd_store
check_PROGRAMS += $(DNSD_FILE_FUZZ)
TESTS += $(DNSD_FILE_FUZZ)
tests_fuzz_fuzz_dnsd_entry_SOURCES = tests/fuzz/fuzz_dnsd_entry.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dnsd_entry_LDADD = $(DNSD_LIBS)
tests_fuzz_fuzz_dnsd_entry_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_dnsd_import_SOURCES = tests/fuzz/fuzz_dnsd_import.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dnsd_import_LDADD = $(DNSD_LIBS)
tests_fuzz_fuzz_dnsd_import_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_dnsd_store_SOURCES = tests/fuzz/fuzz_dnsd_store.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dnsd_store_LDADD = $(DNSD_LIBS)
tests_fuzz_fuzz_dnsd_store_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)

# Updates at full rate, for tests and benchmarks.
check_PROGRAMS += tests/dnsd_load
tests_dnsd_load_SOURCES = tests/dnsd_load.c
tests_dnsd_load_LDADD = $(DNSD_LIBS)
check_PROGRAMS += tests/fail_sync.so
tests_fail_sync_so_SOURCES = tests/fail_sync.c
tests_fail_sync_so_CFLAGS = -std=gnu11 $(AT_WARN_CFLAGS) -fPIC
tests_fail_sync_so_LDFLAGS = -shared -Wl,-z,defs
TESTS += tests/dnsd_crash.sh tests/dnsd_ctl.sh tests/dnsd_secondaries.sh
EXTRA_DIST += tests/dnsd_crash.sh tests/dnsd_ctl.sh tests/dnsd_secondaries.sh

# Subscriptions.
DNSD_SUBS = tests/unit/dnsd_llqs tests/unit/dnsd_push tests/unit/dnsd_session tests/unit/dnsd_view
check_PROGRAMS += $(DNSD_SUBS)
TESTS += $(DNSD_SUBS)
tests_unit_dnsd_llqs_SOURCES = tests/unit/dnsd_llqs.c tests/unit/dnsd_bed.h tests/unit/wire_test.h
tests_unit_dnsd_llqs_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_push_SOURCES = tests/unit/dnsd_push.c tests/unit/dnsd_bed.h tests/unit/wire_test.h
tests_unit_dnsd_push_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_session_SOURCES = tests/unit/dnsd_session.c tests/unit/wire_test.h
tests_unit_dnsd_session_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_view_SOURCES = tests/unit/dnsd_view.c tests/unit/dnsd_bed.h tests/unit/wire_test.h
tests_unit_dnsd_view_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)

# The heart of it.
DNSD_CORE_UNIT = tests/unit/dnsd_answer tests/unit/dnsd_change tests/unit/dnsd_conf \
	tests/unit/dnsd_conn \
	tests/unit/dnsd_cookie tests/unit/dnsd_keyring tests/unit/dnsd_lease tests/unit/dnsd_request \
	tests/unit/dnsd_rrl tests/unit/dnsd_update tests/unit/dnsd_zone
check_PROGRAMS += $(DNSD_CORE_UNIT)
TESTS += $(DNSD_CORE_UNIT)
tests_unit_dnsd_answer_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_change_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_conf_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_conn_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_cookie_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_keyring_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_lease_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_request_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_rrl_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_update_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_zone_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)

dnsd_core_fuzz = tests/fuzz/fuzz_dnsd_conf tests/fuzz/fuzz_dnsd_request
check_PROGRAMS += $(dnsd_core_fuzz)
TESTS += $(dnsd_core_fuzz)
tests_fuzz_fuzz_dnsd_conf_SOURCES = tests/fuzz/fuzz_dnsd_conf.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dnsd_conf_LDADD = $(DNSD_LIBS)
tests_fuzz_fuzz_dnsd_conf_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_dnsd_request_SOURCES = tests/fuzz/fuzz_dnsd_request.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dnsd_request_LDADD = $(DNSD_LIBS)
tests_fuzz_fuzz_dnsd_request_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)

TESTS += tests/dnsd_clients.sh
EXTRA_DIST += tests/dnsd_clients.sh

# Subscribers by the thousand, for tests and benchmarks.
check_PROGRAMS += tests/dnsd_watch
tests_dnsd_watch_SOURCES = tests/dnsd_watch.c
tests_dnsd_watch_LDADD = $(DNSD_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_dnsd_stream
TESTS += tests/fuzz/fuzz_dnsd_stream
tests_fuzz_fuzz_dnsd_stream_SOURCES = tests/fuzz/fuzz_dnsd_stream.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dnsd_stream_LDADD = $(DNSD_LIBS)
tests_fuzz_fuzz_dnsd_stream_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
check_PROGRAMS += tests/dnsd_dso
tests_dnsd_dso_SOURCES = tests/dnsd_dso.c
tests_dnsd_dso_LDADD = $(DNSD_LIBS)
TESTS += tests/dnsd_subscribe.sh
EXTRA_DIST += tests/dnsd_subscribe.sh
