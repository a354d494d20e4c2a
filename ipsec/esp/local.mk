# User-space ESP: a library of its own, without libcharon.
noinst_LIBRARIES += libatesp.a
libatesp_a_SOURCES = \
	ipsec/esp/control.c \
	ipsec/esp/cut.c ipsec/esp/cut.h \
	ipsec/esp/drops.c ipsec/esp/drops.h \
	ipsec/esp/ecn.c ipsec/esp/ecn.h \
	ipsec/esp/esp.c ipsec/esp/esp.h \
	ipsec/esp/esp_io.c ipsec/esp/esp_io.h \
	ipsec/esp/event.c ipsec/esp/event.h \
	ipsec/esp/hold.c ipsec/esp/hold.h \
	ipsec/esp/inbound.c \
	ipsec/esp/inner.c ipsec/esp/inner.h \
	ipsec/esp/io.h ipsec/esp/io_in.c ipsec/esp/io_out.c \
	ipsec/esp/io_socket.c ipsec/esp/io_tun.c \
	ipsec/esp/lifetime.c ipsec/esp/lifetime.h \
	ipsec/esp/links.c ipsec/esp/links.h \
	ipsec/esp/merge.c ipsec/esp/merge.h \
	ipsec/esp/open.c ipsec/esp/open.h \
	ipsec/esp/outbound.c \
	ipsec/esp/paths.c ipsec/esp/paths.h \
	ipsec/esp/policy.c ipsec/esp/policy.h \
	ipsec/esp/probe.c ipsec/esp/probe.h \
	ipsec/esp/probe_echo.c ipsec/esp/probe_echo.h \
	ipsec/esp/replay.c ipsec/esp/replay.h \
	ipsec/esp/sa.c ipsec/esp/sa.h \
	ipsec/esp/seal.c ipsec/esp/seal.h \
	ipsec/esp/split.c ipsec/esp/split.h \
	ipsec/esp/state.h \
	ipsec/esp/sum.c ipsec/esp/sum.h \
	ipsec/esp/too_big.c ipsec/esp/too_big.h \
	ipsec/esp/train.c ipsec/esp/train.h \
	ipsec/esp/vnet.h

ESP_LIBS = libatesp.a libatcrypto.a libbase.a $(IPSEC_MB_LIBS) $(OPENSSL_LIBS) -lpthread

ESP_TESTS = \
	tests/unit/esp_cut tests/unit/esp_hold tests/unit/esp_io tests/unit/esp_lifetime \
	tests/unit/esp_merge tests/unit/esp_moved tests/unit/esp_packet tests/unit/esp_paths tests/unit/esp_peers \
	tests/unit/esp_policy tests/unit/esp_probe \
	tests/unit/esp_replay tests/unit/esp_split tests/unit/esp_train tests/unit/esp_tunnel
check_PROGRAMS += $(ESP_TESTS)
TESTS += $(ESP_TESTS)
tests_unit_esp_cut_SOURCES = tests/unit/esp_cut.c tests/unit/esp_large.c tests/unit/esp_large.h
tests_unit_esp_cut_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_cut_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_merge_SOURCES = tests/unit/esp_merge.c tests/unit/esp_large.c tests/unit/esp_large.h
tests_unit_esp_merge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_merge_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_train_SOURCES = tests/unit/esp_train.c tests/unit/esp_large.c tests/unit/esp_large.h
tests_unit_esp_train_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_train_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_hold_SOURCES = tests/unit/esp_hold.c
tests_unit_esp_hold_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_hold_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_io_SOURCES = tests/unit/esp_io.c tests/unit/esp_pair.c tests/unit/esp_pair.h
tests_unit_esp_io_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_io_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_lifetime_SOURCES = tests/unit/esp_lifetime.c tests/unit/esp_pair.c \
	tests/unit/esp_pair.h
