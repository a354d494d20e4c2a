# AT_FLAGS(VARIABLE, FLAGS): append to VARIABLE those of FLAGS that the compiler takes.
AC_DEFUN([AT_FLAGS], [
	for at_flag in m4_normalize([$2]); do
		AC_MSG_CHECKING([whether $CC accepts $at_flag])
		at_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $at_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes])
			$1="$$1 $at_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$at_save_CFLAGS
	done
])

AC_DEFUN([AT_WARNINGS], [
	AT_WARN_CFLAGS=
	AT_FLAGS([AT_WARN_CFLAGS], [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wno-unused-parameter])
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
		AT_FLAGS([AT_HARDEN_CFLAGS], [-fPIE -fstack-protector-strong -fstack-clash-protection
			-fcf-protection -fno-delete-null-pointer-checks -Wdate-time])
		AS_IF([test "$enable_sanitizers" != yes],
			[AT_HARDEN_CFLAGS="$AT_HARDEN_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
		AT_FLAGS([AT_HARDEN_LDFLAGS], [-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack])
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
