#!/bin/bash
# Two ways out: the router of the better one maps nothing, that of the other does.  Who calls by the
# other is answered by the other.
#
#    laptop .10 ── home 192.168.1.1 (nothing) ─── .2 ─┐
#           └ eth1 ── other 192.168.5.1 ───────── .5 ─┤  Internet ── ns .53
#    nas .10 ───── office 192.168.2.1 (nothing) ─ .3 ─┘
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/map.sh"
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
check_soon "verified, by a knock that was asked for by that way" 5 map_is '.others[0].inbound' yes
check_equal "at that router's outside" 11.22.33.5 "$(map '.others[0].place.address')"
check_soon "which is published" 8 eval "lab_dig ns at.laptop.$LAB_DOMAIN A | grep 11.22.33.5"
check_soon "the records say that somebody comes in" 5 txt_says in=yes
lab_capture wire udp port 4500 and host 11.22.33.3
check "nas calls" lab_ping nas laptop 3
check_equal "there" 11.22.33.5 "$(lab_peer nas laptop .tunnel.remote.address)"
check "much goes through, both ways" lab_exec nas ping -q -c 500 -i 0.002 -s 1200 laptop.$LAB_DOMAIN
lab_capture_stop wire
check_equal "all of it by the other router" 0 "$(tcpdump -n -r "$LAB/pcap/wire.pcap" not host 11.22.33.5 2>/dev/null | wc -l)"

# ---- the better way gets a mapping, too: the first in line from now on ----
lab_miniupnpd home both
lab_exec laptop ip route replace default via 192.168.1.1 # "look again"
check_soon "both ways are mapped" 20 eval '[ "$(map .mapping.external.address)" = 11.22.33.2 ]'
check_soon "both are verified" 5 map_is .mapping.inbound yes
check_soon "both are" 5 map_is '.others[0].inbound' yes
check_soon "and published, the better one first" 5 eval "lab_dig ns _autotunnel._udp.laptop.$LAB_DOMAIN SRV |
	awk '{ print \$5 }' | sort -un | xargs | grep -x '20 21 30'"

# ---- the other way breaks while it is in use ----
check_equal "the tunnel is still by the other router" 11.22.33.5 "$(lab_peer nas laptop .tunnel.remote.address)"
lab_exec laptop ping -q -i 0.05 nas.$LAB_DOMAIN >/dev/null 2>&1 &
pinging=$!
sleep 0.5
ip -n laptop link set eth1 down
check_soon "packets flow again" 5 lab_ping nas laptop
check_equal "by the better one" 11.22.33.2 "$(lab_peer nas laptop .tunnel.remote.address)"
check_soon "and both ways" 3 lab_ping laptop nas
kill $pinging
