# autotunnel(1).  All but main.c is a library, so that tests link the same code.
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	src/cli/client.c src/cli/client.h \
	src/cli/echo.c src/cli/echo.h \
	src/cli/explain.c src/cli/explain.h \
	src/cli/format.c src/cli/format.h \
	src/cli/json.c src/cli/json.h \
	src/cli/show.c src/cli/show.h src/cli/show_json.c src/cli/show_map.c src/cli/show_metrics.c \
	src/cli/ladder.c src/cli/ladder.h \
	src/cli/snapshot.c src/cli/snapshot.h \
	src/cli/span.c src/cli/span.h \
	src/cli/suggest.c src/cli/suggest.h \
	src/cli/table.c src/cli/table.h \
	src/cli/words.c src/cli/words.h

bin_PROGRAMS += autotunnel
autotunnel_SOURCES = src/cli/main.c src/cli/cmd.h \
	src/cli/peer_arg.c src/cli/peer_arg.h src/cli/echo_socket.c src/cli/echo_socket.h \
	src/cli/cmd_daemon.c src/cli/cmd_map.c src/cli/cmd_metrics.c src/cli/cmd_ping.c src/cli/cmd_status.c \
	src/cli/cmd_trace.c src/cli/cmd_version.c src/cli/cmd_wait.c \
	src/cli/cmd_init.c src/cli/cmd_join.c src/cli/cmd_zone.c \
	src/cli/cmd_repair.c \
	src/cli/cmd_invite.c src/cli/join_code.c src/cli/join_code.h \
	src/cli/cmd_account.c src/cli/account_verbs.h src/cli/account_admin.c \
	src/cli/account_new_phrase.c src/cli/show_phrase.c src/cli/show_phrase.h \
	src/cli/cmd_devices.c src/cli/cmd_leave.c src/cli/cmd_rename.c src/cli/cmd_revoke.c \
	src/cli/admin.c src/cli/admin.h \
	src/cli/dnsd_setup.c src/cli/dnsd_setup.h \
	src/cli/edit.c src/cli/edit.h \
	src/cli/enrol.c src/cli/enrol.h \
	src/cli/enrol_options.c src/cli/enrol_options.h \
	src/cli/exchange.c src/cli/exchange.h \
	src/cli/find_server.c src/cli/find_server.h \
	src/cli/prompt.c src/cli/prompt.h \
	src/cli/resolvers.c src/cli/resolvers.h \
	src/cli/server_keys.c src/cli/server_keys.h \
	src/cli/talk.c src/cli/talk.h \
	src/cli/tls_probe.c src/cli/tls_probe.h \
	src/cli/unlock.c src/cli/unlock.h \
	src/cli/run.c src/cli/run.h \
	src/cli/zone_check.c src/cli/zone_check.h \
	src/cli/zone_text.c src/cli/zone_text.h
autotunnel_LDADD = libcli.a libconfig.a libatwire.a $(IDENTITY_LIBS) $(BASE_LIBS) $(LDNS_LIBS) \
	$(IPSEC_MB_LIBS) $(TLS_LIBS) $(OPENSSL_LIBS) $(ZXCVBN_LIBS)

CLI_TESTS = \
	tests/unit/cli_client \
	tests/unit/cli_echo \
	tests/unit/cli_explain \
	tests/unit/cli_format \
	tests/unit/cli_json \
	tests/unit/cli_ladder \
	tests/unit/cli_show \
	tests/unit/cli_snapshot \
	tests/unit/cli_suggest
check_PROGRAMS += $(CLI_TESTS)
TESTS += $(CLI_TESTS)
CLI_TEST_LIBS = libcli.a $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_cli_client_SOURCES = tests/unit/cli_client.c
tests_unit_cli_client_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_client_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_echo_SOURCES = tests/unit/cli_echo.c
tests_unit_cli_echo_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_echo_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_explain_SOURCES = tests/unit/cli_explain.c
tests_unit_cli_explain_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_explain_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_format_SOURCES = tests/unit/cli_format.c
tests_unit_cli_format_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_format_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_json_SOURCES = tests/unit/cli_json.c
tests_unit_cli_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_json_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_ladder_SOURCES = tests/unit/cli_ladder.c
tests_unit_cli_ladder_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_ladder_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_show_SOURCES = tests/unit/cli_show.c
tests_unit_cli_show_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_show_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_snapshot_SOURCES = tests/unit/cli_snapshot.c
tests_unit_cli_snapshot_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_snapshot_LDADD = $(CLI_TEST_LIBS)
tests_unit_cli_suggest_SOURCES = tests/unit/cli_suggest.c
tests_unit_cli_suggest_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_suggest_LDADD = $(CLI_TEST_LIBS)
CLEANFILES += cli_client.sock

# The command itself: statuses and words that need no daemon.
TESTS += tests/cli.sh
EXTRA_DIST += tests/cli.sh

check_PROGRAMS += tests/fuzz/fuzz_echo
TESTS += tests/fuzz/fuzz_echo
tests_fuzz_fuzz_echo_SOURCES = tests/fuzz/fuzz_echo.c $(FUZZ_MAIN)
tests_fuzz_fuzz_echo_LDADD = libcli.a $(BASE_LIBS)
tests_fuzz_fuzz_echo_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)

# Enrolment: one question to a name server that may lie.
check_PROGRAMS += tests/unit/cli_exchange
TESTS += tests/unit/cli_exchange
tests_unit_cli_exchange_SOURCES = tests/unit/cli_exchange.c src/cli/exchange.c
tests_unit_cli_exchange_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_exchange_LDADD = libatwire.a $(IDENTITY_LIBS) $(BASE_LIBS) $(LDNS_LIBS) $(CMOCKA_LIBS)

# What identity costs.
check_PROGRAMS += tests/bench/identity_speed
tests_bench_identity_speed_SOURCES = tests/bench/identity_speed.c
tests_bench_identity_speed_LDADD = libatwire.a $(IDENTITY_LIBS) $(LDNS_LIBS)
