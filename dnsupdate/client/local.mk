# The DNS worker.  The only folder that includes c-ares.
noinst_LIBRARIES += libatdns.a
libatdns_a_CPPFLAGS = $(AM_CPPFLAGS) $(CARES_CFLAGS)
libatdns_a_SOURCES = \
	dnsupdate/dnsupdate.h \
	dnsupdate/client/backoff.c dnsupdate/client/backoff.h \
	dnsupdate/client/datagram.c \
	dnsupdate/client/exchange.c dnsupdate/client/exchange.h \
	dnsupdate/client/ladder.c dnsupdate/client/ladder.h \
	dnsupdate/client/line.c dnsupdate/client/line.h \
	dnsupdate/client/llq_client.c dnsupdate/client/llq_client.h \
	dnsupdate/client/llq_io.c dnsupdate/client/llq_io.h \
	dnsupdate/client/machines.c dnsupdate/client/machines.h \
	dnsupdate/client/others.c dnsupdate/client/others_llq.c dnsupdate/client/others_push.c \
	dnsupdate/client/outcome.c dnsupdate/client/outcome.h \
	dnsupdate/client/own.c \
	dnsupdate/client/pace.c dnsupdate/client/pace.h \
	dnsupdate/client/publish.c dnsupdate/client/publish.h \
	dnsupdate/client/push_session.c dnsupdate/client/push_session.h \
	dnsupdate/client/push_session_inner.h dnsupdate/client/push_session_take.c \
	dnsupdate/client/readers.c dnsupdate/client/readers.h \
	dnsupdate/client/race.c dnsupdate/client/race.h \
	dnsupdate/client/report.c dnsupdate/client/report.h \
	dnsupdate/client/resolve.c dnsupdate/client/resolve.h \
	dnsupdate/client/roster.c \
	dnsupdate/client/roster_follow.c dnsupdate/client/roster_follow.h \
	dnsupdate/client/server.c dnsupdate/client/server.h \
	dnsupdate/client/source.c dnsupdate/client/source.h \
	dnsupdate/client/session.c dnsupdate/client/session.h \
	dnsupdate/client/topics.c dnsupdate/client/topics.h \
	dnsupdate/client/targets.c dnsupdate/client/targets.h \
	dnsupdate/client/transport.c dnsupdate/client/transport.h \
	dnsupdate/client/transport_inner.h dnsupdate/client/transport_stream.c \
	dnsupdate/client/watch.c dnsupdate/client/watch.h \
	dnsupdate/client/whoami.c dnsupdate/client/whoami.h dnsupdate/client/whoami_ask.c \
	dnsupdate/client/watch_answer.c dnsupdate/client/watch_inner.h \
	dnsupdate/client/worker.c dnsupdate/client/worker.h
DNS_WORKER_LIBS = libatdns.a libatwire.a libloop.a libatcrypto.a $(BASE_LIBS) \
	$(CARES_LIBS) $(LDNS_LIBS) $(EVENT_LIBS) $(TLS_LIBS) $(OPENSSL_LIBS)

# The manager's part, for tests/netns/lib/dns_worker.sh.
check_PROGRAMS += tests/netns/dns_drive
tests_netns_dns_drive_SOURCES = tests/netns/dns_drive.c tests/netns/drive.h
tests_netns_dns_drive_LDADD = $(DNS_WORKER_LIBS)
tests_netns_dns_drive_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_wall_sec

DNS_UNIT = \
	tests/unit/dns_exchange tests/unit/dns_hostile \
	tests/unit/dns_ladder \
	tests/unit/dns_llq_client tests/unit/dns_llq_io \
	tests/unit/dns_outcome \
	tests/unit/dns_publish tests/unit/dns_publish_withdraw \
	tests/unit/dns_pace \
	tests/unit/dns_push_session tests/unit/dns_push_session_end \
	tests/unit/dns_race \
	tests/unit/dns_replay \
	tests/unit/dns_roster_follow \
	tests/unit/dns_whoami \
	tests/unit/dns_stream tests/unit/dns_targets \
	tests/unit/dns_transport \
	tests/unit/dns_watch tests/unit/dns_watch_trouble tests/unit/dns_watch_hints
