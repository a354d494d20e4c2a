#!/bin/bash
# A thousand random moves (BENCH_STEPS), losses and deaths, one after the other, while one connection and
# one ssh session go on: how long packets were lost at each kind, whether both live to the end with all
# octets, and what has grown meanwhile.  BENCH_SEED says which.
. "${0%/*}/lib.sh"
. "$LAB_DIR/lib/mobility.sh"
. "$LAB_DIR/lib/wander.sh"

report() {
	bench_value "$1, silent" ms autotunnel "$gap_ms"
}

wander_begin
WANDER_SLACK_KB=4096
begun=$(lab_now_ms)
wander "${BENCH_STEPS:-1000}" "${BENCH_SEED:-1}" report
bench_value "things that happened" each autotunnel "$steps"
bench_value "in" min autotunnel $((($(lab_now_ms) - begun) / 60000))
wander_end
join $LAB/before $LAB/after | awk '$1 ~ /-kB$/ { print $1, $3 - $2 }' | while read -r what grown; do
	bench_value "$what, more than at first" kB autotunnel "$grown"
done
