#!/bin/bash
# The laptop sleeps for an hour, of virtual time, with a connection and an ssh session open; both go on when it
# wakes.  Meanwhile its mapping's lease has run out, routers have forgotten, and one or both ends are
# elsewhere.  Nothing of the network tells it: only its clocks do.
#
#    laptop ── home .2, cafe .4 ─┐  Internet  ┌─ office .3, hotel .5 ── nas
#                                └── ns .53 ──┘
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/mobility.sh"
. "$LAB_DIR/lib/wander.sh"
. "$LAB_DIR/lib/virtual.sh"
. "$LAB_DIR/lib/suspend.sh"
# wakes NAME WHAT
wakes() {
	check "an hour of sleep, and $2: packets flow again" mobility_run "$1"
	echo "note  first reply $after_ms ms after waking"
	check "the session echoes" wander_echo "$1"
}

suspend_begin
wakes suspend "nothing else"
wakes suspend_called "the other end has moved"

# Half a minute, in which no timer of its own is due that would look after the router.
router_restarts() {
	lab_reboot_nat home
	lab_miniupnpd home both
}
move_nap() {
	SUSPEND_SECONDS=30 suspend router_restarts
}
check "half a minute of sleep, and its router has restarted: packets flow again" mobility_run nap
check_soon "and the mapping is asked for again" 5 eval 'lab_mappings home | grep -E "dport 4500 dnat.*192.168.1.10"'

wakes suspend_network "it wakes in another network"
suspend_end
