#!/bin/bash
# autotunnel-dnsd beside BIND and Knot, on this machine, in one run, at the same durability: nothing is
# acknowledged before it is synced (BIND's default, Knot's journal-db-mode robust).
#
#	tests/bench/dnsd.sh [PART...]
#
#	updates	  TSIG updates a second with 1, 8, 64 and 256 in flight; one replaces A and SRV of a machine
#	queries	  a second, by dnsperf, and the server's processor time for each; NSD, too, which takes no updates
#	size	  memory, seconds from start to the first answer, updates with 64 in flight, by zone size
#	follow	  from an update's acknowledgement until a secondary answers with it
#
# A machine is two names and four records.  Client and server share the processors, so the figures are
# for comparing within a run.  Needs root, ./bootstrap --for-tests, and dnsperf.  Environment:
#	BENCH_SERVERS (dnsd bind knot)  BENCH_ANSWERERS (those and nsd)  BENCH_SECONDS (5)  BENCH_HOSTS (10000)
#	BENCH_SIZES (10000 100000)  BENCH_SIZES_DNSD (10000 100000 1000000)
set -euo pipefail
export LC_ALL=C

if [ "${1:-}" != inside ]; then
	[ "$(id -u)" = 0 ] || exec unshare --user --map-root-user --net --mount "$0" inside "$@"
	exec unshare --net --mount "$0" inside "$@"
fi
shift
dir=$(cd "$(dirname "$0")" && pwd)
top=${dir%/tests/bench}
build=${AT_BUILD:-$top/build}
top_builddir=$build
. "$top/tests/servers.sh"
servers=${BENCH_SERVERS:-dnsd bind knot}
answerers=${BENCH_ANSWERERS:-$servers nsd}
seconds=${BENCH_SECONDS:-5}
hosts=${BENCH_HOSTS:-10000}
parts=("$@")
[ $# -gt 0 ] || parts=(updates queries size follow)

die() {
	printf 'dnsd.sh: %s\n' "$*" >&2
	exit 1
}
for program in named knotd nsd dnsperf jq dig; do
	command -v $program >/dev/null || die "$program is missing (apt-get install dnsperf; ./bootstrap --for-tests)"
done

zone=alice.example
secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
key=hmac-sha256:account.$zone:$secret
port=5305 second=5306
load=$build/tests/dnsd_load
dnsctl="$build/autotunnel-dnsctl -s run/control"
work=$(mktemp -d)
pid= pid2=
end() {
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || :
	pid=
}
end_second() {
	[ -z "$pid2" ] || { kill "$pid2" && wait "$pid2"; } 2>/dev/null || :
	pid2=
}
trap 'end; end_second; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"

zone_file() { # hosts
	printf '$ORIGIN %s.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 604800 60\n@ NS ns\nns A 127.0.0.1\n' $zone
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "h%d A 10.0.0.0\nh%d AAAA fd00::%x:%x\n_autotunnel._udp.h%d SRV 0 0 0 h%d\n_autotunnel._udp.h%d TXT \"v=1 e=1 x=1764000000 nat=natpmp\"\n",
			i, i, i / 65536, i % 65536, i, i, i }'
}

# prepare SERVER HOSTS [SECONDARY]: files for a primary with that zone
prepare_dnsd() {
	local notify=none

	[ -z "${2:-}" ] || notify=127.0.0.1:$second
	rm -rf state run
	cat >dnsd.conf <<-CONF
		[server]
		listen = 127.0.0.1:$port
		state-dir = $work/state
		run-dir = $work/run
		user = nobody
		rate-limit = 0
		[zone $zone]
		account-key = $key
		transfer-key = hmac-sha256:transfer.$zone:$secret
		notify = $notify
		services = no
	CONF
	start_dnsd
	until $dnsctl status >/dev/null 2>&1; do sleep 0.05; done
	zone_file "$1" | $dnsctl zone import $zone
	end
}
start_dnsd() {
	"$build/autotunnel-dnsd" -c dnsd.conf >>dnsd.log 2>&1 &
	pid=$!
}

prepare_bind() {
	rm -rf bind
	mkdir bind
	zone_file "$1" >bind/zone
	cat >bind.conf <<-CONF
		options {
			directory "$work/bind"; pid-file none; session-keyfile none; recursion no;
			listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; };
			dnssec-validation no; notify-delay 0; update-quota 1000;
			$([ -z "${2:-}" ] && echo 'notify no;' || echo "notify explicit; also-notify { 127.0.0.1 port $second; };")
		};
		controls { };
		key "account.$zone" { algorithm hmac-sha256; secret "$secret"; };
		key "transfer.$zone" { algorithm hmac-sha256; secret "$secret"; };
		zone "$zone" {
			type primary; file "zone"; allow-transfer { any; };
			update-policy { grant account.$zone zonesub ANY; };
		};
	CONF
}
start_bind() {
	named -f -c bind.conf >>bind.log 2>&1 &
	pid=$!
}

