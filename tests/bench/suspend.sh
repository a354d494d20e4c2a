#!/bin/bash
# How soon packets flow again when a machine wakes that has slept for an hour (of virtual time, lib/virtual.sh), and
# what has happened meanwhile; BENCH_MOVES of each, with one connection and one ssh session that live through all.
. "${0%/*}/lib.sh"
. "$LAB_DIR/lib/mobility.sh"
. "$LAB_DIR/lib/wander.sh"
. "$LAB_DIR/lib/virtual.sh"
. "$LAB_DIR/lib/suspend.sh"

sleeps=0
# sleeps NAME KIND
sleeps() {
	mobility_run "$1" || lab_die "no packets after sleep $sleeps ($2)"
	wander_echo "after sleep $((sleeps += 1))" || lab_die "no echo after sleep $sleeps ($2)"
	bench_value "woken, $2" ms autotunnel "$after_ms"
	sleep 1 # what comes of it is over
}

suspend_begin
for ((i = 0; i < BENCH_MOVES; i++)); do
	sleeps suspend "all as it was"
	sleeps suspend_network "in another network"
	sleeps suspend_called "the other end moved"
	sleeps suspend_both "both moved"
	sleeps suspend_nat_reboot "the other end's router was restarted"
done
bench_value "slept" each autotunnel "$sleeps"
suspend_end
