#!/bin/sh
# Who may include whom.  Each folder sees its own files, the folders named here, and of the outside
# libraries only its own; anything else is a breach of the architecture.
self=$(realpath "$0")
cd "${top_srcdir:-.}" || exit 1
fail=0

# allowed FOLDER REGEX...: project headers that files directly in FOLDER may include
allowed() {
	folder=$1
	shift
	pattern="^($(echo "$*" | tr ' ' '|'))"
	for file in "$folder"/*.[ch]; do
		[ -e "$file" ] || continue
		sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$file" | grep -Ev "$pattern" |
		while read -r header; do
			echo "$file includes \"$header\": not allowed in $folder"
		done
	done
}

# library HEADER-REGEX FOLDER: system headers that only FOLDER may include
library() {
	find src natpmp dnsupdate ipsec -name '*.[ch]' | while read -r file; do
		case $file in "$2"/*) continue ;; esac
		grep -En "^[ \t]*#[ \t]*include[ \t]*[<\"]($1)" "$file" /dev/null |
		while read -r line; do
			echo "$line: only $2 may"
		done
	done
}

breaches() {
	allowed src/base base/
	allowed src/base/msg base/
	allowed src/loop base/ loop/
	allowed src/crypto base/ crypto/
	allowed src/config base/ config/
	allowed src/identity base/ crypto/ identity/
	allowed src/manager base/ loop/ config/ identity/ manager/ crypto/mac.h \
		natpmp/natpmp.h dnsupdate/dnsupdate.h ipsec/ipsec.h
	allowed src/cli base/ config/ crypto/ identity/ cli/ dnsupdate/wire/
	allowed src/nss base/hosts.h nss/
	allowed natpmp base/ loop/ natpmp/
	allowed dnsupdate base/
	allowed dnsupdate/wire base/ crypto/ dnsupdate/wire/
	allowed dnsupdate/client base/ loop/ crypto/ dnsupdate/wire/ dnsupdate/client/ dnsupdate/dnsupdate.h
	allowed dnsupdate/server base/ loop/ crypto/ config/table.h config/types.h identity/base64.h \
		dnsupdate/wire/ dnsupdate/server/
	allowed dnsupdate/server/data base/ crypto/ dnsupdate/wire/ dnsupdate/server/data/ \
		dnsupdate/server/limits.h
	allowed dnsupdate/server/disk base/ dnsupdate/wire/ dnsupdate/server/data/ dnsupdate/server/disk/ \
		dnsupdate/server/server.h
	for room in net query update transfer live control; do
		allowed dnsupdate/server/$room base/ loop/ crypto/ identity/base64.h dnsupdate/wire/ \
			dnsupdate/server/
	done
	allowed dnsupdate/ctl base/ identity/base64.h cli/json.h dnsupdate/wire/ dnsupdate/ctl/
	allowed ipsec/esp base/ crypto/ ipsec/esp/
	# strongSwan's own headers are written with quotes or brackets and live outside the tree.
	allowed ipsec base/ crypto/mac.h identity/lineage.h identity/roster.h ipsec/

	library 'event2/|event\.h' src/loop
	library 'openssl/|argon2|intel-ipsec-mb' src/crypto
	library 'zxcvbn' src/identity
	library 'seccomp\.h' src/base
	library 'libmnl/' src/manager
	library 'ldns/' dnsupdate/wire
	library 'ares' dnsupdate/client
	library 'natpmp\.h|miniupnpc/|miniwget|upnpcommands' natpmp
	library 'library\.h|daemon\.h|sa/|credentials/|collections/|threading/|plugins/|kernel/' ipsec
}

found=$(breaches)
if [ -n "$found" ]; then
	echo "$found"
	fail=1
fi

# The test must be able to fail: a breach planted in a copy has to be found.
if [ -z "$PLANTED" ]; then
	copy=$(mktemp -d) || exit 1
	trap 'rm -rf "$copy"' EXIT
	mkdir -p "$copy/natpmp" "$copy/src/base" "$copy/ipsec/esp"
	echo '#include <openssl/evp.h>' >"$copy/natpmp/a.c"
	echo '#include "manager/manager.h"' >"$copy/src/base/b.c"
	echo '#include <intel-ipsec-mb.h>' >"$copy/ipsec/esp/c.c"
	PLANTED=1 top_srcdir=$copy sh "$self" >"$copy/out" 2>/dev/null
	if [ "$(wc -l <"$copy/out")" -ne 3 ]; then
		echo "planted breaches were not found:"
		cat "$copy/out"
		fail=1
	fi
fi
exit $fail
