#!/bin/bash
# Keep-alives go out only where a NAT would forget the way: from a machine whose router gives no mapping, or
# one that a firewall makes useless, and not from others.  So these two can be reached after a rest that is
# longer than their routers' memory.
#
#    laptop ── home .2 (no mappings, forgets after 30 s) ── Internet ── office .3 ── nas
#    box ── walled .4 (mappings, but lets nobody in; the same) ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd tcpdump

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_nat office 11.22.33.3 192.168.2.1/24
lab_nat walled 11.22.33.4 192.168.3.1/24
lab_exec walled nft insert rule inet filter forward iifname wan ct state new drop
lab_host laptop home
lab_host nas office
lab_host box walled
LAB_DNSD="" lab_account dnsd laptop nas box
for nat in home walled; do
	for timeout in nf_conntrack_udp_timeout nf_conntrack_udp_timeout_stream; do
		lab_exec $nat sysctl -qw net.netfilter.$timeout=30
	done
done
lab_daemon laptop nas box
lab_ready laptop nas box
check "the tunnel comes up" lab_ping laptop nas
check "the other, too" lab_ping box nas
check_soon "nobody comes in through the box's mapping" 10 eval '[ "$(lab_status box .mapping.inbound)" = no ]'
check_soon "the laptop has no mapping" 10 eval '[ "$(lab_peer nas laptop .records.nat)" = unmapped ]'

LAB_SNAPLEN=64 lab_capture wire udp port 4500
sleep 50
lab_capture_stop wire
keepalives() {
	lab_packets wire "udp port 4500 and src host $1 and udp[4:2] = 9"
}
check "the laptop sent keep-alives" test "$(keepalives 11.22.33.2)" -ge 2
check "the box, too" test "$(keepalives 11.22.33.4)" -ge 2
check_equal "the nas sent none" 0 "$(keepalives 11.22.33.3)"
check "the nas reaches the laptop" lab_ping nas laptop
check "and the box" lab_ping nas box
