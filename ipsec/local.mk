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
	ipsec/call.c ipsec/call.h \
	ipsec/charon.c ipsec/charon.h \
	ipsec/claim.c ipsec/claim.h \
	ipsec/creds.c ipsec/creds.h \
	ipsec/dedupe.c ipsec/dedupe.h \
	ipsec/events.c ipsec/events.h \
	ipsec/installed.c ipsec/installed.h \
	ipsec/ipsec.h \
	ipsec/limit.c ipsec/limit.h \
	ipsec/net.c ipsec/net.h \
	ipsec/path.c ipsec/path.h \
	ipsec/peers.c ipsec/peers.h \
	ipsec/plane.c ipsec/plane.h \
	ipsec/sad.c ipsec/sad.h \
	ipsec/settings.c ipsec/settings.h \
	ipsec/socket.c ipsec/socket.h \
	ipsec/stray.c ipsec/stray.h \
	ipsec/swan.c ipsec/swan.h \
	ipsec/tunnels.c ipsec/tunnels.h \
	ipsec/worker.c

# What a program with the worker in it links.
IPSEC_LIBS = libatipsec.a $(ESP_LIBS) $(SECCOMP_LIBS) $(STRONGSWAN_LIBS)

# Plays the manager for one worker.
check_PROGRAMS += tests/netns/ipsec_drive
tests_netns_ipsec_drive_SOURCES = tests/netns/ipsec_drive.c
tests_netns_ipsec_drive_LDADD = $(IPSEC_LIBS)
