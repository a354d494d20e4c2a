# OpenSSL (and libargon2) behind our own functions: nobody else includes them.
noinst_LIBRARIES += libatcrypto.a
libatcrypto_a_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_CFLAGS) $(OPENSSL_CFLAGS) $(ARGON2_CFLAGS)
libatcrypto_a_SOURCES = \
	src/crypto/aead.c src/crypto/aead.h src/crypto/aead_engine.h \
	src/crypto/aead_mb.c src/crypto/aead_openssl.c src/crypto/aead_self_test.c \
	src/crypto/cert.c src/crypto/cert.h src/crypto/cert_make.c \
	src/crypto/ed25519.c src/crypto/ed25519.h \
	src/crypto/hash.c src/crypto/hash.h \
	src/crypto/kdf.c src/crypto/kdf.h \
	src/crypto/mac.c src/crypto/mac.h \
	src/crypto/pin.c src/crypto/pin.h \
	src/crypto/tls.c src/crypto/tls.h src/crypto/tls_context.c src/crypto/tls_error.c \
	src/crypto/tls_inner.h \
	src/crypto/siphash.c src/crypto/siphash.h

check_PROGRAMS += tests/unit/crypto_aead tests/unit/crypto_mac
TESTS += tests/unit/crypto_aead tests/unit/crypto_mac
tests_unit_crypto_aead_SOURCES = tests/unit/crypto_aead.c
tests_unit_crypto_aead_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_aead_LDADD = libatcrypto.a libbase.a $(IPSEC_MB_LIBS) $(OPENSSL_LIBS) $(CMOCKA_LIBS)
tests_unit_crypto_mac_SOURCES = tests/unit/crypto_mac.c
tests_unit_crypto_mac_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_mac_LDADD = libatcrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/crypto_cert tests/unit/crypto_kdf
TESTS += tests/unit/crypto_cert tests/unit/crypto_kdf
tests_unit_crypto_cert_SOURCES = tests/unit/crypto_cert.c
tests_unit_crypto_cert_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_cert_LDADD = libatcrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
tests_unit_crypto_kdf_SOURCES = tests/unit/crypto_kdf.c
tests_unit_crypto_kdf_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_kdf_LDADD = libatcrypto.a libbase.a $(OPENSSL_LIBS) $(ARGON2_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/crypto_tls
TESTS += tests/unit/crypto_tls
tests_unit_crypto_tls_SOURCES = tests/unit/crypto_tls.c
tests_unit_crypto_tls_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_CFLAGS)
tests_unit_crypto_tls_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_tls_LDADD = libatcrypto.a libbase.a $(TLS_LIBS) $(OPENSSL_LIBS) $(SECCOMP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/crypto_tls_cert
TESTS += tests/unit/crypto_tls_cert
tests_unit_crypto_tls_cert_SOURCES = tests/unit/crypto_tls_cert.c
tests_unit_crypto_tls_cert_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_CFLAGS)
tests_unit_crypto_tls_cert_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_tls_cert_LDADD = libatcrypto.a libbase.a $(TLS_LIBS) $(OPENSSL_LIBS) $(SECCOMP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/crypto_tls_raw
TESTS += tests/unit/crypto_tls_raw
tests_unit_crypto_tls_raw_SOURCES = tests/unit/crypto_tls_raw.c
tests_unit_crypto_tls_raw_CPPFLAGS = $(AM_CPPFLAGS) $(TLS_CFLAGS)
tests_unit_crypto_tls_raw_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_tls_raw_LDADD = libatcrypto.a libbase.a $(TLS_LIBS) $(OPENSSL_LIBS) $(SECCOMP_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/crypto_siphash
TESTS += tests/unit/crypto_siphash
tests_unit_crypto_siphash_SOURCES = tests/unit/crypto_siphash.c
tests_unit_crypto_siphash_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_crypto_siphash_LDADD = libatcrypto.a libbase.a $(OPENSSL_LIBS) $(CMOCKA_LIBS)
