# What all tests share, and the tests of src/base, src/loop and src/config.
if FUZZ
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif

TESTS += tests/includes.sh tests/background.sh
EXTRA_DIST += tests/includes.sh tests/background.sh tests/openmetrics tests/servers.sh tests/valgrind.sh tests/valgrind.supp tests/corpus \
	$(wildcard $(srcdir)/tests/bench/*.sh $(srcdir)/tests/bench/*/*.sh) \
	tests/netns/lib $(wildcard $(srcdir)/tests/netns/*.sh) \
	$(wildcard $(srcdir)/tests/unit/*.h $(srcdir)/tests/netns/*.h)

UNIT_LIBS = $(CMOCKA_LIBS)
BASE_LIBS = libbase.a $(SECCOMP_LIBS)

UNIT = tests/unit/base_addr tests/unit/base_buf tests/unit/base_channel tests/unit/base_clock \
	tests/unit/base_file tests/unit/base_limit \
	tests/unit/base_msg tests/unit/base_proc tests/unit/base_sandbox tests/unit/base_str \
	tests/unit/config_config tests/unit/loop_loop tests/unit/loop_timers \
	tests/unit/manager_control tests/unit/manager_filter tests/unit/manager_hear tests/unit/manager_known \
	tests/unit/manager_memory tests/unit/manager_network tests/unit/manager_recall \
	tests/unit/manager_reach tests/unit/manager_reconcile tests/unit/manager_worker \
	tests/fuzz/fuzz_memory tests/fuzz/fuzz_msg tests/fuzz/fuzz_config tests/fuzz/fuzz_known \
	tests/fuzz/fuzz_recall
check_PROGRAMS += $(UNIT)
TESTS += $(UNIT)

# For programs in the lab whose clock is to be wrong.
check_PROGRAMS += tests/shift_clock.so
tests_shift_clock_so_SOURCES = tests/shift_clock.c
tests_shift_clock_so_CFLAGS = -std=gnu11 $(AT_WARN_CFLAGS) -fPIC
tests_shift_clock_so_LDFLAGS = -shared -Wl,-z,defs

tests_unit_base_addr_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_buf_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_channel_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_clock_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_file_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_limit_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_msg_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_proc_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_sandbox_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_base_str_LDADD = $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_config_config_LDADD = libconfig.a $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_loop_loop_LDADD = libloop.a $(BASE_LIBS) $(EVENT_LIBS) $(UNIT_LIBS)
tests_unit_loop_timers_LDADD = libloop.a $(BASE_LIBS) $(EVENT_LIBS) $(UNIT_LIBS)
tests_unit_manager_reach_LDADD = libmanager.a $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_manager_reconcile_LDADD = libmanager.a libconfig.a $(BASE_LIBS) $(MNL_LIBS) $(UNIT_LIBS)

MANAGER_LIBS = libmanager.a libatidentity.a libconfig.a libloop.a libatcrypto.a $(BASE_LIBS) \
	$(EVENT_LIBS) $(MNL_LIBS) $(OPENSSL_LIBS) $(ARGON2_LIBS)
tests_unit_manager_control_LDADD = $(MANAGER_LIBS) $(UNIT_LIBS)
tests_unit_manager_filter_LDADD = $(MANAGER_LIBS) $(UNIT_LIBS)
tests_unit_manager_hear_LDADD = $(MANAGER_LIBS) $(UNIT_LIBS)
tests_unit_manager_known_LDADD = libmanager.a $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_manager_recall_LDADD = libmanager.a $(BASE_LIBS) $(UNIT_LIBS)
tests_unit_manager_memory_LDADD = $(MANAGER_LIBS) $(UNIT_LIBS)
tests_unit_manager_network_LDADD = $(MANAGER_LIBS) $(UNIT_LIBS)
tests_unit_manager_worker_LDADD = $(MANAGER_LIBS) $(UNIT_LIBS)

tests_fuzz_fuzz_memory_SOURCES = tests/fuzz/fuzz_memory.c $(FUZZ_MAIN)
tests_fuzz_fuzz_memory_LDADD = $(MANAGER_LIBS)
tests_fuzz_fuzz_memory_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_msg_SOURCES = tests/fuzz/fuzz_msg.c $(FUZZ_MAIN)
tests_fuzz_fuzz_msg_LDADD = $(BASE_LIBS)
tests_fuzz_fuzz_msg_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_config_LDADD = libconfig.a $(BASE_LIBS)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_recall_SOURCES = tests/fuzz/fuzz_recall.c $(FUZZ_MAIN)
tests_fuzz_fuzz_recall_LDADD = libmanager.a $(BASE_LIBS)
tests_fuzz_fuzz_recall_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_known_SOURCES = tests/fuzz/fuzz_known.c $(FUZZ_MAIN)
tests_fuzz_fuzz_known_LDADD = libmanager.a $(BASE_LIBS)
tests_fuzz_fuzz_known_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)

# For programs in the lab whose time is to pass while nothing happens, and who lets it pass.
check_PROGRAMS += tests/virtual_clock.so tests/netns/pass_time
tests_virtual_clock_so_SOURCES = tests/virtual_clock.c tests/virtual_clock.h
tests_virtual_clock_so_CFLAGS = -std=gnu11 $(AT_WARN_CFLAGS) -fPIC
tests_virtual_clock_so_LDFLAGS = -shared -Wl,-z,defs
tests_netns_pass_time_SOURCES = tests/netns/pass_time.c tests/virtual_clock.h

# What an intruder does who has taken a worker over (tests/netns/threat_worker.sh).
check_PROGRAMS += tests/netns/intruder
tests_netns_intruder_SOURCES = tests/netns/intruder.c
tests_netns_intruder_LDADD = $(BASE_LIBS)

# A LAN that takes time (tests/bench/samelan.sh).
check_PROGRAMS += tests/bench/slow_wire
tests_bench_slow_wire_SOURCES = tests/bench/slow_wire.c
tests_bench_slow_wire_LDADD = $(BASE_LIBS)

# The floor of telling many connections of one change (tests/bench/subscribers.sh).
check_PROGRAMS += tests/bench/fan_out
tests_bench_fan_out_SOURCES = tests/bench/fan_out.c
tests_bench_fan_out_LDADD = $(BASE_LIBS)
