# DNS messages, UPDATE, TSIG and our records: pure functions, shared by the DNS worker, the command
# and the server.  The only folder that includes ldns.
noinst_LIBRARIES += libatwire.a
libatwire_a_CPPFLAGS = $(AM_CPPFLAGS) $(LDNS_CFLAGS)
libatwire_a_SOURCES = \
	dnsupdate/wire/message.c dnsupdate/wire/message.h \
	dnsupdate/wire/name.c dnsupdate/wire/name.h \
	dnsupdate/wire/peer.c dnsupdate/wire/peer.h \
	dnsupdate/wire/rdata.c dnsupdate/wire/rdata.h \
	dnsupdate/wire/records.c dnsupdate/wire/records.h \
	dnsupdate/wire/status.c dnsupdate/wire/status.h \
	dnsupdate/wire/stream.c dnsupdate/wire/stream.h \
	dnsupdate/wire/text.c dnsupdate/wire/text.h \
	dnsupdate/wire/tsig.c dnsupdate/wire/tsig.h \
	dnsupdate/wire/tsig_server.c dnsupdate/wire/tsig_rr.c dnsupdate/wire/tsig_rr.h \
	dnsupdate/wire/update.c dnsupdate/wire/update.h
