# Manual pages in mdoc; the paths in them are those of this build.
MAN_PAGES = \
	man/autotunnel.1 \
	man/autotunnel.conf.5 \
	man/autotunnel-dnsctl.8 \
	man/autotunnel-dnsd.8 \
	man/autotunnel-dnsd.conf.5 \
	man/autotunnel-identity.7 \
	man/autotunnel-records.7 \
	man/autotunneld.8 \
	man/libnss_autotunnel.8
man_MANS = $(MAN_PAGES)
EXTRA_DIST += $(MAN_PAGES:=.in) man/dig-lines.sh man/lint.sh
CLEANFILES += $(MAN_PAGES)

# Fill in the directories; also for init/.
FILL_IN = $(SED) -e 's|@sysconfdir[@]|$(sysconfdir)|g' -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@rundir[@]|$(rundir)|g' -e 's|@statedir[@]|$(statedir)|g'

$(MAN_PAGES): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(FILL_IN) $(top_srcdir)/$@.in >$@.tmp && mv $@.tmp $@

TESTS += man/lint.sh
