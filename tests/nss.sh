#!/bin/sh
# libnss_autotunnel.so.2 in real programs: getent through glibc, with an nsswitch.conf and a hosts
# file of our own in a private mount namespace.  Nothing outside it changes.
#
#	nss.sh          build the namespace and run the cases in it
#	nss.sh inside   the cases
set -eu

# The module's time for one lookup, averaged over many; a bound that only a mistake exceeds.
LIMIT_US=500
LOOKUPS=2000

fail() {
	echo "nss.sh: FAIL: $*" >&2
	exit 1
}

# same WHAT IS WANTED: compare as text
same() {
	[ "$2" = "$3" ] || fail "$1: got \"$2\", want \"$3\""
	echo "ok: $1"
}

# status WANTED COMMAND...
status() {
	want=$1
	shift
	got=0
	"$@" >/dev/null 2>&1 || got=$?
	[ "$got" -eq "$want" ] || fail "$*: exit status $got, want $want"
	echo "ok: $* -> $want"
}

services() {
	echo "hosts: $*" >/etc/nsswitch.conf
}

namespace() {
	rundir=$(sed -n 's/^rundir = //p' "$top_builddir/Makefile")
	[ -n "$rundir" ] || fail "no rundir in $top_builddir/Makefile"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	cp "$top_builddir/libnss_autotunnel.so.2" "$work/"
	export rundir work
	# A user without root gets a user namespace of his own.
	user=
	[ "$(id -u)" -eq 0 ] || user=--map-root-user
	unshare $user --mount --propagation private sh "$0" inside
}

prepare() {
	: >"$work/nsswitch.conf"
	printf '127.0.0.1 localhost\n192.0.2.7 lan-only\n' >"$work/hosts"
	mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf
	mount --bind "$work/hosts" /etc/hosts
	# /run becomes ours, so that a running daemon's file is neither seen nor touched.
	mkdir "$work/run"
	mount -t tmpfs tmpfs "$work/run"
	case $rundir in
	/run/*) mount --bind "$work/run" /run ;;
	*) fail "this test wants a run directory below /run, not $rundir" ;;
	esac
	mkdir -p "$rundir"
	LD_LIBRARY_PATH=$work
	export LD_LIBRARY_PATH
}

write_hosts() {
	{
		echo "# Written by autotunneld for libnss_autotunnel.  Do not edit."
		i=1
		while [ $i -le 100 ]; do
			echo "fd5c:91aa:2e07::$i host-$i.alice.example.net host-$i"
			i=$((i + 1))
		done
		echo "fd5c:91aa:2e07::aaaa nas.alice.example.net nas"
	} >"$rundir/hosts"
}

names() {
	for name in nas NAS nas.alice.example.net nas.alice.example.net. Nas.Alice.Example.NET; do
		same "ahostsv6 $name" "$(getent ahostsv6 $name | awk 'NR == 1 { print $1 }')" fd5c:91aa:2e07::aaaa
		same "ahosts $name" "$(getent ahosts $name | awk '{ print $1 }' | sort -u)" fd5c:91aa:2e07::aaaa
	done
	same "canonical name" "$(getent ahosts nas | awk 'NR == 1 { print $3 }')" nas.alice.example.net
	same "hosts nas" "$(getent hosts nas | tr -s ' ')" "fd5c:91aa:2e07::aaaa nas.alice.example.net nas"
	same "hosts ADDRESS" "$(getent hosts fd5c:91aa:2e07::64 | awk '{ print $2 }')" host-64.alice.example.net
	status 2 getent ahostsv4 nas
	status 2 getent hosts nas.
	status 2 getent ahosts ghost.alice.example.net
	status 2 getent hosts fd5c:91aa:2e07::bbbb
	same "other names go on to the next service" "$(getent hosts lan-only | awk '{ print $1 }')" 192.0.2.7
}

speed() {
	all=
	i=0
	while [ $i -lt $LOOKUPS ]; do
		all="$all nas"
		i=$((i + 1))
	done
	begin=$(date +%s%N)
	getent ahostsv6 nas >/dev/null
	one=$(date +%s%N)
	# shellcheck disable=SC2086 # one word each
	getent ahostsv6 $all >/dev/null
	end=$(date +%s%N)
	us=$(((end - one - (one - begin)) / LOOKUPS / 1000))
	echo "one lookup among 101 machines: $us us"
	[ $us -lt $LIMIT_US ] || fail "a lookup takes $us us, limit $LIMIT_US"
}

without_daemon() {
	rm "$rundir/hosts"
	status 2 getent ahosts nas
	same "the next service still answers" "$(getent hosts lan-only | awk '{ print $1 }')" 192.0.2.7
	services autotunnel
	status 2 getent hosts nas
}

inside() {
	prepare
	for order in "autotunnel files" "files autotunnel"; do
		# Debian's libnss reads nsswitch.conf once in a process; each getent is a new one.
		services "$order"
		write_hosts
		echo "hosts: $order"
		names
	done
	services autotunnel
	speed
	services autotunnel files
	without_daemon
	echo "nss.sh: all passed"
}

case ${1:-} in
inside) inside ;;
*) namespace ;;
esac
