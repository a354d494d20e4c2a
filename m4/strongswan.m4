# AT_STRONGSWAN: libcharon and libstrongswan, and headers of exactly their version.
#
# strongSwan installs no headers, and its structures change between releases, so headers and
# library must agree to the letter.  Sets and substitutes STRONGSWAN_HEADERS (the directory),
# STRONGSWAN_CPPFLAGS, STRONGSWAN_LIBS and strongswan_version; defines STRONGSWAN_VERSION.
# STRONGSWAN_WRONG_CPPFLAGS, for the test of the test, turns ME around.
# One build option of the library changes its structures: ME (mediation), read off its symbols.
AC_DEFUN([AT_STRONGSWAN], [
	AC_ARG_WITH([strongswan-headers], [AS_HELP_STRING([--with-strongswan-headers=DIR],
		[source of the installed strongSwan, or what ipsec/fetch-headers.sh made of it (default SRCDIR/.strongswan)])],
		[STRONGSWAN_HEADERS=$withval], [STRONGSWAN_HEADERS=$srcdir/.strongswan])
	AC_ARG_WITH([strongswan-libdir], [AS_HELP_STRING([--with-strongswan-libdir=DIR],
		[where libcharon.so is (default /usr/lib/ipsec)])],
		[strongswan_libdir=$withval], [strongswan_libdir=/usr/lib/ipsec])
	AC_ARG_WITH([strongswan-version], [AS_HELP_STRING([--with-strongswan-version=X.Y.Z],
		[version of the installed library, where neither dpkg nor the charon program tells])],
		[strongswan_lib_version=$withval], [strongswan_lib_version=])
	_AT_STRONGSWAN_HEADERS
	_AT_STRONGSWAN_LIBRARY
	AS_IF([test "$strongswan_version" != "$strongswan_lib_version"],
		[AC_MSG_ERROR([the strongSwan headers in $STRONGSWAN_HEADERS are of version $strongswan_version,
the library in $strongswan_libdir is of version $strongswan_lib_version.  Their structures differ.
Run $srcdir/ipsec/fetch-headers.sh, or point --with-strongswan-headers at the source of $strongswan_lib_version.])])
	_AT_STRONGSWAN_LINK
	AC_DEFINE_UNQUOTED([STRONGSWAN_VERSION], ["$strongswan_version"],
		[the version of strongSwan whose headers were used])
	AC_SUBST([strongswan_version])
	AC_SUBST([STRONGSWAN_HEADERS])
	AC_SUBST([STRONGSWAN_CPPFLAGS])
	AC_SUBST([STRONGSWAN_LIBS])
	AC_SUBST([STRONGSWAN_WRONG_CPPFLAGS])
])

# The headers' version: a VERSION file beside them, or AC_INIT of the source they lie in.
AC_DEFUN([_AT_STRONGSWAN_HEADERS], [
	AC_MSG_CHECKING([for strongSwan headers])
	AS_IF([test ! -f "$STRONGSWAN_HEADERS/src/libcharon/daemon.h"],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([no strongSwan headers in $STRONGSWAN_HEADERS.  On Debian run
$srcdir/ipsec/fetch-headers.sh; elsewhere unpack the source of the installed strongSwan
and give configure --with-strongswan-headers=DIR.])])
	STRONGSWAN_HEADERS=`cd "$STRONGSWAN_HEADERS" && pwd`
	strongswan_version=
	AS_IF([test -f "$STRONGSWAN_HEADERS/VERSION"],
		[strongswan_version=`sed -n 1p "$STRONGSWAN_HEADERS/VERSION"`],
		[test -f "$STRONGSWAN_HEADERS/configure.ac"],
		[strongswan_version=`sed -n ['s/^A._INIT(.*strongSwan.*,.\([0-9][0-9.]*[0-9]\).*/\1/p'] "$STRONGSWAN_HEADERS/configure.ac"`])
	AS_IF([test -z "$strongswan_version"],
		[AC_MSG_ERROR([neither $STRONGSWAN_HEADERS/VERSION nor configure.ac there tells the headers' version])])
	AC_MSG_RESULT([$STRONGSWAN_HEADERS ($strongswan_version)])
])

# The library's version; it contains none, so the package manager or the charon program must say.
AC_DEFUN([_AT_STRONGSWAN_LIBRARY], [
	AC_MSG_CHECKING([for the version of the installed strongSwan])
	AS_IF([test ! -e "$strongswan_libdir/libcharon.so.0"],
		[AC_MSG_RESULT([none])
		AC_MSG_ERROR([no libcharon.so.0 in $strongswan_libdir.  On Debian:
apt-get install libstrongswan libstrongswan-standard-plugins strongswan-libcharon;
elsewhere: --with-strongswan-libdir=DIR.])])
	AS_IF([test -z "$strongswan_lib_version"], [
		strongswan_lib_version=`dpkg-query -W -f '${Version}' strongswan-libcharon 2>/dev/null |
			sed ['s/^[0-9]*://; s/-[^-]*$//']`])
	AS_IF([test -z "$strongswan_lib_version" && test -f "$strongswan_libdir/charon"], [
		strongswan_lib_version=`grep -ao ['(strongSwan [0-9][0-9.]*'] "$strongswan_libdir/charon" |
			sed -n '1s/.* //p'`])
	AS_IF([test -z "$strongswan_lib_version"],
		[AC_MSG_RESULT([unknown])
		AC_MSG_ERROR([cannot tell the version of $strongswan_libdir/libcharon.so.0;
say it with --with-strongswan-version=X.Y.Z])])
	AC_MSG_RESULT([$strongswan_lib_version])
])

AC_DEFUN([_AT_STRONGSWAN_LINK], [
	STRONGSWAN_CPPFLAGS="-I$STRONGSWAN_HEADERS/src/libstrongswan -I$STRONGSWAN_HEADERS/src/libcharon"
	STRONGSWAN_LIBS="-L$strongswan_libdir -Wl,-rpath,$strongswan_libdir -lcharon -lstrongswan"
	at_save_LIBS=$LIBS
	LIBS="-L$strongswan_libdir -Wl,-rpath,$strongswan_libdir -lstrongswan $LIBS"
	AC_CHECK_LIB([charon], [libcharon_init], [],
		[AC_MSG_ERROR([cannot link with libcharon in $strongswan_libdir])])
	AC_CHECK_LIB([charon], [connect_manager_create],
		[STRONGSWAN_CPPFLAGS="$STRONGSWAN_CPPFLAGS -DME" STRONGSWAN_WRONG_CPPFLAGS=-UME],
		[STRONGSWAN_WRONG_CPPFLAGS=-DME])
	LIBS=$at_save_LIBS
])
