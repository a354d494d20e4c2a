# AT_IPSEC_MB: Intel's ipsec-mb as a second cipher engine of user-space ESP (src/crypto/aead_mb.c).
# It is for amd64; taken when it is there, unless --without-ipsec-mb.
AC_DEFUN([AT_IPSEC_MB], [
AC_ARG_WITH([ipsec-mb], [AS_HELP_STRING([--with-ipsec-mb],
	[faster AES-GCM on processors with VAES; amd64 (default: if libIPSec_MB is installed)])],
	[], [with_ipsec_mb=auto])
at_ipsec_mb=no
IPSEC_MB_LIBS=
AS_IF([test "$with_ipsec_mb" != no], [
	at_saved_libs=$LIBS
	LIBS="-lIPSec_MB $LIBS"
	AC_CACHE_CHECK([for ipsec-mb >= 1.0], [at_cv_ipsec_mb],
		[AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <intel-ipsec-mb.h>
#if IMB_VERSION_NUM < IMB_VERSION(1, 0, 0)
#error too old
#endif
]], [[IMB_MGR *m = alloc_mb_mgr(0); init_mb_mgr_auto(m, 0); return imb_get_errno(m);]])],
			[at_cv_ipsec_mb=yes], [at_cv_ipsec_mb=no])])
	LIBS=$at_saved_libs
	at_ipsec_mb=$at_cv_ipsec_mb
	AS_IF([test "$at_ipsec_mb" = yes], [
		IPSEC_MB_LIBS=-lIPSec_MB
		AC_DEFINE([HAVE_IPSEC_MB], [1], [Define to 1 if Intel's ipsec-mb is to be used.])
	], [test "$with_ipsec_mb" = yes],
		[AC_MSG_ERROR([ipsec-mb is missing: install libipsec-mb-dev])])
])
AC_SUBST([IPSEC_MB_LIBS])
])
