# autotunnel-dnsd.  All but main.c is a library, so that tests link the same code.
noinst_LIBRARIES += libatdnsd.a
libatdnsd_a_SOURCES = \
	dnsupdate/server/query/answer.c dnsupdate/server/query/answer.h \
	dnsupdate/server/update/apply.c dnsupdate/server/update/apply.h \
	dnsupdate/server/data/change.c dnsupdate/server/data/change.h \
	dnsupdate/server/data/commit.c dnsupdate/server/data/commit.h \
	dnsupdate/server/complain.c dnsupdate/server/complain.h \
	dnsupdate/server/conf.c dnsupdate/server/conf.h \
	dnsupdate/server/conf_keys.c dnsupdate/server/conf_keys.h \
	dnsupdate/server/net/conn.c dnsupdate/server/net/conn.h \
	dnsupdate/server/net/conn_inside.h dnsupdate/server/net/conn_serve.c \
	dnsupdate/server/net/cookie.c dnsupdate/server/net/cookie.h \
	dnsupdate/server/net/crowd.c dnsupdate/server/net/crowd.h \
	dnsupdate/server/dnsd.c dnsupdate/server/dnsd.h \
	dnsupdate/server/update/keyops.c dnsupdate/server/update/keyops.h \
	dnsupdate/server/data/keyring.c dnsupdate/server/data/keyring.h \
	dnsupdate/server/data/lease.c dnsupdate/server/data/lease.h \
	dnsupdate/server/limits.h \
	dnsupdate/server/net/knock.c dnsupdate/server/net/knock.h \
	dnsupdate/server/net/listen.c dnsupdate/server/net/listen.h \
	dnsupdate/server/load.c dnsupdate/server/load.h \
	dnsupdate/server/net/octets.c dnsupdate/server/net/octets.h \
	dnsupdate/server/update/policy.c dnsupdate/server/update/policy.h \
	dnsupdate/server/update/prerequisite.c dnsupdate/server/update/prerequisite.h \
	dnsupdate/server/data/replay.c \
	dnsupdate/server/reply.c \
	dnsupdate/server/request.c dnsupdate/server/request.h \
	dnsupdate/server/net/rrl.c dnsupdate/server/net/rrl.h \
	dnsupdate/server/data/rrset.c dnsupdate/server/data/rrset.h \
	dnsupdate/server/server.c dnsupdate/server/server.h \
	dnsupdate/server/stats.h \
	dnsupdate/server/start.c dnsupdate/server/start.h \
	dnsupdate/server/data/tree.c dnsupdate/server/data/tree.h \
	dnsupdate/server/update/updates.c dnsupdate/server/update/updates.h \
	dnsupdate/server/query/whoami.c dnsupdate/server/query/whoami.h \
	dnsupdate/server/data/zone.c dnsupdate/server/data/zone.h \
	dnsupdate/server/data/zones.c dnsupdate/server/data/zones.h

# What is on disk, and transfers, which are read from it.
libatdnsd_a_SOURCES += \
	dnsupdate/server/disk/crc32c.c dnsupdate/server/disk/crc32c.h \
	dnsupdate/server/disk/entry.c dnsupdate/server/disk/entry.h \
	dnsupdate/server/disk/file_ops.c dnsupdate/server/disk/file_ops.h \
	dnsupdate/server/disk/frame.c dnsupdate/server/disk/frame.h \
	dnsupdate/server/disk/frame_file.c dnsupdate/server/disk/frame_file.h \
	dnsupdate/server/disk/journal.c dnsupdate/server/disk/journal.h \
	dnsupdate/server/disk/journal_inside.h dnsupdate/server/disk/journal_open.c \
	dnsupdate/server/disk/snapshot.c dnsupdate/server/disk/snapshot.h \
	dnsupdate/server/disk/snapshot_read.c \
	dnsupdate/server/disk/store.c dnsupdate/server/disk/store.h \
	dnsupdate/server/disk/store_inside.h dnsupdate/server/disk/store_open.c \
	dnsupdate/server/control/control.c dnsupdate/server/control/control.h dnsupdate/server/control/control_verbs.c \
	dnsupdate/server/disk/import.c dnsupdate/server/disk/import.h \
	dnsupdate/server/control/keeper.c dnsupdate/server/control/keeper.h \
	dnsupdate/server/control/keeper_change.c dnsupdate/server/control/keeper_inside.h \
	dnsupdate/server/control/metrics.c \
	dnsupdate/server/transfer/notifier.c dnsupdate/server/transfer/notifier.h \
	dnsupdate/server/transfer/notify.c dnsupdate/server/transfer/notify.h \
	dnsupdate/server/transfer/transfer.c dnsupdate/server/transfer/transfer.h \
	dnsupdate/server/transfer/xfr.c dnsupdate/server/transfer/xfr.h

