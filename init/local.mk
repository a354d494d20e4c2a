# For systemd: the unit, the users, the directories.
systemdsystemunitdir = @systemdsystemunitdir@
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

systemdsystemunit_DATA = init/autotunneld.service init/autotunnel-dnsd.service \
	init/autotunnel-sleep.service
# Installed under the names that these directories want.
install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(sysconfdir)/autotunnel $(DESTDIR)$(sysusersdir) $(DESTDIR)$(tmpfilesdir)
	$(INSTALL_DATA) $(srcdir)/init/autotunnel.sysusers.conf $(DESTDIR)$(sysusersdir)/autotunnel.conf
	$(INSTALL_DATA) init/autotunnel.tmpfiles.conf $(DESTDIR)$(tmpfilesdir)/autotunnel.conf
uninstall-hook:
	rm -f $(DESTDIR)$(sysusersdir)/autotunnel.conf $(DESTDIR)$(tmpfilesdir)/autotunnel.conf

INIT_FILES = init/autotunneld.service init/autotunnel-dnsd.service init/autotunnel-sleep.service \
	init/autotunnel.tmpfiles.conf
noinst_DATA = init/autotunnel.tmpfiles.conf
EXTRA_DIST += $(INIT_FILES:=.in) init/autotunnel.sysusers.conf init/check.sh
CLEANFILES += $(INIT_FILES)
$(INIT_FILES): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(FILL_IN) $(top_srcdir)/$@.in >$@.tmp && mv $@.tmp $@

TESTS += init/check.sh

# For the reader.
dist_doc_DATA = README NEWS SECURITY
EXTRA_DIST += COPYING doc/decisions.md