prepare_knot() {
	rm -rf knot
	mkdir knot
	zone_file "$1" >knot/zone
	cat >knot.conf <<-CONF
		server:
		    listen: 127.0.0.1@$port
		    rundir: $work/knot
		database:
		    storage: $work/knot
		    journal-db-mode: robust
		log:
		  - target: stderr
		    any: warning
		key:
		  - id: account.$zone
		    algorithm: hmac-sha256
		    secret: $secret
		  - id: transfer.$zone
		    algorithm: hmac-sha256
		    secret: $secret
		remote:
		  - id: secondary
		    address: 127.0.0.1@$second
		acl:
		  - id: update
		    key: account.$zone
		    action: update
		  - id: transfer
		    address: 127.0.0.1
		    action: transfer
		zone:
		  - domain: $zone
		    file: $work/knot/zone
		    zonefile-sync: -1
		    zonefile-load: whole
		    journal-content: changes
		    acl: [update, transfer]
		    $([ -z "${2:-}" ] || echo 'notify: secondary')
	CONF
}
start_knot() {
	knotd -c knot.conf >>knot.log 2>&1 &
	pid=$!
}

prepare_nsd() {
	rm -rf nsd
	mkdir nsd
	zone_file "$1" >nsd/zone
	cat >nsd.conf <<-CONF
		server:
		    ip-address: 127.0.0.1@$port
		    username: ""
		    chroot: ""
		    database: ""
		    zonesdir: "$work/nsd"
		    zonelistfile: "$work/nsd/zone.list"
		    xfrdfile: "$work/nsd/xfrd.state"
		    xfrdir: "$work/nsd"
		    pidfile: "$work/nsd/pid"
		remote-control:
		    control-enable: no
		zone:
		    name: $zone
		    zonefile: zone
	CONF
}
start_nsd() {
	nsd -d -c nsd.conf >>nsd.log 2>&1 &
	pid=$!
}

# Knot follows dnsd and BIND, BIND follows Knot.
start_second_knot() {
	rm -rf second
	mkdir second
	cat >second.conf <<-CONF
		server:
		    listen: 127.0.0.1@$second
		    rundir: $work/second
		database:
		    storage: $work/second
		log:
		  - target: stderr
		    any: warning
		key:
		  - id: transfer.$zone
		    algorithm: hmac-sha256
		    secret: $secret
		remote:
		  - id: primary
		    address: 127.0.0.1@$port
		    key: transfer.$zone
		acl:
		  - id: primary
		    address: 127.0.0.1
		    action: notify
		  - id: key
		    key: transfer.$zone
		    action: notify
		zone:
		  - domain: $zone
		    storage: $work/second
		    master: primary
		    zonefile-sync: -1
		    acl: [primary, key]
	CONF
	knotd -c second.conf >>second.log 2>&1 &
	pid2=$!
}
start_second_bind() {
	rm -rf second
	mkdir second
	cat >second.conf <<-CONF
		options {
			directory "$work/second"; pid-file none; session-keyfile none; recursion no;
			listen-on port $second { 127.0.0.1; }; listen-on-v6 { none; };
			dnssec-validation no; min-refresh-time 1; serial-query-rate 1000;
		};
		controls { };
		zone "$zone" { type secondary; file "zone"; primaries { 127.0.0.1 port $port; };
			allow-notify { 127.0.0.1; }; };
	CONF
	named -f -c second.conf >>second.log 2>&1 &
	pid2=$!
}

answers() { # port
	dig @127.0.0.1 -p "$1" +short +time=1 +tries=1 $zone SOA 2>/dev/null | grep -q hostmaster
}
wait_for() {
	until answers "$1"; do
		sleep 0.02
		[ -z "$pid" ] || kill -0 "$pid" 2>/dev/null || die "the server ended: $(tail -n 2 ./*.log)"
	done
}

family() { # PID: it and all it made
	local child

	echo "/proc/$1/stat"
	for child in $(pgrep -P "$1"); do
		family "$child"
	done
}
cpu_ticks() { # of the server, user and system
	family "$pid" | xargs sed 's/.*) //' | awk '{ n += $12 + $13 } END { print n }' # a name may have spaces
}
rss_mb() {
	awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$pid/status"
}

# run_load FIELD... -- ARGUMENT...: one run, these numbers of its line
run_load() {
	local fields=() line

	while [ "$1" != -- ]; do
		fields+=("$1")
		shift
	done
	shift
	line=$("$load" "$@" 127.0.0.1 $port $zone $key) || die "$line"
	for field in "${fields[@]}"; do
		sed -n "s/.*\b$field \([0-9]*\).*/\1/p" <<<"$line"
	done | paste -sd ' '
}

