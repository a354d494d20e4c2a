#!/bin/bash
# autotunnel-dnsd keeps what it acknowledged: killed a hundred times at full rate, on a disk whose
# syncs fail, on one that dies for a while, on a full disk.  tests/dnsd_load.c sends the updates and remembers the answers.
set -eu

kills=${AT_KILLS:-100}
zone=alice.example
key=hmac-sha256:account.$zone:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=

if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi
dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
fail_sync=$(realpath "$top_builddir/tests/fail_sync.so")
load=$(realpath "$top_builddir/tests/dnsd_load")
work=$(mktemp -d)
server=
stop_server() {
	[ -z "$server" ] || kill "$server"
	[ -z "$server" ] || wait "$server" || :
	server=
}
trap 'stop_server; umount "$work/state" 2>/dev/null || :; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"
cat >conf <<-CONF
	[server]
	listen = 127.0.0.1:5305
	state-dir = $work/state
	run-dir = $work/run
	user = nobody
	journal-size = 1
	[zone $zone]
	account-key = $key
CONF

fail() {
	echo "dnsd_crash: $*" >&2
	[ ! -s log ] || tail -n 5 log >&2
	exit 1
}

# value NAME LINE: a number of dnsd_load's line
value() {
	sed -n "s/.*\b$1 \([0-9]*\).*/\1/p" <<<"$2" | head -n 1
}

start_server() {
	"$@" "$dnsd" -c conf >>log 2>&1 &
	server=$!
}

killed() {
	local line

	line=$("$load" -k "$kills" -h 128 -q 64 -l 3600 -r 7 127.0.0.1 5305 $zone $key \
		"$dnsd" -c conf 2>log) || fail "killed $kills times: $line"
	[ "$(value acked "$line")" -ge $((kills * 10)) ] || fail "killed: too few updates: $line"
	echo "killed $kills times: $line"
}

# then_restart NAME LINE: refused updates there were, all others are there after a restart
then_restart() {
	local again

	[ "$(value servfail "$2")" -gt 0 ] || fail "$1: nothing was refused: $2"
	[ "$(value acked "$2")" -gt 1000 ] || fail "$1: too few updates: $2"
	{ kill -9 "$server" && wait "$server"; } 2>/dev/null || :
	start_server
	again=$("$load" -f values -h 128 127.0.0.1 5305 $zone $key) || fail "$1, after a restart: $again"
	stop_server
	echo "$1: $2"
}

# Every 200th fdatasync fails: the batch is refused, the server lives on.
failing_disk() {
	local line

	# a sanitizer wants to be the first to be loaded, or be told that it need not be
	start_server env LD_PRELOAD="$fail_sync" FAIL_SYNC_EVERY=200 \
		ASAN_OPTIONS=verify_asan_link_order=0
	line=$("$load" -v -s values -t 3 -h 128 -e 100000 127.0.0.1 5305 $zone $key) ||
		fail "failing disk: $line"
	then_restart "failing disk" "$line"
}

# update NAME: an update of one record; what the server says
update() {
	printf 'server 127.0.0.1 5305\nupdate add %s.%s 60 TXT %s\nsend\n' "$1" $zone "$1" |
		nsupdate -y $key 2>&1 || :
}

there() {
	dig @127.0.0.1 -p 5305 +short +time=1 "$1.$zone" TXT
}

start_mortal() {
	start_server env LD_PRELOAD="$fail_sync" FAIL_SYNC_WHILE="$work/state/dead" \
		ASAN_OPTIONS=verify_asan_link_order=0
}

refused_update() {
	local said

	said=$(update "$1")
	[[ $said = *SERVFAIL* ]] || fail "dead disk: the update was not refused: $said"
}

# The disk dies in an update, and works again before anybody sends the next one: what was refused is
# not there after a restart.
dead_disk() {
	start_mortal
	until [ -z "$(update before)" ]; do
		kill -0 "$server" || fail "dead disk: no server"
		sleep 0.05
	done
	: >state/dead
	refused_update refused
	[ -z "$(there refused)" ] || fail "dead disk: refused, and answered"
	rm state/dead
	sleep 2 # a try each second
	{ kill -9 "$server" && wait "$server"; } 2>/dev/null || :
	start_server
	until [ "$(there before)" = '"before"' ]; do
		kill -0 "$server" || fail "dead disk: no server after the restart"
		sleep 0.05
	done
	[ -z "$(there refused)" ] || fail "dead disk: what was refused came back"
	stop_server
	start_mortal
	until [ -z "$(update after)" ]; do sleep 0.05; done
	: >state/dead
	refused_update refused
	! grep -q 'disk failed may be there' log || fail "dead disk: a warning for nothing"
	stop_server
	grep -q 'disk failed may be there' log || fail "dead disk: stopped on it without a word"
	echo "dead disk: what it refused did not come back"
}

# The disk fills up under it and gets room again.
full_disk() {
	local line

	rm -rf state
	mkdir state
	mount -t tmpfs -o size=4m,mode=777 none state
	start_server
	"$load" -v -s values -t 4 -h 128 -e 1000000 127.0.0.1 5305 $zone $key >line &
	sleep 1
	head -c 4194304 /dev/zero >state/fill 2>/dev/null || :
	sleep 1.5
	rm state/fill
	wait $! || fail "full disk: $(cat line)"
	line=$(cat line)
	then_restart "full disk" "$line"
	umount state
}

: >log
killed
failing_disk
dead_disk
full_disk
