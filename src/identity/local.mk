# Who this device is: the recovery phrase, the keys it gives, the state directory.
noinst_LIBRARIES += libatidentity.a
libatidentity_a_SOURCES = \
	src/identity/account.c src/identity/account.h \
	src/identity/account_file.c src/identity/account_file.h \
	src/identity/admin_file.c src/identity/admin_file.h \
	src/identity/base64.c src/identity/base64.h \
	src/identity/identity.c src/identity/identity.h \
	src/identity/invite.c src/identity/invite.h \
	src/identity/lineage.c src/identity/lineage.h \
	src/identity/phrase.c src/identity/phrase.h \
	src/identity/roster.c src/identity/roster.h \
	src/identity/store.c src/identity/store.h \
	src/identity/strength.c src/identity/strength.h \
	src/identity/tsig_file.c src/identity/tsig_file.h \
	src/identity/ula.c src/identity/ula.h \
	src/identity/words.c

# All that a program with src/identity links; who calls strength.c (the command, not the daemon), also
# $(ZXCVBN_LIBS).
IDENTITY_LIBS = libatidentity.a libatcrypto.a libbase.a $(IPSEC_MB_LIBS) $(OPENSSL_LIBS) $(ARGON2_LIBS)

check_PROGRAMS += tests/unit/identity_account \
	tests/unit/identity_admin_file \
	tests/unit/identity_invite \
	tests/unit/identity_lineage \
	tests/unit/identity_load \
	tests/unit/identity_phrase \
	tests/unit/identity_roster \
	tests/unit/identity_strength \
	tests/unit/identity_tsig_file \
	tests/unit/identity_vectors
TESTS += tests/unit/identity_account \
	tests/unit/identity_admin_file \
	tests/unit/identity_invite \
	tests/unit/identity_lineage \
	tests/unit/identity_load \
	tests/unit/identity_phrase \
	tests/unit/identity_roster \
	tests/unit/identity_strength \
	tests/unit/identity_tsig_file \
	tests/unit/identity_vectors
tests_unit_identity_invite_SOURCES = tests/unit/identity_invite.c
tests_unit_identity_invite_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_invite_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_account_SOURCES = tests/unit/identity_account.c
tests_unit_identity_account_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_account_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_admin_file_SOURCES = tests/unit/identity_admin_file.c
tests_unit_identity_admin_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_admin_file_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_lineage_SOURCES = tests/unit/identity_lineage.c
tests_unit_identity_lineage_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_lineage_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_load_SOURCES = tests/unit/identity_load.c
tests_unit_identity_load_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_load_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_phrase_SOURCES = tests/unit/identity_phrase.c
tests_unit_identity_phrase_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_phrase_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_roster_SOURCES = tests/unit/identity_roster.c
tests_unit_identity_roster_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_roster_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_strength_SOURCES = tests/unit/identity_strength.c
tests_unit_identity_strength_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_strength_LDADD = $(IDENTITY_LIBS) $(ZXCVBN_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_vectors_SOURCES = tests/unit/identity_vectors.c
tests_unit_identity_vectors_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_vectors_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)
tests_unit_identity_tsig_file_SOURCES = tests/unit/identity_tsig_file.c
tests_unit_identity_tsig_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_identity_tsig_file_LDADD = $(IDENTITY_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/fuzz/fuzz_account_file tests/fuzz/fuzz_invite tests/fuzz/fuzz_roster tests/fuzz/fuzz_tsig_file
TESTS += tests/fuzz/fuzz_account_file tests/fuzz/fuzz_invite tests/fuzz/fuzz_roster tests/fuzz/fuzz_tsig_file
tests_fuzz_fuzz_account_file_SOURCES = tests/fuzz/fuzz_account_file.c $(FUZZ_MAIN)
tests_fuzz_fuzz_account_file_LDADD = $(IDENTITY_LIBS)
tests_fuzz_fuzz_account_file_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_invite_SOURCES = tests/fuzz/fuzz_invite.c $(FUZZ_MAIN)
tests_fuzz_fuzz_invite_LDADD = $(IDENTITY_LIBS)
tests_fuzz_fuzz_invite_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_roster_SOURCES = tests/fuzz/fuzz_roster.c $(FUZZ_MAIN)
tests_fuzz_fuzz_roster_LDADD = $(IDENTITY_LIBS)
tests_fuzz_fuzz_roster_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)
tests_fuzz_fuzz_tsig_file_SOURCES = tests/fuzz/fuzz_tsig_file.c $(FUZZ_MAIN)
tests_fuzz_fuzz_tsig_file_LDADD = $(IDENTITY_LIBS)
tests_fuzz_fuzz_tsig_file_LDFLAGS = $(AM_LDFLAGS) $(AT_FUZZ_FLAGS)

# Enrolment with real BIND and Knot.
TESTS += tests/enrol.sh tests/new_phrase.sh
EXTRA_DIST += tests/enrol.sh tests/new_phrase.sh tests/enrol_lib.sh
