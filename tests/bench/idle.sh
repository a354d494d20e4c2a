#!/bin/bash
# Wake-ups and processor time of all processes of one machine when nothing is sent: first with no
# tunnel up, then with one.  All subjects are looked at in the same seconds.
. "${0%/*}/lib.sh"
REST=${BENCH_REST:-70} # for a minute after a change autotunnel reads the zone more often

# look STATE SUBJECT...: for BENCH_SECONDS.
look() {
	local state=$1 subject wakeups=() cpu=() i=0
	shift

	for subject; do
		wakeups+=("$(bench_wakeups $("${subject}_pids" laptop))")
		cpu+=("$(bench_cpu_ns $("${subject}_pids" laptop))")
	done
	sleep "$BENCH_SECONDS"
	for subject; do
		bench_value "wake-ups per second, $state" 1/s "$subject" "$(bench_per \
			$(($(bench_wakeups $("${subject}_pids" laptop)) - wakeups[i])) "$BENCH_SECONDS")"
		bench_value "processor time, $state" us/s "$subject" "$(bench_per \
			$(($(bench_cpu_ns $("${subject}_pids" laptop)) - cpu[i])) $((BENCH_SECONDS * 1000)) 1)"
		i=$((i + 1))
	done
}

bench_pair
for subject in "${SUBJECTS[@]}"; do
	"${subject}_start"
done
without=()
for subject in "${SUBJECTS[@]}"; do
	[ "$subject" = tinc ] || without+=("$subject") # it has no such state
done
sleep $REST
for ((run = 0; run < BENCH_LOOKS; run++)); do
	look "no tunnel" "${without[@]}"
done
for subject in "${SUBJECTS[@]}"; do
	"${subject}_up"
done
sleep $REST
for ((run = 0; run < BENCH_LOOKS; run++)); do
	look "tunnel up" "${SUBJECTS[@]}"
done
