#!/bin/bash
# Two ways out: the router of the better one maps nothing, that of the other does.  Who calls by the
# other is answered by the other.
#
#    laptop .10 ── home 192.168.1.1 (nothing) ─── .2 ─┐
#           └ eth1 ── other 192.168.5.1 ───────── .5 ─┤  Internet ── ns .53
#    nas .10 ───── office 192.168.2.1 (nothing) ─ .3 ─┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_nat other 11.22.33.5 192.168.5.1/24
lab_nat office 11.22.33.3 192.168.2.1/24 none
lab_host laptop home
lab_host nas office
ip link add eth1 netns laptop type veth peer name laptop netns other
ip -n other link set laptop master lan up
ip -n laptop addr add 192.168.5.10/24 dev eth1
ip -n laptop link set eth1 up
ip -n laptop route add default via 192.168.5.1 metric 100
LAB_DNSD="" lab_account dnsd laptop nas
lab_daemon laptop nas
lab_ready laptop nas
check "the mapping is the other router's" eval 'lab_mappings other | grep "dport 4500 dnat ip to 192.168.5.10:4500"'
check_soon "its place is published" 8 eval "lab_dig ns at.laptop.$LAB_DOMAIN A | grep -q 11.22.33.5 ||
	lab_dig ns at0.laptop.$LAB_DOMAIN A | grep -q 11.22.33.5 || lab_dig ns _autotunnel._udp.laptop.$LAB_DOMAIN SRV"
lab_capture wire udp port 4500
check "nas calls" lab_ping nas laptop 3
lab_capture_stop wire
check_equal "there" 11.22.33.5 "$(lab_peer nas laptop .tunnel.remote.address)"
tcpdump -n -r "$LAB/pcap/wire.pcap" 2>/dev/null | cut -c1-120 | head -20
lab_exec laptop autotunnel map
