#!/bin/sh
# The manual pages: sound mdoc, no placeholder left, and the configuration page speaks of exactly
# the keys the program knows, the command's page of exactly its verbs.
set -eu

fail() {
	echo "lint.sh: FAIL: $*" >&2
	exit 1
}

command -v mandoc >/dev/null || fail "mandoc is not installed"

cd "$top_builddir"
src=$top_srcdir
for page in "$src"/man/*.[1-9].in; do
	page=man/$(basename "$page" .in)
	[ -f "$page" ] || fail "$page was not built"
	mandoc -Tlint -Wwarning "$page" || fail "$page: see above"
	if grep -n '@[a-z]*dir@' "$page"; then
		fail "$page: a placeholder is left"
	fi
	grep -q '^\.Sh SEE ALSO' "$page" || fail "$page: no SEE ALSO"
done

# Pages that are referred to and are ours must exist.
for ref in $(sed -n 's/^\.Xr \([a-z_-]*autotunnel[a-z._-]*\) \([1-9]\).*/\1.\2/p' man/*.[1-9] | sort -u); do
	[ -f "man/$ref" ] || fail "$ref is referred to and does not exist"
done

# same WHAT A B: two lists of words, a line each
same() {
	[ "$2" = "$3" ] && return
	echo "$2" >lint.$$.a
	echo "$3" >lint.$$.b
	diff lint.$$.a lint.$$.b || :
	rm -f lint.$$.a lint.$$.b
	fail "$1: program (<) and page (>) differ"
}

# The tables of keywords: FILE PAGE WHERE-ITS-KEYS-BEGIN.  Each keyword stands in the page, and each
# default is the one in the table, where that is a plain word or number; a list of keys has none.
keywords() {
	table="/^static const struct config_key/,/^};/"
	keys=$(sed -n "$table"'s/^[ \t]*{"[a-z]*", "\([a-z-]*\)".*/\1/p' "$src/$1" | sort)
	[ "$(echo "$keys" | wc -l)" -gt 15 ] || fail "cannot read the table in $1"
	page=$(sed -n "/^\.Ss \[$3\]/,/^\.Sh FILES/p" "man/$2" | sed -n 's/^\.It //p' |
		sed 's/Pq restart//' | tr -s ' ,' '\n\n' | grep -v '^Cm$' | grep . | sort)
	same "keys of $2" "$keys" "$page"
	sed -n -e '/&key_list_type/d' -e "$table"'s/^[ \t]*{"[a-z]*", "\([a-z-]*\)", &[a-z_]*, "\([a-z0-9-]*\)".*/\1 \2/p' \
		"$src/$1" | while read -r key fallback; do
		text=$(awk -v key="$key" '/^\.It / { on = 0; for (i = 2; i <= NF; i++) if ($i == key) on = 1 }
			on { sub(/^\.[A-Z][a-z] /, ""); printf "%s ", $0 }' "man/$2")
		echo "$text" | grep -qE "defaults? ?(is|are|,)[^.]* $fallback[ ,.]| $fallback ?, the default" ||
			fail "$key: the page names another default than $fallback"
	done
}
keywords src/config/keys.c autotunnel.conf.5 daemon
keywords dnsupdate/server/conf_keys.c autotunnel-dnsd.conf.5 server

verbs=$("./autotunnel" help | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort)
page=$(sed -n '/^\.Ss Enrolment/,/^\.Ss States/p' man/autotunnel.1 |
	sed -n -e 's/^\.It Cm \([a-z]*\).*/\1/p' -e '/^\.It Xo/{n;s/^\.Cm //p;}' | sort -u)
same "verbs of autotunnel.1" "$verbs" "$page"

verbs=$("./autotunnel-dnsctl" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\) .*/\1/p' | sort)
page=$(sed -n '/^\.Ss Verbs/,/^\.Sh FILES/p' man/autotunnel-dnsctl.8 |
	sed -n 's/^\.It Cm \([a-z ]*[a-z]\).*/\1/p' | sort)
same "verbs of autotunnel-dnsctl.8" "$verbs" "$page"

statuses=$(sed -n 's/^[ \t]*EXIT_[A-Z_]* = \([0-9]\),.*/\1/p' "$src/src/cli/cmd.h" | sort)
page=$(sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It \([0-9]\)$/\1/p' man/autotunnel.1 | sort)
same "exit statuses of autotunnel.1" "$statuses" "$page"

sentences=$(sed -n '/sentences\[OUTCOME_MAX\]/,/^};/{s/\\"%s\\"/KEY/;s/^[^"]*"\([^"][^"]*\)".*/\1/p;}' \
	"$src/dnsupdate/client/outcome.c" | sort)
[ "$(echo "$sentences" | wc -l)" -gt 10 ] || fail "cannot read the sentences of outcome.c"
page=$(sed -n '/^\.Sh DIAGNOSTICS/,/^\.El/{s/\\(dq//g;s/^\.It //p;}' man/autotunnel.1 | sort)
same "diagnostics of autotunnel.1" "$sentences" "$page"

lines=$(sh "$src/man/dig-lines.sh" man/autotunnel-records.7 | wc -l)
commands=$(grep -c '^\$ ' man/autotunnel-records.7)
[ "$lines" -ge 5 ] && [ "$lines" -eq "$commands" ] ||
	fail "autotunnel-records.7: $lines lines can be tested, of $commands"
# SECURITY names a test for each attack, and each test of an attack.
named=$(sed -n 's,.*\(tests/[a-z]*/[a-z_]*\.[a-z]*\)$,\1,p' "$src/SECURITY")
for test in $named; do
	[ -f "$src/$test" ] || fail "SECURITY: there is no $test"
done
same "threats in SECURITY" "$(cd "$src" && ls tests/netns/threat_*.sh)" \
	"$(echo "$named" | grep /threat_ | sort)"
echo "lint.sh: all pages are in order"
