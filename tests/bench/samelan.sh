#!/bin/bash
# Two machines in one LAN behind a router that sends nothing back in: pings through the tunnel beside pings
# between their addresses in the LAN ("none"), BENCH_PINGS (2000) each, one each 5 ms, the subjects in turn.
#
#    laptop 192.168.1.10 ─┬─ home .2 ── Internet, ns .53
#    nas    192.168.1.11 ─┘
#
# First the LAN is no more than a bridge of this kernel, where nothing is on its way: what a ping through the
# tunnel takes there above a plain one is what the tunnel costs, which is crypto and the ways into and out of
# its processes.  Then nas is at the end of a wire that takes 0.5 ms each way (slow_wire), as LANs do.
# "Of plain and cost" is the median there in percent of the plain median there and the cost from before:
# 100 is the LAN's own time and no more.  The processor time is that of both machines' tunnels.
#
# autotunnel and nebula find the addresses by themselves, the others have them written down.
. "${0%/*}/lib.sh"

wire=("LAN, a bridge" "LAN of 1 ms")
declare -A median # of WIRE SUBJECT TURN

none_address() {
	bench_outside "$1"
}

none_pids() {
	:
}

# What is measured is the LAN, and the daemon says so.
shown() {
	check_equal "status shows the LAN" 192.168.1.11 "$(lab_peer laptop nas .tunnel.remote.address)"
	check "so does ping" eval 'lab_exec laptop autotunnel ping -c 1 nas | grep -F "via direct 192.168.1.11:4500"'
}

# pings WIRE SUBJECT TURN
pings() {
	local pids cpu half most count

	mapfile -t pids < <(bench_pids "$2")
	cpu=$(bench_cpu_ns "${pids[@]}")
	lab_exec laptop ping -n -i 0.005 -c "${BENCH_PINGS:-2000}" "$("$2_address" nas)" |
		sed -n 's/.* time=\([0-9.]*\).*/\1/p' | sort -n |
		awk '{ ms[NR] = $1 } END { print 1000 * ms[int((NR + 1) / 2)], 1000 * ms[int(NR * 0.99 + 0.5)], NR }' |
		read -r half most count
	cpu=$(($(bench_cpu_ns "${pids[@]}") - cpu))
	median[$1 $2 $3]=$half
	bench_value "${wire[$1]}: ping, median" us "$2" "$half"
	bench_value "${wire[$1]}: ping, 99 %" us "$2" "$most"
	[ "$2" = none ] || bench_value "${wire[$1]}: processor time of a ping" us "$2" \
		"$(bench_per "$cpu" $((1000 * count)) 1)"
}

turns() {
	local subject

	for ((turn = 0; turn < (BENCH_RUNS + 1) / 2; turn++)); do
		for subject in "${SUBJECTS[@]}" none; do
			pings "$1" "$subject" $turn
		done
	done
}

# The same turn's of both wires.
ratios() {
	local subject

	for subject in "${SUBJECTS[@]}"; do
		for ((turn = 0; turn < (BENCH_RUNS + 1) / 2; turn++)); do
			awk -v near="${median[0 $subject $turn]}" -v near_plain="${median[0 none $turn]}" \
				-v far="${median[1 $subject $turn]}" -v far_plain="${median[1 none $turn]}" 'BEGIN {
					cost = near - near_plain
					printf "%.0f %.1f %.1f\n", cost, 100 * far / (far_plain + cost), 100 * far / far_plain
				}' | read -r cost both plain
			bench_value "cost: ${wire[0]}, above the plain" us "$subject" "$cost"
			bench_value "${wire[1]}: of plain and cost" % "$subject" "$both"
			bench_value "${wire[1]}: of plain" % "$subject" "$plain"
		done
	done
}

# nas takes its addresses along, that of the card, too.
lengthen() {
	lab_start home slow_wire $LAB/slow_wire 500 slow far
	lab_wait_until 5 ip -n home link show far || lab_die "slow_wire does not start"
	ip -n home link set slow master lan up
	ip -n home link set far netns nas name eth1 address "$(lab_exec nas cat /sys/class/net/eth0/address)"
	ip -n nas -batch - <<-'BATCH'
		link set eth0 down
		addr flush dev eth0
		link set eth1 up
		addr add 192.168.1.11/24 dev eth1
		route add default via 192.168.1.1
	BATCH
}

answers() {
	local subject

	for subject in "${SUBJECTS[@]}" none; do
		lab_wait_until 60 bench_answers "$subject" || lab_die "$subject: no answer"
	done
	sleep 2
	shown
}

[ -x "$AT_BUILD/tests/bench/slow_wire" ] || lab_die "make check builds slow_wire; run it first"
cp "$AT_BUILD/tests/bench/slow_wire" $LAB/slow_wire
bench_lan
for subject in "${SUBJECTS[@]}"; do
	"${subject}_start"
	"${subject}_up"
done
answers
turns 0
lengthen
answers
turns 1
shown
ratios
