#!/bin/bash
# IPv6 behind a router's firewall: the hole that it opens is verified by a knock of its own, beside
# IPv4's mapping and without any IPv4; a firewall that stays closed is named.
#
#    laptop 192.168.1.10, 2a00:2::10 ── home 192.168.1.1, fe80::1 ── Internet ── ns 11.22.33.53, 2a00:ff::53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/map.sh"
. "$LAB_DIR/lib/mobility.sh"
lab_require nft miniupnpd

# configure SERVER LINE...: the daemon anew, with this name server.
configure() {
	! lab_running laptop autotunneld || lab_daemon_stop laptop
	{
		printf '[daemon]\nlog = debug\n[account]\nserver = %s\n' "$1"
		shift
		printf '%s\n' "$@"
	} | lab_config laptop
	lab_daemon laptop
}

lab_internet
lab_ns
ip -n ns addr add 2a00:ff::53/64 dev eth0 nodad
ip -n ns route add default via 2a00:ff::1
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_host laptop home
mobility_ip6 home 2 laptop
mobility_ip6_on laptop 2
lab_miniupnpd home both
LAB_DNSD="listen = $LAB_NS, 2a00:ff::53" lab_account dnsd laptop

# ---- the name server by one family, and by both ----
lab_daemon laptop
check_soon "asked by IPv4: that is verified" 5 map_is .mapping.inbound yes
check_soon "the router's firewall has a hole for IPv6" 5 map_is '.others[0].state' up
check "map says why it is not verified" \
	map_says "2a00:2::10.*no way to the name server"
configure "11.22.33.53, 2a00:ff::53"
check_soon "asked by both: IPv4" 5 map_is .mapping.inbound yes
check_soon "IPv6" 5 map_is '.others[0].inbound' yes
check_equal "at its own address" 2a00:2::10 "$(map '.others[0].place.address')"
check_equal "where the name server sees it" 2a00:2::10 "$(map '.others[0].seen.address')"
check "map tells" map_says "2a00:2::10.*comes in"

# ---- the hole is gone, without the router's knowing ----
lab_exec home nft flush chain inet filter miniupnpd
check "asked again" lab_exec laptop autotunnel map --verify
check_soon "the first knock that stays out has the hole made again" 5 eval 'lab_pinholes home | grep "dport 4500"'
check_soon "and somebody comes in" 5 map_is '.others[0].inbound' yes

# ---- nobody opens the firewall ----
configure 2a00:ff::53 "[mapping]" "methods = none"
check_soon "IPv6 alone, and closed" 8 map_is .mapping.inbound no
check_soon "the records say so" 5 txt_says 'in=no'
check "map, too" map_says "^A firewall stands in the way"

# ---- no IPv4 at all ----
ip -n laptop addr flush dev eth0 scope global
mobility_ip6_on laptop 2
configure 2a00:ff::53
check_soon "the hole, by PCP" 5 eval '[ "$(map ".others[0] | \"\(.state) \(.method)\"")" = "up pcp" ]'
check_soon "verified" 5 map_is '.others[0].inbound' yes
check_soon "which the records say" 5 eval \
	'lab_exec laptop dig +short @2a00:ff::53 _autotunnel._udp.laptop.$LAB_DOMAIN TXT | grep "in=yes"'
check_equal "no IPv4 mapping is tried" "not asked for: there is no IPv4 network" "$(map .mapping.reason)"
