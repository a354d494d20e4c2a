#!/bin/bash
# How long packets are lost when a machine moves: a ping each 10 ms, the longest silence ("silent"), and the
# time from when the network carries again to the first reply ("after").  BENCH_MOVES runs of each; every
# value is printed, --json has them all.  The name server is autotunnel-dnsd, with Push; "no name
# server" is the same while it is dead.  Each kind of move begins at rest: with no name server, two ends
# that are both elsewhere could not find each other.
#
# The others have the first home of each machine as its address, and their port forwarded there by hand.
# Where packets do not flow again within a minute, "recovered" is 0 %, and no time is given.
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

# The nas's router has its first address, as others have it written down.  Where it has it already nothing is
# done: a router that takes an address forgets the connections it had from there, and holes punched with them.
others_office() {
	ip -n office addr show dev wan | grep -q 'inet 11\.22\.33\.3/' || mobility_office_at 3
}

# Where a machine comes to, its packets have not been before: the holes of the last time are closed, there and
# towards there.
others_forget() {
	lab_exec cafe conntrack -F
	lab_exec hotel conntrack -F
	lab_exec home conntrack -D --orig-src 192.168.1.11 || :
	lab_exec home conntrack -D --orig-dst 11.22.33.5 || :
	lab_exec office conntrack -D --orig-dst 11.22.33.4 || :
} >/dev/null 2>&1

# At home, with the address that the other has of it, and connected; started anew if need be.
others_rest() {
	local try

	mobility_rest
	others_office
	others_forget
	for try in 1 2 3; do
		lab_wait_until 10 mobility_heard $(($(lab_now_ms) + 300)) && break
		mobility_unwatch
		"$1_stop"
		sleep 1
		"$1_start"
		("$1_up") || :
		mobility_watch "$("$1_address" nas)"
	done
	[ "$try" != 3 ] || lab_die "$1: no rest"
	sleep "${BENCH_PAUSE:-2}"
}

# others_move SUBJECT NAME WHAT
others_move() {
	local run recovered=100

	for ((run = 0; run < BENCH_OTHERS && recovered == 100; run++)); do
		others_rest "$1"
		if MOBILITY_PATIENCE=60 mobility_run "$2"; then
			bench_value "$3, silent" ms "$1" "$gap_ms"
			bench_value "$3, after" ms "$1" "$after_ms"
		else
			recovered=0
		fi
	done
	bench_value "$3, recovered" % "$1" $recovered
}

others() {
	local subject

	for subject in "${SUBJECTS[@]:1}"; do
		mobility_rest
		others_office
		"${subject}_setup"
		"${subject}_start"
		"${subject}_up"
		mobility_watch "$("${subject}_address" nas)"
		others_move $subject address "new address in the same LAN"
		others_move $subject network "caller to another NAT"
		others_move $subject called "called to another NAT"
		others_move $subject both "both to other NATs at once"
		others_move $subject link "link down 2 s"
		others_move $subject nat_reboot "NAT reboot, new address"
		mobility_unwatch
		"${subject}_stop"
	done
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
# The manager waits longer each time.
BENCH_MOVES=$((BENCH_MOVES < 5 ? BENCH_MOVES : 5)) bench_move forgotten "no link, and forgotten meanwhile"
mobility_rest
sleep 5
lab_ns_stop
bench_moves ", no name server"
mobility_unwatch
autotunnel_stop
others