check_PROGRAMS += $(DNS_UNIT)
TESTS += $(DNS_UNIT)
tests_unit_dns_outcome_SOURCES = tests/unit/dns_outcome.c
tests_unit_dns_outcome_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_outcome_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_publish_withdraw_SOURCES = tests/unit/dns_publish_withdraw.c
tests_unit_dns_publish_withdraw_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_publish_withdraw_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_publish_SOURCES = tests/unit/dns_publish.c
tests_unit_dns_publish_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_publish_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_replay_SOURCES = tests/unit/dns_replay.c
tests_unit_dns_replay_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_replay_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_ladder_SOURCES = tests/unit/dns_ladder.c
tests_unit_dns_ladder_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_ladder_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_llq_client_SOURCES = tests/unit/dns_llq_client.c
tests_unit_dns_llq_client_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_llq_client_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_llq_io_SOURCES = tests/unit/dns_llq_io.c
tests_unit_dns_llq_io_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_llq_io_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_pace_SOURCES = tests/unit/dns_pace.c
tests_unit_dns_pace_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_pace_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_push_session_end_SOURCES = tests/unit/dns_push_session_end.c
tests_unit_dns_push_session_end_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_push_session_end_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_push_session_SOURCES = tests/unit/dns_push_session.c
tests_unit_dns_push_session_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_push_session_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_whoami_SOURCES = tests/unit/dns_whoami.c
tests_unit_dns_whoami_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_whoami_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_roster_follow_SOURCES = tests/unit/dns_roster_follow.c
tests_unit_dns_roster_follow_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_roster_follow_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_watch_hints_SOURCES = tests/unit/dns_watch_hints.c
tests_unit_dns_watch_hints_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_watch_hints_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_watch_trouble_SOURCES = tests/unit/dns_watch_trouble.c
tests_unit_dns_watch_trouble_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_watch_trouble_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_watch_SOURCES = tests/unit/dns_watch.c
tests_unit_dns_watch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_watch_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_transport_SOURCES = tests/unit/dns_transport.c
tests_unit_dns_transport_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_transport_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_exchange_SOURCES = tests/unit/dns_exchange.c
tests_unit_dns_exchange_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_exchange_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_race_SOURCES = tests/unit/dns_race.c
tests_unit_dns_race_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_race_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_stream_SOURCES = tests/unit/dns_stream.c
tests_unit_dns_stream_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_stream_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)

# The same, and other machines, for tests/bench/changes.sh.
check_PROGRAMS += tests/bench/changes_drive
tests_bench_changes_drive_SOURCES = tests/bench/changes_drive.c tests/netns/drive.h
tests_bench_changes_drive_LDADD = $(DNS_WORKER_LIBS)

# Fuzz targets: what a hostile server may tell us.
dns_fuzz = tests/fuzz/fuzz_push_session tests/fuzz/fuzz_llq_client tests/fuzz/fuzz_targets \
	tests/fuzz/fuzz_line
check_PROGRAMS += $(dns_fuzz)
TESTS += $(dns_fuzz)
tests_fuzz_fuzz_line_SOURCES = tests/fuzz/fuzz_line.c $(FUZZ_MAIN)
tests_fuzz_fuzz_line_LDADD = $(DNS_WORKER_LIBS)
tests_fuzz_fuzz_line_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_push_session_SOURCES = tests/fuzz/fuzz_push_session.c $(FUZZ_MAIN)
tests_fuzz_fuzz_push_session_LDADD = $(DNS_WORKER_LIBS)
tests_fuzz_fuzz_push_session_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_llq_client_SOURCES = tests/fuzz/fuzz_llq_client.c $(FUZZ_MAIN)
tests_fuzz_fuzz_llq_client_LDADD = $(DNS_WORKER_LIBS)
tests_fuzz_fuzz_llq_client_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_unit_dns_targets_SOURCES = tests/unit/dns_targets.c
tests_unit_dns_targets_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_targets_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_unit_dns_hostile_SOURCES = tests/unit/dns_hostile.c
tests_unit_dns_hostile_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_dns_hostile_LDADD = $(DNS_WORKER_LIBS) $(CMOCKA_LIBS)
tests_fuzz_fuzz_targets_SOURCES = tests/fuzz/fuzz_targets.c $(FUZZ_MAIN)
tests_fuzz_fuzz_targets_LDADD = $(DNS_WORKER_LIBS)
tests_fuzz_fuzz_targets_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
