#!/bin/bash
# A day (BENCH_HOURS, 24) of two machines, in virtual time, with random moves, losses and deaths of parts: how long
# packets were lost at each, whether a connection and an ssh session live through it with all octets, and
# what has grown since the first hour.  BENCH_SEED says which.
. "${0%/*}/lib.sh"
. "$LAB_DIR/lib/mobility.sh"
. "$LAB_DIR/lib/wander.sh"
. "$LAB_DIR/lib/virtual.sh"
. "$LAB_DIR/lib/day.sh"

report() {
	bench_value "$1, silent" ms autotunnel "$gap_ms"
}

day_begin
begun=$(lab_now_ms) began=$(day_seconds)
day $((${BENCH_HOURS:-24} * 3600)) "${BENCH_SEED:-1}" report
bench_value "things that happened" each autotunnel "$steps"
bench_value "time that passed" h autotunnel "$((($(day_seconds) - began) / 3600))"
bench_value "in" s autotunnel $((($(lab_now_ms) - begun) / 1000))
WANDER_SLACK_KB=4096
day_end
join $LAB/before $LAB/after | awk '$1 ~ /-kB$/ { print $1, $3 - $2 }' | while read -r what grown; do
	bench_value "$what, more than after an hour" kB autotunnel "$grown"
done