ms() { # microseconds
	awk -v us="$1" 'BEGIN { printf us < 10000 ? "%.2f" : "%.0f", us / 1000 }'
}

part_updates() {
	local server q rate p50 p99

	printf '\nUpdates, %s machines\n\n' "$hosts"
	echo '| server | in flight | a second | p50 ms | p99 ms | ratio |'
	echo '|---|---|---|---|---|---|'
	declare -A ours=()
	for server in $servers; do
		"prepare_$server" "$hosts"
		"start_$server"
		wait_for $port
		for q in 1 8 64 256; do
			read -r rate p50 p99 < <(run_load rate p50_us p99_us -- -q $q -h "$hosts" -t "$seconds")
			[ "$server" != dnsd ] || ours[$q]=$rate
			echo "| $server | $q | $rate | $(ms "$p50") | $(ms "$p99") | $(awk -v a="$rate" -v b="${ours[$q]:-$rate}" 'BEGIN { printf "%.2f", a / b }') |"
		done
		end
	done
}

part_queries() {
	local server before after out qps sent

	awk -v n="$hosts" -v zone=$zone 'BEGIN { srand(1); for (i = 0; i < 100000; i++) { h = int(rand() * n);
		t = int(rand() * 4); print (t < 2 ? "" : "_autotunnel._udp.") "h" h "." zone, (t == 0 ? "A" : t == 1 ? "AAAA" : t == 2 ? "SRV" : "TXT") } }' >queries
	printf '\nQueries, %s machines, dnsperf -q 200 -c 8\n\n' "$hosts"
	echo '| server | a second | processor time each, us | ratio |'
	echo '|---|---|---|---|'
	declare ours=
	for server in $answerers; do
		"prepare_$server" "$hosts"
		"start_$server"
		wait_for $port
		before=$(cpu_ticks)
		out=$(dnsperf -s 127.0.0.1 -p $port -d queries -q 200 -c 8 -l "$seconds")
		after=$(cpu_ticks)
		qps=$(awk '/Queries per second/ { printf "%.0f", $4 }' <<<"$out")
		sent=$(awk '/Queries completed/ { print $3 }' <<<"$out")
		ours=${ours:-$qps}
		echo "| $server | $qps | $(awk -v t=$((after - before)) -v n="$sent" -v hz="$(getconf CLK_TCK)" \
			'BEGIN { printf "%.1f", t / hz * 1e6 / n }') | $(awk -v a="$qps" -v b="$ours" 'BEGIN { printf "%.2f", a / b }') |"
		end
	done
}

part_size() {
	local server size sizes start ready rate p99 rss

	printf '\nBy zone size\n\n'
	echo '| server | machines | RSS MB | start to first answer, s | updates a second, 64 in flight | p99 ms |'
	echo '|---|---|---|---|---|---|'
	for server in $servers; do
		sizes=${BENCH_SIZES:-10000 100000}
		[ "$server" != dnsd ] || sizes=${BENCH_SIZES_DNSD:-10000 100000 1000000}
		for size in $sizes; do
			"prepare_$server" "$size"
			start=$(date +%s%N)
			"start_$server"
			wait_for $port
			ready=$(($(date +%s%N) - start))
			rss=$(rss_mb)
			read -r rate p99 < <(run_load rate p99_us -- -q 64 -h "$size" -t "$seconds")
			echo "| $server | $size | $rss | $(awk -v ns=$ready 'BEGIN { printf "%.2f", ns / 1e9 }') | $rate | $(ms "$p99") |"
			end
		done
	done
}

part_follow() {
	local server other p50 p99 max

	printf '\nUpdate acknowledged until a secondary answers with it, %s machines, ms\n\n' "$hosts"
	echo '| primary | secondary | p50 | p99 | max |'
	echo '|---|---|---|---|---|'
	for server in $servers; do
		other=knot
		[ "$server" != knot ] || other=bind
		"prepare_$server" "$hosts" yes
		"start_$server"
		wait_for $port
		"start_second_$other"
		wait_for $second
		read -r p50 p99 max < <(run_load p50_us p99_us max_us -- -S $second -c 40 -h "$hosts")
		echo "| $server | $other | $(ms "$p50") | $(ms "$p99") | $(ms "$max") |"
		end_second
		end
	done
}

echo "$(nproc) processors, Linux $(uname -r), $(uptime | sed 's/.*load/load/'), commit $(git -C "$top" rev-parse --short HEAD 2>/dev/null || echo unknown)"
for part in "${parts[@]}"; do
	declare -F "part_$part" >/dev/null || die "no part \"$part\""
	"part_$part"
done
