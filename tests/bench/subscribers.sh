#!/bin/bash
# Subscribers of autotunnel-dnsd: how soon one hears of a change, how soon ten thousand do, and what
# they cost while nothing happens.  No other maintained server speaks either protocol, so there is
# nothing to stand beside; the cost of subscribers is given beside the same server without them.
#
#	tests/bench/subscribers.sh [PART...]
#
#	latency	 one subscriber: from an update to its acknowledgement, to the event, and between
#	crowd	 BENCH_CROWD subscribers of one name: until the last has heard; and how long as many
#		 plain TCP connections take, with a send() each and nothing else
#	hold	 memory for each of BENCH_LLQS long-lived queries and BENCH_PUSHES connections
#
# Every update is synced to the disk before anybody hears of it.  Client and server share the
# processors.  Environment: BENCH_UPDATES (2000)  BENCH_CROWD (10000)  BENCH_LLQS (100000)
# BENCH_PUSHES (10000)
set -euo pipefail
export LC_ALL=C

if [ "${1:-}" != inside ]; then
	[ "$(id -u)" = 0 ] || exec unshare --user --map-root-user --net --mount "$0" inside "$@"
	exec unshare --net --mount "$0" inside "$@"
fi
shift
dir=$(cd "$(dirname "$0")" && pwd)
build=${AT_BUILD:-${dir%/tests/bench}/build}
updates=${BENCH_UPDATES:-2000} crowd=${BENCH_CROWD:-10000}
llqs=${BENCH_LLQS:-100000} pushes=${BENCH_PUSHES:-10000}
parts=("$@")
[ $# -gt 0 ] || parts=(latency crowd hold)
zone=alice.example.com
secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
key=hmac-sha256:account.$zone:$secret
work=$(mktemp -d)
pid=
end() {
	[ -z "$pid" ] || { kill "$pid" && kill "$pid" && wait "$pid"; } 2>/dev/null || :
	pid=
}
trap 'end; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"

die() {
	printf 'subscribers.sh: %s\n' "$*" >&2
	exit 1
}
[ -x "$build/tests/dnsd_watch" ] || die "make check builds dnsd_watch; run it first"
cat >conf <<-CONF
	[server]
	listen = 127.0.0.1:5305
	tls-listen = 127.0.0.1:8853
	state-dir = $work/state
	run-dir = $work/run
	user = nobody
	rate-limit = 0
	[zone $zone]
	account-key = $key
CONF
pin=$("$build/autotunnel-dnsd" --pin -c "$work/conf" 2>log)
ulimit -n "$(ulimit -Hn)"

begin() {
	rm -rf state/zones
	"$build/autotunnel-dnsd" -c "$work/conf" >log 2>&1 &
	pid=$!
	sleep 1
	kill -0 $pid 2>/dev/null || die "$(cat log)"
}

# watch OPTION...: its output is in out
watch() {
	"$build/tests/dnsd_watch" -P 8853 -k "$pin" "$@" 127.0.0.1 5305 $zone $key >out ||
		die "dnsd_watch $*: $(cat out)"
}

# row NAME LINE: p50, p99 and max of a line of out, in milliseconds
row() {
	sed -n "s/^$2: [0-9]* p50 \([0-9]*\) p99 \([0-9]*\) max \([0-9]*\) us/\1 \2 \3/p" out |
		awk -v name="$1" '{ printf "| %s | %.2f | %.2f | %.2f |\n", name, $1 / 1000, $2 / 1000, $3 / 1000 }'
}

rss() {
	awk '/VmRSS/ { print $2 }' /proc/$pid/status
}

cpu_ms() { # of the server so far
	awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' /proc/$pid/stat
}

# who KIND NUMBER: options for so many of a kind
who() {
	[ "$1" = llq ] && echo "-l $2" || echo "-p $2"
}

part_latency() {
	printf '\n## One subscriber, %s updates one after the other, milliseconds\n\n' "$updates"
	printf '| | p50 | p99 | max |\n|---|---|---|---|\n'
	for kind in llq push; do
		begin
		watch $(who $kind 1) -u "$updates"
		row "$kind: update to acknowledgement" "update to acknowledgement"
		row "$kind: update to event" "update to event"
		row "$kind: acknowledgement to event (0: not later)" "acknowledgement to event"
		end
	done
}

part_crowd() {
	local before

	printf '\n## %s subscribers of one name, 20 updates, milliseconds\n\n' "$crowd"
	printf '| | p50 | p99 | max |\n|---|---|---|---|\n'
	for kind in llq push; do
		begin
		before=$(cpu_ms)
		watch $(who $kind "$crowd")
		before=$(($(cpu_ms) - before))
		end
		begin
		watch $(who $kind "$crowd") -u 20
		row "$kind: update to acknowledgement" "update to acknowledgement"
		row "$kind: update to event, each" "update to event"
		row "$kind: update to event, the last" "update to last event"
		printf '| %s: the server'\''s processor time for a round | %s | | |\n' \
			"$kind" "$((($(cpu_ms) - before) / 20))"
		end
	done
	"$build/tests/bench/fan_out" "$crowd" 20 >out || die "fan_out failed"
	row "a send() each by plain TCP, nothing else: to the last" "send to last heard"
}

# hold KIND NUMBER NAMES: memory of so many, who follow so many names
hold() {
	local before after

	begin
	before=$(rss)
	mkfifo go
	"$build/tests/dnsd_watch" -P 8853 -k "$pin" $(who "$1" "$2") -h "$3" -w 127.0.0.1 5305 $zone \
		$key <go >out &
	exec 3>go
	while ! grep -q ready out; do
		kill -0 $! 2>/dev/null || die "dnsd_watch: $(cat out)"
		sleep 0.2
	done
	after=$(rss)
	awk -v kind="$1" -v n="$2" -v names="$3" -v kb=$((after - before)) -v s="$(sed -n 's/.* in \(.*\) s/\1/p' out)" \
		'BEGIN { printf "| %d %s, %d names | %.1f | %d | %s |\n", n, kind, names, kb / 1024, kb * 1024 / n, s }'
	echo >&3
	exec 3>&-
	wait $!
	rm go
	end
}

part_hold() {
	printf '\n## Subscribers while nothing happens\n\n'
	printf '| | MB more | octets each | set up in s |\n|---|---|---|---|\n'
	hold llq "$llqs" 1
	hold llq "$llqs" $((llqs / 10))
	hold llq "$llqs" "$llqs"
	hold push "$pushes" 1000
}

for part in "${parts[@]}"; do
	declare -F "part_$part" >/dev/null || die "no part \"$part\""
	"part_$part"
done
