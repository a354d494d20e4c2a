#!/bin/sh
# Get strongSwan's headers for the very version that is installed here.
#
#	ipsec/fetch-headers.sh [DIR]		(default: .strongswan in the source tree)
#
# Debian ships libcharon without headers, and its structures change between releases.  They are
# in the source package, so that is fetched through apt, from the system's own sources with
# deb-src put for deb.  The system's apt configuration, lists and cache stay as they are: all of
# that is private to a temporary directory.  Does nothing when DIR already has the right version.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$top/.strongswan}
case $dir in
/*) ;;
*) dir=$PWD/$dir ;;
esac
work=

fail() {
	echo "fetch-headers: $*" >&2
	exit 1
}

need() {
	command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: $2"
}

# The source version of an installed package, empty when it is not installed.
version_of() {
	dpkg-query -W -f '${db:Status-Status} ${source:Version}' "$1" 2>/dev/null |
		sed -n 's/^installed //p'
}

# deb-src lines and stanzas made from the deb ones of the system.
write_sources() {
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	mkdir "$work/parts"
	: >"$work/list"
	for f in "$list" "$parts"/*.list; do
		[ -f "$f" ] || continue
		sed -nE 's/^[[:space:]]*deb(-src)?[[:space:]]/deb-src /p' "$f"
	done | sort -u >"$work/parts/lines.list"
	for f in "$parts"/*.sources; do
		[ -f "$f" ] || continue
		sed -E 's/^[Tt]ypes:.*/Types: deb-src/' "$f" >"$work/parts/$(basename "$f")"
	done
}

apt() {
	apt-get -q -o Dir::Etc::sourcelist="$work/list" -o Dir::Etc::sourceparts="$work/parts" \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# The source package; or, when a mirror has only half of it, the upstream tarball alone: Debian's
# patches to strongSwan 5.9 change no header.  Either way apt checks it against the signed index.
download() {
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/source" "$work/tree"
	# A source without source packages makes update complain; what counts is the download.
	apt update >"$work/log" 2>&1 || :
	cd "$work/source"
	if apt source --download-only "strongswan=$1" >>"$work/log" 2>&1; then
		rmdir "$work/tree"
		dpkg-source --no-check -x ./*.dsc "$work/tree" >>"$work/log" 2>&1 || unpack_failed "$1"
	elif apt source --tar-only "strongswan=$1" >>"$work/log" 2>&1; then
		echo "the mirror has no strongswan $1 .dsc; taking the upstream tarball it names"
		rm -f ./*.asc
		tar -xf ./*.orig.tar.* -C "$work/tree" --strip-components=1 || unpack_failed "$1"
	else
		tail -n 15 "$work/log" >&2
		fail "no source package strongswan $1 in this system's archives." \
			"If a newer one replaced it: apt-get update && apt-get install" \
			"libstrongswan strongswan-libcharon, then run this again."
	fi
	cd "$top"
}

unpack_failed() {
	fail "cannot unpack the source of strongswan $1: $(tail -n 1 "$work/log")"
}

# Headers only, and a file VERSION: the upstream version, then the package's.
copy_headers() {
	upstream=$(sed -n 's/^AC_INIT(\[strongSwan\],\[\([^]]*\)\].*/\1/p' \
		"$work/tree/configure.ac")
	[ -n "$upstream" ] || fail "the source of strongswan $1 does not say its version"
	mkdir "$work/new"
	(cd "$work/tree" && find src/libstrongswan src/libcharon -name '*.h' -print |
		tar -cf - -T -) | tar -xf - -C "$work/new"
	cp "$work/tree/COPYING" "$work/new/"
	printf '%s\n%s\n' "$upstream" "$1" >"$work/new/VERSION"
	rm -rf "$dir"
	mkdir -p "$(dirname "$dir")"
	mv "$work/new" "$dir"
}

need dpkg-query "this script is for Debian and its children; elsewhere unpack the source of the
installed strongSwan and use configure --with-strongswan-headers=DIR"
version=$(version_of strongswan-libcharon)
[ -n "$version" ] ||
	fail "strongswan-libcharon is not installed: apt-get install libstrongswan strongswan-libcharon"
[ "$version" = "$(version_of libstrongswan)" ] ||
	fail "libstrongswan and strongswan-libcharon have different versions: apt-get install both"
if [ "$(sed -n 2p "$dir/VERSION" 2>/dev/null)" = "$version" ]; then
	echo "strongSwan headers $version are in $dir"
	exit 0
fi
if [ -e "$dir" ] && [ ! -f "$dir/VERSION" ]; then
	fail "$dir exists and was not made by this script; name another directory"
fi
need apt-get "apt-get install apt"
need dpkg-source "apt-get install dpkg-dev"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
write_sources
echo "fetching the source of strongswan $version for its headers..."
download "$version"
copy_headers "$version"
echo "strongSwan headers $version are in $dir"
