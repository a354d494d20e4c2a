#!/bin/bash
# How long packets are lost when a machine moves: a ping each 10 ms, the longest silence ("silent"), and the
# time from when the network carries again to the first reply ("after").  BENCH_MOVES runs of each; every
# value is printed, --json has them all.  The name server is autotunnel-dnsd, with Push; "no name
# server" is the same while it is dead.  Each kind of move begins at rest: with no name server, two ends
# that are both elsewhere could not find each other.
. "${0%/*}/lib.sh"
. "$LAB_DIR/lib/mobility.sh"

# bench_move NAME WHAT [CONDITION [ip6]]
bench_move() {
	local run

	mobility_rest "${4:-}"
	lab_wait_until 40 mobility_heard $(($(lab_now_ms) + 300)) || lab_die "$2${3:-}: no rest before"
	[ -z "${4:-}" ] || lab_wait_until 10 mobility_knows_ip6 || lab_die "$2: the caller knows no IPv6 address"
	sleep "${BENCH_PAUSE:-2}"
	for ((run = 0; run < BENCH_MOVES; run++)); do
		mobility_run "$1" || lab_die "$2${3:-}: packets do not flow again"
		bench_value "$2${3:-}, silent" ms autotunnel "$gap_ms"
		bench_value "$2${3:-}, after" ms autotunnel "$after_ms"
		sleep "${BENCH_PAUSE:-2}"
	done
}

bench_moves() {
	bench_move address "new address in the same LAN" "$1"
	bench_move network "caller to another NAT" "$1"
	bench_move called "called to another NAT" "$1"
	bench_move nat_reboot "NAT reboot, new address" "$1"
	bench_move port "mapping on another port" "$1"
	bench_move link "link down 2 s" "$1"
}

mobility_dnsd
autotunnel_start
check_soon "changes are pushed to both" 10 mobility_pushed
check "the tunnel comes up" lab_ping laptop nas
mobility_rest
mobility_watch
sleep 2
bench_moves ""
bench_move both "both to other NATs at once"
bench_move family "IPv4 to IPv6 and back" "" ip6
BENCH_MOVES=5 bench_move forgotten "no link, and forgotten meanwhile" # the manager waits longer each time
mobility_rest
sleep 5
lab_ns_stop
bench_moves ", no name server"
mobility_unwatch
