# The DNS worker.  The only folder that includes c-ares.
noinst_LIBRARIES += libatdns.a
libatdns_a_CPPFLAGS = $(AM_CPPFLAGS) $(CARES_CFLAGS)
libatdns_a_SOURCES = \
	dnsupdate/dnsupdate.h \
	dnsupdate/client/exchange.c dnsupdate/client/exchange.h \
	dnsupdate/client/machines.c dnsupdate/client/machines.h \
	dnsupdate/client/outcome.c dnsupdate/client/outcome.h \
	dnsupdate/client/publish.c dnsupdate/client/publish.h \
	dnsupdate/client/report.c dnsupdate/client/report.h \
	dnsupdate/client/resolve.c dnsupdate/client/resolve.h \
	dnsupdate/client/tcp.c dnsupdate/client/tcp.h \
	dnsupdate/client/transport.c dnsupdate/client/transport.h \
	dnsupdate/client/watch.c dnsupdate/client/watch.h \
	dnsupdate/client/worker.c
