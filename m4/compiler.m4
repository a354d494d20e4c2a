# AT_FLAG(VARIABLE, FLAG): append FLAG to VARIABLE when the compiler takes it.
AC_DEFUN([AT_FLAG], [
	AS_VAR_PUSHDEF([at_cache], [AS_TR_SH([at_cv_flag_$2])])
	AC_CACHE_CHECK([whether $CC accepts $2], [at_cache], [
		at_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([at_cache], [yes])],
			[AS_VAR_SET([at_cache], [no])])
		CFLAGS=$at_save_CFLAGS])
	AS_VAR_IF([at_cache], [yes], [$1="$$1 $2"])
	AS_VAR_POPDEF([at_cache])
])

AC_DEFUN([AT_WARNINGS], [
	AT_WARN_CFLAGS=
	m4_foreach_w([AT_item], [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wno-unused-parameter],
		[AT_FLAG([AT_WARN_CFLAGS], AT_item)])
	AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])])
	AS_IF([test "$enable_werror" = yes], [AT_WARN_CFLAGS="$AT_WARN_CFLAGS -Werror"])
	AC_SUBST([AT_WARN_CFLAGS])
])

AC_DEFUN([AT_HARDENING], [
	AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening],
		[no stack protector, fortify, PIE, RELRO])], [], [enable_hardening=yes])
	at_hardening=$enable_hardening
	AT_HARDEN_CFLAGS= AT_HARDEN_LDFLAGS=
	AS_IF([test "$enable_hardening" = yes], [
		m4_foreach_w([AT_item], [-fPIE -fstack-protector-strong -fstack-clash-protection
			-fcf-protection -fno-delete-null-pointer-checks -Wdate-time],
			[AT_FLAG([AT_HARDEN_CFLAGS], AT_item)])
		AS_IF([test "$enable_sanitizers" != yes],
			[AT_HARDEN_CFLAGS="$AT_HARDEN_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
		m4_foreach_w([AT_item], [-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack],
			[AT_FLAG([AT_HARDEN_LDFLAGS], AT_item)])
	])
	AC_SUBST([AT_HARDEN_CFLAGS])
	AC_SUBST([AT_HARDEN_LDFLAGS])
])

AC_DEFUN([AT_CHECK_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers],
		[build with AddressSanitizer and UndefinedBehaviorSanitizer])], [], [enable_sanitizers=no])
	at_sanitizers=$enable_sanitizers
	AS_IF([test "$enable_sanitizers" = yes], [
		AT_SANITIZE_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
		AC_DEFINE([AT_SANITIZERS], [1], [built with sanitizers: they need system calls and files of their own])
	])
	AC_SUBST([AT_SANITIZE_FLAGS])
	AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" = yes])
])

AC_DEFUN([AT_FUZZ], [
	AC_ARG_ENABLE([fuzz], [AS_HELP_STRING([--enable-fuzz],
		[link the fuzz targets with libFuzzer (needs clang); without it they replay tests/corpus])],
		[], [enable_fuzz=no])
	at_fuzz=$enable_fuzz
	AS_IF([test "$enable_fuzz" = yes], [AT_FUZZ_FLAGS="-fsanitize=fuzzer"])
	AC_SUBST([AT_FUZZ_FLAGS])
	AM_CONDITIONAL([FUZZ], [test "$enable_fuzz" = yes])
])
