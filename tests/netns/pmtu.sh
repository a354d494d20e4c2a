#!/bin/bash
# A narrow link in the middle of the way: 20 MB cross it in either direction, unchanged, over IPv4 and IPv6,
# while the routers at its ends say what is too big for it ("loud"), and while that is filtered ("quiet").
# Over IPv4 the routers make fragments in any case.  Over IPv6 only the sender could, and where nobody tells
# him our probes find out (ipsec/esp/probe.h); then nothing outside is in fragments, for such a path may well
# swallow them, too.
#
#    laptop ── home .33.2 ── Internet .44.1 ══ narrow ══ .44.2 middle .55.1 ── office .55.3 ── nas
#                               └── ns .33.53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/mobility.sh"
lab_require nft miniupnpd named socat

# plain6 MACHINE IFACE PREFIX N: PREFIX::N/64 and a link-local address, at once.
plain6() {
	ip -n "$1" link set "$2" addrgenmode none
	ip -n "$1" addr add "$3::$4/64" dev "$2" nodad
	ip -n "$1" addr add "fe80::$4/64" dev "$2" nodad
}

# office's wire into the Internet ends at a router, and between that and the Internet is the narrow link.
middle() {
	lab_machine middle
	ip link set office nomaster
	ip link set office netns middle
	ip link add narrow type veth peer name narrow netns middle
	ip link set narrow addrgenmode none up
	ip -n middle link set narrow addrgenmode none up
	ip -n middle link set office up
	ip addr add 11.22.44.1/24 dev narrow
	ip -n middle addr add 11.22.44.2/24 dev narrow
	ip -n middle addr add 11.22.55.1/24 dev office
	ip -n middle route add default via 11.22.44.1
	ip -n office addr flush dev wan
	ip -n office addr add 11.22.55.3/24 dev wan
	ip -n office route add default via 11.22.55.1
	ip route add 11.22.55.0/24 via 11.22.44.2
	sysctl -qw net.ipv4.ip_forward=1
	lab_exec middle sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

middle6() {
	ip addr add 2a00:44::1/64 dev narrow nodad
	ip addr add fe80::1/64 dev narrow nodad
	plain6 middle narrow 2a00:44 2
	plain6 middle office 2a00:55 1
	plain6 office wan 2a00:55 3
	ip route add 2a00:3::/64 via 2a00:44::2
	ip -n middle route add 2a00:3::/64 via 2a00:55::3
	ip -n middle route add default via 2a00:44::1
	ip -n office route add default via 2a00:55::1
	lab_ip6 office 2a00:3 nas
	mobility_ip6_off nas
}

# This kernel's bridges let netfilter look into them, which puts fragments together before they come to the
# router behind, and that one then sends them on in one piece.  Routers' own bridges do not.
plain_bridges() {
	local on=/proc/sys/net/bridge/bridge-nf-call- in

	for in in "" "lab_exec home" "lab_exec office"; do
		[ ! -e ${on}ip6tables ] || $in sh -c "echo 0 | tee ${on}iptables >${on}ip6tables"
	done
}

narrow_mtu() {
	ip link set narrow mtu "$1"
	ip -n middle link set narrow mtu "$1"
}

# The routers at both ends of the narrow link.
routers() {
	local in

	for in in "" "ip netns exec middle"; do
		$in nft -f - <<-'NFT'
			table inet quiet
			delete table inet quiet
		NFT
		[ "$1" = loud ] || $in nft -f - <<-'NFT'
			table inet quiet {
				chain output {
					type filter hook output priority 0;
					icmp type destination-unreachable icmp code frag-needed drop
					icmpv6 type packet-too-big drop
				}
			}
		NFT
	done
}

# cross FROM TO
cross() {
	local sum

	sum=$(lab_file "$1" 20)
	lab_start "$2" sink sh -c 'socat -u TCP6-LISTEN:7,reuseaddr STDOUT | sha256sum >/tmp/sum'
	lab_wait_until 5 lab_exec "$2" sh -c 'ss -Hltn | grep -q ":7 "' || return
	lab_exec "$1" timeout 20 socat -u OPEN:/tmp/file "TCP6:[$(lab_ula "$2")]:7" || return
	wait "$(lab_pid "$2" sink)"
	[ "$(lab_exec "$2" cat /tmp/sum)" = "$sum" ]
}

# too_big 4|6: how many packets have been so for the router on laptop's side.
too_big() {
	if [ "$1" = 4 ]; then
		awk '/^Ip: [A-Z]/ { for (i = 1; i <= NF; i++) if ($i == "FragOKs") at = i; next }
			/^Ip: / { print $at }' /proc/net/snmp
	else
		awk '$1 == "Ip6InTooBigErrors" { print $2 }' /proc/net/snmp6
	fi
}

# Count the fragments that cross the Internet over IPv6, before anything puts them together.
fragments_count() {
	nft -f - <<-'NFT'
		table ip6 fragments
		delete table ip6 fragments
		table ip6 fragments {
			chain seen {
				type filter hook prerouting priority -450;
				exthdr frag exists counter
			}
		}
	NFT
}

fragments() {
	nft list chain ip6 fragments seen | sed -n 's/.* packets \([0-9]*\) .*/\1/p'
}

# whole WHAT: nothing outside was in fragments; and one of ours would have been seen.
whole() {
	check_equal "$1: fragments outside" 0 "$(fragments)"
	lab_exec laptop ping -n -q -c 1 -W 1 -s 2000 2a00:44::1 >/dev/null || :
	check "the count sees fragments" test "$(fragments)" -gt 0
}

# narrow 4|6 MTU loud|quiet: anew, so that nobody knows yet what fits.
narrow() {
	local host what="IPv$1, $2, $3" before

	narrow_mtu "$2"
	routers "$3"
	fragments_count
	before=$(too_big "$1")
	for host in laptop nas; do
		mobility_ip6_off $host
	done
	[ "$1" = 4 ] || { mobility_ip6_on laptop 2; mobility_ip6_on nas 3; }
	LAB_ALLOW=7 lab_daemon laptop nas # by port: pieces of a packet must pass, too
	lab_ready laptop nas
	check "$what: the tunnel comes up" lab_ping laptop nas
	check_equal "of that family" "$1" "$(lab_peer laptop nas .tunnel.remote.address | grep -q : && echo 6 || echo 4)"
	check "$what: 20 MB from laptop to nas" cross laptop nas
	check "$what: and back" cross nas laptop
	[ "$2" = 1500 ] || check "which was too narrow for some" test "$(too_big "$1")" -gt "$before"
	[ "$1-$3" != 6-quiet ] || whole "$what"
	lab_daemon_stop laptop
	lab_daemon_stop nas
	for host in laptop nas home office; do
		ip -n $host route flush cache
		ip -n $host -6 route flush cache
	done
}

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_nat office 11.22.33.3 192.168.2.1/24 none
lab_host laptop home
lab_host nas office
mobility_ip6 home 2 laptop
plain_bridges
middle
middle6
lab_miniupnpd home both
lab_miniupnpd office both
lab_account bind laptop nas

# An interface of 1200 has no IPv6 any more: the last.
for case in ${PMTU:-4-1500-loud 4-1280-loud 4-1280-quiet 6-1500-loud 6-1280-loud 6-1280-quiet 6-1400-quiet 4-1200-loud 4-1200-quiet}; do
	IFS=- read -r family mtu says <<<"$case"
	narrow "$family" "$mtu" "$says"
done
