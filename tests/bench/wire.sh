#!/bin/bash
# The data plane at its limits, on one wire between two machines: wire.sh uncut|cut.
#
# Uncut: a large send of the kernel's passes in one piece, as between containers of one machine, or
# with network cards that cut it (TSO, UDP segmentation).  Cut: it is cut to frames of 1500 octets
# where it leaves and put together where it arrives, in our two processors.
#
#	laptop 11.22.33.2 ──── wire ──── nas 11.22.33.3		(and the Internet, for the names)
#
# "none" is the same through no tunnel.  Both machines and iperf3 share the processors.
. "${0%/*}/lib.sh"
lab_require named ethtool

wire=${1:-uncut}
seconds=${BENCH_STREAM:-4}

none_address() {
	bench_outside "$1"
}

none_pids() {
	:
}

bench_direct "$wire"
lab_start nas iperf3 iperf3 -s
for subject in "${SUBJECTS[@]}"; do
	"${subject}_start"
	"${subject}_up"
done

# run SUBJECT OPTION...: sets result (iperf3's), cpu_laptop and cpu_nas (seconds of its processes).
run() {
	local subject=$1 laptop nas pids_laptop pids_nas
	shift

	mapfile -t pids_laptop < <("${subject}_pids" laptop)
	mapfile -t pids_nas < <("${subject}_pids" nas)
	laptop=$(bench_cpu_ns "${pids_laptop[@]}")
	nas=$(bench_cpu_ns "${pids_nas[@]}")
	result=$(lab_exec laptop iperf3 "$@" -c "$("${subject}_address" nas)" -J)
	cpu_laptop=$(($(bench_cpu_ns "${pids_laptop[@]}") - laptop))
	cpu_nas=$(($(bench_cpu_ns "${pids_nas[@]}") - nas))
}

# of FILTER: a number out of the result.
of() {
	jq -er "$1" <<<"$result"
}

stream() {
	local subject=$1 all

	run "$subject" -t "$seconds" "${@:2}"
	all=$(of "(.end.cpu_utilization_percent | .host_total + .remote_total) / 100 *
		.end.sum_received.seconds + ($cpu_laptop + $cpu_nas) / 1e9")
	bench_value "$wire: TCP, one stream${2:+, ${*: -1}}" Mbit/s "$subject" \
		"$(of '.end.sum_received.bits_per_second / 1e6')"
	bench_value "$wire: processor time, all${2:+, ${*: -1}}" s/GB "$subject" \
		"$(of "$all / (.end.sum_received.bytes / 1e9)")"
}

# Offered as fast as the sender can: what arrives while both are overloaded.
small() {
	run "$1" -u -l 64 -b 0 -t 3
	bench_value "$wire: UDP of 64 octets, received" kpps "$1" \
		"$(of '(.end.sum.packets - .end.sum.lost_packets) / .end.sum.seconds / 1e3')"
}

latency() {
	bench_value "$wire: ping, median of 200" ms "$1" \
		"$(lab_exec laptop ping -n -i 0.005 -c 200 "$("$1_address" nas)" |
			sed -n 's/.* time=\([0-9.]*\).*/\1/p' | sort -n | sed -n 100p)"
}

# What a busy evening costs.
gigabit() {
	run "$1" -t "$seconds" -b 1G
	bench_value "$wire: 1 Gbit/s offered, carried" Mbit/s "$1" \
		"$(of '.end.sum_received.bits_per_second / 1e6')"
	bench_value "$wire: 1 Gbit/s offered, processor of the sender's side" % "$1" \
		"$(of "$cpu_laptop / 1e7 / .end.sum_received.seconds")"
	bench_value "$wire: 1 Gbit/s offered, processor of the receiver's side" % "$1" \
		"$(of "$cpu_nas / 1e7 / .end.sum_received.seconds")"
}

for ((turn = 0; turn < (BENCH_RUNS + 1) / 2; turn++)); do
	for subject in "${SUBJECTS[@]}" none; do
		stream "$subject"
		[ -z "${BENCH_CUBIC:-}" ] || stream "$subject" -C cubic
	done
	for subject in "${SUBJECTS[@]}" none; do
		latency "$subject"
	done
	[ "$wire" = uncut ] || continue
	for subject in "${SUBJECTS[@]}" none; do
		small "$subject"
		gigabit "$subject"
	done
done