# Subscriptions.
libatdnsd_a_SOURCES += \
	dnsupdate/server/live/dso.c dnsupdate/server/live/dso.h \
	dnsupdate/server/live/follow.c dnsupdate/server/live/follow.h \
	dnsupdate/server/live/llq_events.c \
	dnsupdate/server/live/llq_table.c dnsupdate/server/live/llq_table.h \
	dnsupdate/server/live/llqs.c dnsupdate/server/live/llqs.h dnsupdate/server/live/llqs_inside.h \
	dnsupdate/server/live/push.c dnsupdate/server/live/push.h dnsupdate/server/live/push_inside.h \
	dnsupdate/server/live/push_tell.c \
	dnsupdate/server/net/secure.c dnsupdate/server/net/secure.h \
	dnsupdate/server/net/seen.c dnsupdate/server/net/seen.h \
	dnsupdate/server/query/services.c dnsupdate/server/query/services.h \
	dnsupdate/server/live/session.c dnsupdate/server/live/session.h \
	dnsupdate/server/live/subscriptions.c dnsupdate/server/live/subscriptions.h \
	dnsupdate/server/live/view.c dnsupdate/server/live/view.h

DNSD_LIBS = libatdnsd.a libconfig.a libatidentity.a libatwire.a libloop.a libatcrypto.a $(BASE_LIBS) \
	$(LDNS_LIBS) $(EVENT_LIBS) $(TLS_LIBS) $(IPSEC_MB_LIBS) $(OPENSSL_LIBS) $(ARGON2_LIBS)

sbin_PROGRAMS += autotunnel-dnsd
autotunnel_dnsd_SOURCES = dnsupdate/server/main.c
autotunnel_dnsd_LDADD = $(DNSD_LIBS)

DNSD_UNIT = tests/unit/dnsd_notify tests/unit/dnsd_crc32c tests/unit/dnsd_expiry tests/unit/dnsd_journal \
	tests/unit/dnsd_replace tests/unit/dnsd_settle tests/unit/dnsd_store tests/unit/dnsd_sweep tests/unit/dnsd_xfr
check_PROGRAMS += $(DNSD_UNIT)
TESTS += $(DNSD_UNIT)
tests_unit_dnsd_crc32c_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_expiry_SOURCES = tests/unit/dnsd_expiry.c tests/unit/dnsd_told.h \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_expiry_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_journal_SOURCES = tests/unit/dnsd_journal.c \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_journal_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_replace_SOURCES = tests/unit/dnsd_replace.c \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_replace_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_settle_SOURCES = tests/unit/dnsd_settle.c \
	tests/unit/dnsd_faults.c tests/unit/dnsd_faults.h
tests_unit_dnsd_settle_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
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
DNSD_SUBS = tests/unit/dnsd_live_bytes tests/unit/dnsd_llqs tests/unit/dnsd_push tests/unit/dnsd_session tests/unit/dnsd_view
check_PROGRAMS += $(DNSD_SUBS)
TESTS += $(DNSD_SUBS)
tests_unit_dnsd_live_bytes_SOURCES = tests/unit/dnsd_live_bytes.c tests/unit/dnsd_bed.h tests/unit/dnsd_told.h tests/unit/wire_test.h
tests_unit_dnsd_live_bytes_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_llqs_SOURCES = tests/unit/dnsd_llqs.c tests/unit/dnsd_bed.h tests/unit/wire_test.h
tests_unit_dnsd_llqs_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_push_SOURCES = tests/unit/dnsd_push.c tests/unit/dnsd_bed.h tests/unit/wire_test.h
tests_unit_dnsd_push_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_session_SOURCES = tests/unit/dnsd_session.c tests/unit/wire_test.h
tests_unit_dnsd_session_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_view_SOURCES = tests/unit/dnsd_view.c tests/unit/dnsd_bed.h tests/unit/wire_test.h
tests_unit_dnsd_view_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)

# The heart of it.
DNSD_CORE_UNIT = tests/unit/dnsd_answer tests/unit/dnsd_bytes tests/unit/dnsd_change tests/unit/dnsd_conf \
	tests/unit/dnsd_conn \
	tests/unit/dnsd_cookie tests/unit/dnsd_keyring tests/unit/dnsd_lease tests/unit/dnsd_request \
	tests/unit/dnsd_rrl tests/unit/dnsd_update tests/unit/dnsd_zone
check_PROGRAMS += $(DNSD_CORE_UNIT)
TESTS += $(DNSD_CORE_UNIT)
tests_unit_dnsd_answer_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
tests_unit_dnsd_bytes_LDADD = $(DNSD_LIBS) $(UNIT_LIBS)
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

TESTS += tests/dnsd_clients.sh tests/dnsd_sockets.sh tests/dnsd_unit.sh
EXTRA_DIST += tests/dnsd_clients.sh tests/dnsd_sockets.sh tests/dnsd_unit.sh

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
