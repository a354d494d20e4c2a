# The port-mapping worker; the only user of libnatpmp and miniupnpc.
noinst_LIBRARIES += libatnatpmp.a
libatnatpmp_a_SOURCES = \
	natpmp/epoch.c natpmp/epoch.h natpmp/exchange.c natpmp/exchange.h \
	natpmp/hints.c natpmp/hints.h \
	natpmp/igd.c natpmp/igd.h natpmp/igd_child.c natpmp/igd_rules.c \
	natpmp/mapper.c natpmp/mapper.h \
	natpmp/mapping.c natpmp/mapping.h natpmp/mapping_inner.h \
	natpmp/mapping_answer.c natpmp/mapping_choose.c natpmp/mapping_side.c \
	natpmp/natpmp.h \
	natpmp/pcp.c natpmp/pcp.h natpmp/pcp_socket.c \
	natpmp/pinhole.c natpmp/pinhole.h \
	natpmp/pmp.c natpmp/pmp.h \
	natpmp/reason.c natpmp/reason.h \
	natpmp/ssdp.c natpmp/ssdp.h \
	natpmp/worker.c
libatnatpmp_a_CFLAGS = $(AM_CFLAGS) $(MINIUPNPC_CFLAGS)
NATPMP_WORKER_LIBS = libatnatpmp.a libloop.a $(BASE_LIBS) \
	$(NATPMP_LIBS) $(MINIUPNPC_LIBS) $(EVENT_LIBS)

NATPMP_UNIT = tests/unit/natpmp_choose tests/unit/natpmp_cycles tests/unit/natpmp_mapping \
	tests/unit/natpmp_packets tests/unit/natpmp_pcp
check_PROGRAMS += $(NATPMP_UNIT)
TESTS += $(NATPMP_UNIT)
tests_unit_natpmp_choose_SOURCES = tests/unit/natpmp_choose.c tests/unit/natpmp_sim.h
tests_unit_natpmp_choose_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_natpmp_choose_LDADD = $(NATPMP_WORKER_LIBS) $(UNIT_LIBS)
tests_unit_natpmp_cycles_SOURCES = tests/unit/natpmp_cycles.c
tests_unit_natpmp_cycles_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_natpmp_cycles_LDADD = $(NATPMP_WORKER_LIBS) $(UNIT_LIBS)
tests_unit_natpmp_mapping_SOURCES = tests/unit/natpmp_mapping.c tests/unit/natpmp_sim.h
tests_unit_natpmp_mapping_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_natpmp_mapping_LDADD = $(NATPMP_WORKER_LIBS) $(UNIT_LIBS)
tests_unit_natpmp_packets_SOURCES = tests/unit/natpmp_packets.c
tests_unit_natpmp_packets_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_natpmp_packets_LDADD = $(NATPMP_WORKER_LIBS) $(UNIT_LIBS)

tests_unit_natpmp_pcp_SOURCES = tests/unit/natpmp_pcp.c
tests_unit_natpmp_pcp_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_natpmp_pcp_LDADD = $(NATPMP_WORKER_LIBS) $(UNIT_LIBS)

# The manager's part and the router's, for tests/netns/natpmp_worker.sh and threat_lan.sh.
check_PROGRAMS += tests/netns/natpmp_drive tests/netns/fake_router tests/netns/fake_gateway
tests_netns_natpmp_drive_SOURCES = tests/netns/natpmp_drive.c tests/netns/drive.h
tests_netns_natpmp_drive_LDADD = $(NATPMP_WORKER_LIBS)
tests_netns_fake_gateway_SOURCES = tests/netns/fake_gateway.c
tests_netns_fake_gateway_LDADD = $(BASE_LIBS)
tests_netns_fake_router_SOURCES = tests/netns/fake_router.c
tests_netns_fake_router_LDADD = $(BASE_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_natpmp tests/fuzz/fuzz_igd tests/fuzz/fuzz_mapping tests/fuzz/fuzz_pcp
TESTS += tests/fuzz/fuzz_natpmp tests/fuzz/fuzz_igd tests/fuzz/fuzz_mapping tests/fuzz/fuzz_pcp
tests_fuzz_fuzz_natpmp_SOURCES = tests/fuzz/fuzz_natpmp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_natpmp_LDADD = $(NATPMP_WORKER_LIBS)
tests_fuzz_fuzz_natpmp_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_igd_SOURCES = tests/fuzz/fuzz_igd.c $(FUZZ_MAIN)
tests_fuzz_fuzz_igd_LDADD = $(NATPMP_WORKER_LIBS)
tests_fuzz_fuzz_igd_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_mapping_SOURCES = tests/fuzz/fuzz_mapping.c $(FUZZ_MAIN)
tests_fuzz_fuzz_mapping_LDADD = $(NATPMP_WORKER_LIBS)
tests_fuzz_fuzz_mapping_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_pcp_SOURCES = tests/fuzz/fuzz_pcp.c $(FUZZ_MAIN)
tests_fuzz_fuzz_pcp_LDADD = $(NATPMP_WORKER_LIBS)
tests_fuzz_fuzz_pcp_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
