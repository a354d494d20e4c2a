#!/bin/bash
# One TCP stream from laptop to nas through the tunnel, and the processor time that the tunnel's
# processes of both ends take for it.  "none" is the same stream through the NATs without a tunnel.
# Both ends, both NATs and iperf3 share this machine's processors.
. "${0%/*}/lib.sh"

# stream ADDRESS OPTION...: prints octets received and the seconds it took.
stream() {
	lab_exec laptop iperf3 "${@:2}" -c "$1" -t 5 -J |
		jq -er '.end.sum_received | "\(.bytes) \(.seconds)"'
}

measure() {
	local subject=$1 octets seconds cpu pids

	mapfile -t pids < <(bench_pids "$subject")
	cpu=$(bench_cpu_ns "${pids[@]}")
	stream "$("${subject}_address" nas)" | read -r octets seconds
	cpu=$(($(bench_cpu_ns "${pids[@]}") - cpu))
	bench_value "TCP, one stream" Mbit/s "$subject" "$(bench_per "$octets" "$seconds" 9 |
		awk '{ printf "%.1f", $1 * 8 / 1e6 }')"
	bench_value "processor time of both ends' tunnels" s/GB "$subject" \
		"$(bench_per "$cpu" "$octets" 3)"
}

none() {
	local octets seconds

	stream 11.22.33.3 -4 | read -r octets seconds
	bench_value "TCP, one stream" Mbit/s none "$(bench_per "$octets" "$seconds" 9 |
		awk '{ printf "%.1f", $1 * 8 / 1e6 }')"
}

bench_pair
bench_forward tcp 5201
lab_start nas iperf3 iperf3 -s
for subject in "${SUBJECTS[@]}"; do
	"${subject}_start"
	"${subject}_up"
done
for ((run = 0; run < (BENCH_RUNS + 1) / 2; run++)); do
	for subject in "${SUBJECTS[@]}"; do
		measure "$subject"
	done
	none
done