tests_unit_esp_lifetime_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_lifetime_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_moved_SOURCES = tests/unit/esp_moved.c tests/unit/esp_pair.c tests/unit/esp_pair.h
tests_unit_esp_moved_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_moved_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_packet_SOURCES = tests/unit/esp_packet.c
tests_unit_esp_packet_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_packet_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_paths_SOURCES = tests/unit/esp_paths.c tests/unit/esp_pair.c tests/unit/esp_pair.h
tests_unit_esp_paths_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_paths_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_peers_SOURCES = tests/unit/esp_peers.c tests/unit/esp_pair.c tests/unit/esp_pair.h
tests_unit_esp_peers_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_peers_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_policy_SOURCES = tests/unit/esp_policy.c tests/unit/esp_pair.c tests/unit/esp_pair.h
tests_unit_esp_policy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_policy_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_probe_SOURCES = tests/unit/esp_probe.c
tests_unit_esp_probe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_probe_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_split_SOURCES = tests/unit/esp_split.c
tests_unit_esp_split_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_split_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_replay_SOURCES = tests/unit/esp_replay.c
tests_unit_esp_replay_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_replay_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)
tests_unit_esp_tunnel_SOURCES = tests/unit/esp_tunnel.c tests/unit/esp_pair.c tests/unit/esp_pair.h
tests_unit_esp_tunnel_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_esp_tunnel_LDADD = $(ESP_LIBS) $(CMOCKA_LIBS)

ESP_FUZZ = tests/fuzz/fuzz_esp_cut tests/fuzz/fuzz_esp_inbound tests/fuzz/fuzz_esp_inner \
	tests/fuzz/fuzz_esp_merge
check_PROGRAMS += $(ESP_FUZZ)
TESTS += $(ESP_FUZZ)
tests_fuzz_fuzz_esp_cut_SOURCES = tests/fuzz/fuzz_esp_cut.c tests/unit/esp_large.c \
	tests/unit/esp_large.h $(FUZZ_MAIN)
tests_fuzz_fuzz_esp_cut_LDADD = $(ESP_LIBS)
tests_fuzz_fuzz_esp_cut_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_esp_merge_SOURCES = tests/fuzz/fuzz_esp_merge.c tests/unit/esp_large.c \
	tests/unit/esp_large.h $(FUZZ_MAIN)
tests_fuzz_fuzz_esp_merge_LDADD = $(ESP_LIBS)
tests_fuzz_fuzz_esp_merge_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_esp_inbound_SOURCES = tests/fuzz/fuzz_esp_inbound.c $(FUZZ_MAIN)
tests_fuzz_fuzz_esp_inbound_LDADD = $(ESP_LIBS)
tests_fuzz_fuzz_esp_inbound_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_esp_inner_SOURCES = tests/fuzz/fuzz_esp_inner.c $(FUZZ_MAIN)
tests_fuzz_fuzz_esp_inner_LDADD = $(ESP_LIBS)
tests_fuzz_fuzz_esp_inner_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)

# For tests/bench/curves.sh, many_sas.sh and flood.sh; one_port is run by itself.
check_PROGRAMS += tests/bench/esp_speed tests/bench/esp_garbage
check_PROGRAMS += tests/bench/many_flows tests/bench/one_port
tests_bench_many_flows_SOURCES = tests/bench/many_flows.c
tests_bench_many_flows_LDADD = libbase.a
tests_bench_one_port_SOURCES = tests/bench/one_port.c
tests_bench_one_port_LDADD = libbase.a
tests_bench_esp_speed_SOURCES = tests/bench/esp_speed.c
tests_bench_esp_speed_LDADD = $(ESP_LIBS)
tests_bench_esp_garbage_SOURCES = tests/bench/esp_garbage.c
tests_bench_esp_garbage_LDADD = libbase.a

check_PROGRAMS += tests/netns/esp_drive
tests_netns_esp_drive_SOURCES = tests/netns/esp_drive.c
tests_netns_esp_drive_LDADD = $(ESP_LIBS)
