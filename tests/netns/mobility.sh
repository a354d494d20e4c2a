#!/bin/bash
# Machines move while a connection runs between them: it goes on, and all its octets arrive.
#
#    laptop ── home .2, cafe .4 ─┐  Internet  ┌─ office .3, hotel .5 ── nas
#                                └── ns .53 ──┘
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/mobility.sh"
lab_require nft miniupnpd conntrack busybox

mobility_dnsd
lab_daemon laptop nas
lab_ready laptop nas
check "the tunnel comes up" lab_ping laptop nas
check_soon "changes are pushed to both" 10 mobility_pushed
mobility_rest
ula=$(lab_ula nas)

mobility_connect

# move NAME WHAT: the packets flow again, sooner or later; how soon is measured by tests/bench.
move() {
	check "$2: packets flow again" mobility_run "$1"
	echo "note  silent for $gap_ms ms"
	sleep 1 # what comes of a move at rest is over
}

mobility_watch
sleep 1
move address "another address in the same network"
move network "the caller goes to another network"
move called "the called goes to another network"
move both "both do, at once"
check "the connection to the name server is made anew at once, not after its patience (4 s)" \
	test "$after_ms" -lt 3000
move nat_reboot "the called one's router returns with another address"
move amnesia "the called one's router forgets everything"
check "which heals as soon as the port is there again" test "$after_ms" -lt 5000
move unheard "it has led the caller astray, who was elsewhere meanwhile, unheard"
check "which heals when the called one hears of the caller again" test "$after_ms" -lt 15000
move port "the called one's router gives another port"
move link "two seconds without a link"
move forgotten "the called one has forgotten the tunnel meanwhile"
check "which the caller notices long before IKE would (25 s)" test "$after_ms" -lt 10000
mobility_ip6_on nas 3
check_soon "the caller has heard of the called one's IPv6 address" 10 \
	mobility_knows_ip6
move family "no IPv4 any more, IPv6 in its place"
move family "and back"
mobility_ip6_off nas
# Without a name server, two ends that are both where nobody has published them may not find each other:
# one of them is always at home.
mobility_rest
sleep 2
lab_ns_stop
move called "without a name server: the called moves"
move called "and comes back"
move network "without a name server: the caller moves"
mobility_unwatch

check "the interface is there" lab_exec laptop ip route get "$ula"
lab_exec laptop ip addr flush dev at0 scope global
lab_exec laptop ip -6 route flush dev at0
check_soon "somebody flushes the interface: the daemon puts address and route back" 20 \
	eval 'lab_ping laptop nas'
lab_exec laptop ip link set at0 down
check_soon "and sets it up again" 20 eval 'lab_ping laptop nas'

mobility_connected
