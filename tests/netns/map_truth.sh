#!/bin/bash
# What a router claims and what is true: a provider's NAT before it, found because the name server
# sees another address; and a mapping verified by who came in.
#
#    laptop .10 ── home 192.168.1.1 ── 11.22.44.2 ── cgn ── 11.22.33.7 ─┐  Internet ── ns .53
#                  later straight:     11.22.33.2 ──────────────────────┤
#    nas .10 ───── office 192.168.2.1 ──────────────────────── .3 ──────┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd

map() {
	lab_exec laptop autotunnel map --json | jq -er "$1"
}

map_is() {
	[ "$(map "$1")" = "$2" ]
}

txt_says() {
	lab_dig laptop _autotunnel._udp.laptop.$LAB_DOMAIN TXT | grep -E -- "$1"
}

contacts() {
	lab_dig laptop at.laptop.$LAB_DOMAIN A | awk '{ print $5 }' | sort | xargs
}

contacts_are() {
	[ "$(contacts)" = "$1" ]
}

lab_internet
lab_ns
lab_nat cgn 11.22.33.7 11.22.44.1/24 none
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_nat office 11.22.33.3 192.168.2.1/24
ip -n home link del wan
ip link add wan netns home type veth peer name home netns cgn
ip -n cgn link set home master lan up
ip -n home addr add 11.22.44.2/24 dev wan
ip -n home link set wan up
ip -n home route add default via 11.22.44.1
lab_miniupnpd home both
lab_host laptop home
lab_host nas office
LAB_DNSD="" lab_account dnsd laptop nas

# ---- a provider's NAT ----
lab_daemon laptop
check_soon "the router maps" 5 map_is .mapping.state up
check_equal "and claims that outside" 11.22.44.2 "$(map .mapping.external.address)"
check_soon "the name server sees another one" 5 map_is .mapping.seen.address 11.22.33.7
check_soon "a double NAT, called so" 3 map_is .mapping.nat double
check_soon "in the records, too" 5 txt_says 'nat=double'
check_soon "and the useless address is not published" 5 contacts_are 192.168.1.10
lab_exec laptop autotunnel map >$LAB/map.txt
check "map says why" grep -q '^The name server sees another address: another NAT stands' $LAB/map.txt
check "and what was seen" grep -q '^The name server sees this machine at 11\.22\.33\.7\.$' $LAB/map.txt
check "and what to do" grep -q 'bridge mode' $LAB/map.txt
check_not "strictly not well" lab_exec laptop autotunnel map --strict

# ---- the provider takes it away ----
ip -n home link del wan
lab_plug home 11.22.33.2/24 wan
lab_stop home miniupnpd || :
lab_miniupnpd home both
check_soon "another outside" 4 map_is .mapping.external.address 11.22.33.2
check_soon "which is what is seen" 20 map_is .mapping.seen.address 11.22.33.2
check_soon "no double NAT any more" 3 map_is .mapping.nat pcp
check_soon "published" 5 contacts_are 11.22.33.2

# ---- verified ----
check "nobody has come in yet" map_is .mapping.inbound unknown
check "which the records say" txt_says 'in=unknown'
lab_daemon nas
lab_ready laptop nas
check "nas calls" lab_ping nas laptop 1
check_soon "somebody came in from outside: verified" 3 map_is .mapping.inbound yes
check_soon "which the records say" 5 txt_says 'in=yes'
check "map tells" eval 'lab_exec laptop autotunnel map | grep "^Verified .* ago: a peer came in from outside\.$"'
