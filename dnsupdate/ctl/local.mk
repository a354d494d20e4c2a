# autotunnel-dnsctl: the administrator's end of the control socket.
sbin_PROGRAMS += autotunnel-dnsctl
autotunnel_dnsctl_SOURCES = dnsupdate/ctl/ctl.h dnsupdate/ctl/main.c dnsupdate/ctl/print.c \
	dnsupdate/ctl/records.c
autotunnel_dnsctl_LDADD = libcli.a libatidentity.a libatwire.a libatcrypto.a $(BASE_LIBS) \
	$(LDNS_LIBS) $(OPENSSL_LIBS) $(ARGON2_LIBS)
