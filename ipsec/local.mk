# The IKE worker: libcharon inside, our own data plane under it.
include ipsec/esp/local.mk

EXTRA_DIST += ipsec/fetch-headers.sh

noinst_LIBRARIES += libatipsec.a

# strongSwan too has a crypto/aead.h: <crypto/aead.h> is its, "crypto/aead.h" is ours.  Its functions
# take string constants as char *.
IPSEC_CPPFLAGS = -iquote $(top_srcdir)/src $(STRONGSWAN_CPPFLAGS) $(AM_CPPFLAGS)
libatipsec_a_CPPFLAGS = $(IPSEC_CPPFLAGS)
libatipsec_a_CFLAGS = $(AM_CFLAGS) -Wno-write-strings
libatipsec_a_SOURCES = \
	ipsec/abi.c ipsec/abi.h \
	ipsec/alive.c ipsec/alive.h \
	ipsec/asked.c ipsec/asked.h \
	ipsec/call.c ipsec/call.h \
	ipsec/charon.c ipsec/charon.h \
	ipsec/claim.c ipsec/claim.h \
	ipsec/creds.c ipsec/creds.h \
	ipsec/dedupe.c ipsec/dedupe.h \
	ipsec/dial.c ipsec/dial.h \
	ipsec/events.c ipsec/events.h \
	ipsec/handle.c ipsec/handle.h \
	ipsec/held.c ipsec/held.h \
	ipsec/installed.c ipsec/installed.h \
	ipsec/ipsec.h \
	ipsec/keepalive.c ipsec/keepalive.h \
	ipsec/knocked.c ipsec/knocked.h \
	ipsec/net.c ipsec/net.h \
	ipsec/path.c ipsec/path.h \
	ipsec/peers.c ipsec/peers.h \
	ipsec/plane.c ipsec/plane.h \
	ipsec/roam.c ipsec/roam.h \
	ipsec/sa_peer.c ipsec/sa_peer.h \
	ipsec/sad.c ipsec/sad.h \
	ipsec/settings.c ipsec/settings.h \
	ipsec/socket.c ipsec/socket.h \
	ipsec/steps.c ipsec/steps.h \
	ipsec/stray.c ipsec/stray.h \
	ipsec/swan.c ipsec/swan.h \
	ipsec/trust.c ipsec/trust.h \
	ipsec/tunnels.c ipsec/tunnels.h \
	ipsec/usage.c ipsec/usage.h \
	ipsec/words.c ipsec/words.h \
	ipsec/worker.c

# What a program with the worker in it links.
IPSEC_LIBS = libatipsec.a libatidentity.a $(ESP_LIBS) $(SECCOMP_LIBS) $(STRONGSWAN_LIBS)

IPSEC_TESTS = tests/unit/ipsec_abi tests/unit/ipsec_abi_wrong tests/unit/ipsec_alive tests/unit/ipsec_asked \
	tests/unit/ipsec_call tests/unit/ipsec_claim tests/unit/ipsec_dedupe \
	tests/unit/ipsec_held tests/unit/ipsec_installed tests/unit/ipsec_path tests/unit/ipsec_stray
check_PROGRAMS += $(IPSEC_TESTS)
TESTS += $(IPSEC_TESTS)
# Programs of deciding files link those only: what needs libcharon would not link.
IPSEC_UNIT_LIBS = libatipsec.a libbase.a $(CMOCKA_LIBS)
tests_unit_ipsec_alive_SOURCES = tests/unit/ipsec_alive.c
tests_unit_ipsec_alive_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_alive_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_asked_SOURCES = tests/unit/ipsec_asked.c
tests_unit_ipsec_asked_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_asked_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_call_SOURCES = tests/unit/ipsec_call.c
tests_unit_ipsec_call_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_call_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_claim_SOURCES = tests/unit/ipsec_claim.c
tests_unit_ipsec_claim_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_claim_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_dedupe_SOURCES = tests/unit/ipsec_dedupe.c
tests_unit_ipsec_dedupe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_dedupe_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_held_SOURCES = tests/unit/ipsec_held.c
tests_unit_ipsec_held_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_held_LDADD = libatipsec.a libatidentity.a libatcrypto.a libbase.a $(OPENSSL_LIBS) \
	$(CMOCKA_LIBS)
tests_unit_ipsec_installed_SOURCES = tests/unit/ipsec_installed.c
tests_unit_ipsec_installed_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_installed_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_path_SOURCES = tests/unit/ipsec_path.c
tests_unit_ipsec_path_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_path_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_stray_SOURCES = tests/unit/ipsec_stray.c
tests_unit_ipsec_stray_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_stray_LDADD = $(IPSEC_UNIT_LIBS)
tests_unit_ipsec_abi_SOURCES = tests/unit/ipsec_abi.c
tests_unit_ipsec_abi_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ipsec_abi_LDADD = $(IPSEC_LIBS) $(CMOCKA_LIBS)
# The self test compiled for a library built with the other choice of ME: it must find out.
tests_unit_ipsec_abi_wrong_SOURCES = tests/unit/ipsec_abi.c ipsec/abi.c ipsec/installed.c
tests_unit_ipsec_abi_wrong_CPPFLAGS = $(IPSEC_CPPFLAGS) $(STRONGSWAN_WRONG_CPPFLAGS) -DABI_IS_WRONG
tests_unit_ipsec_abi_wrong_CFLAGS = $(AM_CFLAGS) -Wno-write-strings $(CMOCKA_CFLAGS)
tests_unit_ipsec_abi_wrong_LDADD = libbase.a $(STRONGSWAN_LIBS) $(CMOCKA_LIBS)

# Plays the manager for one worker.
check_PROGRAMS += tests/netns/ipsec_drive
tests_netns_ipsec_drive_SOURCES = tests/netns/ipsec_drive.c
tests_netns_ipsec_drive_LDADD = $(IPSEC_LIBS)
