#!/bin/bash
# Memory of all processes of one machine, in 10^6 octets: with a tunnel up and nothing sent, and
# after UDP through the tunnel, more than it can carry.
#
# PSS divides a shared page among all who map it, in this lab also the other machine's processes.
# So these are ended for it, hard, which those that are looked at take a while to notice.
. "${0%/*}/lib.sh"
FLOOD=(-u -b 1000M -l 1200 -t 4)

kill_nas() {
	local pid pids

	mapfile -t pids < <("$1_pids" nas)
	kill -KILL "${pids[@]}"
	for pid in "${pids[@]}"; do
		lab_wait_until 5 lab_is_gone "$pid"
	done
}

idle() {
	local subject=$1 pids pid

	mapfile -t pids < <("${subject}_pids" laptop)
	bench_value "resident, tunnel up, idle: RSS" MB "$subject" "$(bench_memory_mb Rss "${pids[@]}")"
	[ "$subject" != autotunnel ] || for pid in "${pids[@]}"; do
		bench_value "  RSS of $(autotunnel_process laptop "$pid")" MB autotunnel \
			"$(bench_memory_mb Rss "$pid")"
	done
	kill_nas "$subject"
	bench_value "resident, tunnel up, idle: PSS" MB "$subject" "$(bench_memory_mb Pss "${pids[@]}")"
}

# The most that either machine's processes had.
flood() {
	local subject=$1 host peak=0 now

	lab_exec laptop iperf3 "${FLOOD[@]}" -c "$("${subject}_address" nas)" >/dev/null ||
		echo "iperf3 lost its own connection in the flood"
	for host in laptop nas; do
		now=$("${subject}_pids" $host | xargs -I{} cat /proc/{}/status |
			awk '$1 == "VmHWM:" { kb += $2 } END { printf "%.0f", kb }')
		[ "$now" -le "$peak" ] || peak=$now
	done
	bench_value "highest RSS in a flood of UDP" MB "$subject" "$(bench_per "$peak" 1000)"
}

bench_pair
lab_start nas iperf3 iperf3 -s
for ((run = 0; run < (BENCH_RUNS + 1) / 2; run++)); do
	for subject in "${SUBJECTS[@]}"; do
		"${subject}_start"
		"${subject}_up"
		sleep 2
		idle "$subject"
		"${subject}_stop" || :
		"${subject}_start"
		"${subject}_up"
		flood "$subject"
		"${subject}_stop"
	done
done
