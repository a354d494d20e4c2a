#!/bin/bash
# Keep-alives go out only where a NAT would forget the way: from a machine whose router gives no mapping,
# and not from one whose router does.  So the machine without a mapping can be reached after a rest that is
# longer than its router's memory.
#
#    laptop ── home .2 (no mappings, forgets after 30 s) ── Internet ── office .3 ── nas
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named tcpdump

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_nat office 11.22.33.3 192.168.2.1/24
lab_host laptop home
lab_host nas office
lab_account bind laptop nas
for timeout in nf_conntrack_udp_timeout nf_conntrack_udp_timeout_stream; do
	lab_exec home sysctl -qw net.netfilter.$timeout=30
done
lab_daemon laptop nas
lab_ready laptop nas
check "the tunnel comes up" lab_ping laptop nas
check_soon "the laptop has no mapping" 10 eval '[ "$(lab_peer nas laptop .records.nat)" = unmapped ]'

LAB_SNAPLEN=64 lab_capture wire udp port 4500
sleep 50
lab_capture_stop wire
check "the laptop sent keep-alives" test "$(lab_packets wire 'udp port 4500 and src host 11.22.33.2 and udp[4:2] = 9')" -ge 2
check_equal "the nas sent none" 0 "$(lab_packets wire 'udp port 4500 and src host 11.22.33.3 and udp[4:2] = 9')"
check "the nas reaches the laptop" lab_ping nas laptop
