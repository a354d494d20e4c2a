# The manager, and autotunneld itself.  All but main.c is a library, so that tests can link it.
noinst_LIBRARIES += libmanager.a
libmanager_a_SOURCES = \
	src/manager/control.c src/manager/control.h src/manager/control_inner.h \
	src/manager/control_ask.c src/manager/control_show.c \
	src/manager/decide.c \
	src/manager/filter.c src/manager/filter.h \
	src/manager/hear.c \
	src/manager/known.c src/manager/known.h \
	src/manager/ladder.c src/manager/ladder.h \
	src/manager/link.c src/manager/link.h \
	src/manager/maps.c src/manager/maps.h src/manager/maps_inner.h \
	src/manager/maps_extra.c src/manager/maps_show.c src/manager/maps_talk.c \
	src/manager/memory.c src/manager/memory.h \
	src/manager/manager.c src/manager/manager.h \
	src/manager/netlink.c src/manager/netlink.h \
	src/manager/network.c src/manager/network.h \
	src/manager/outside.c src/manager/outside.h \
	src/manager/peers.c \
	src/manager/reach.c src/manager/reach.h \
	src/manager/recall.c src/manager/recall.h \
	src/manager/reconcile.c src/manager/reconcile.h \
	src/manager/reload.c \
	src/manager/roster.c src/manager/roster.h \
	src/manager/say.c \
	src/manager/sockets.c src/manager/sockets.h \
	src/manager/worker.c src/manager/worker.h \
	src/manager/xfrm.c src/manager/xfrm.h
libmanager_a_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)

sbin_PROGRAMS += autotunneld
autotunneld_SOURCES = src/manager/main.c
autotunneld_LDADD = libmanager.a \
	libatnatpmp.a libatdns.a libatwire.a libatipsec.a libatesp.a \
	libatidentity.a libconfig.a libloop.a libatcrypto.a libbase.a \
	$(NATPMP_LIBS) $(MINIUPNPC_LIBS) $(LDNS_LIBS) $(CARES_LIBS) $(STRONGSWAN_LIBS) \
	$(EVENT_LIBS) $(MNL_LIBS) $(TLS_LIBS) $(IPSEC_MB_LIBS) $(OPENSSL_LIBS) $(ARGON2_LIBS) \
	$(SECCOMP_LIBS)
