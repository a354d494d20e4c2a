#!/bin/bash
# Two hosts in one LAN whose router sends nothing back in (no hairpin): they talk within the LAN, and
# what the command shows is that path.  One that was away takes it again when it is back.
#
#    laptop 192.168.1.10 ─┬─ home .2 ─┐  Internet  ┌─ cafe .4 ── laptop (away)
#    tv     192.168.1.11 ─┘           └── ns .53 ──┘
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/mobility.sh"
lab_require nft miniupnpd named socat

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24
lab_nat cafe 11.22.33.4 192.168.3.1/24
lab_host laptop home 10
lab_host tv home 11
mobility_second laptop cafe
lab_account bind laptop tv
lab_daemon laptop tv
lab_ready laptop tv

# knock ADDRESS PORT: 23 octets from laptop; knocks: how many such have come to tv's port.
knock() {
	lab_exec laptop socat -u - "UDP4-SENDTO:$1:$2,sourceport=9999" <<<"from somebody in here!"
}

knocks() {
	lab_exec tv nft list table inet knocks | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

lab_exec tv nft -f - <<-'NFT'
	table inet knocks {
		chain input { type filter hook input priority -300; udp dport 4500 udp length 31 counter; }
	}
NFT
outside=$(lab_status tv .mapping.external.address)
check_equal "tv has a mapping on the router" 11.22.33.2 "$outside"
knock 192.168.1.11 4500
check_soon "tv is reached at its address in the LAN" 5 eval '[ "$(knocks)" = 1 ]'
knock "$outside" "$(lab_status tv .mapping.external.port)"
sleep 0.5
check_equal "and not by way of the router's outside" 1 "$(knocks)"

# at_lan HOST PEER ADDRESS: all that shows a path shows this one.
at_lan() {
	check_equal "$1: status --json" "$3" "$(lab_peer "$1" "$2" .tunnel.remote.address)"
	check "$1: status" eval "lab_exec $1 autotunnel status | grep -w '$2' | grep -F 'direct $3:4500'"
	check "$1: ping" eval "lab_exec $1 autotunnel ping -c 1 $2 | grep -F 'via direct $3:4500'"
	check_equal "$1: ping --json" "$3:4500" "$(lab_exec "$1" autotunnel ping -c 1 --json "$2" | jq -r .path)"
}

lab_capture wire udp port 4500
check "laptop reaches tv" lab_ping laptop tv 5
at_lan laptop tv 192.168.1.11
at_lan tv laptop 192.168.1.10
lab_capture_stop wire
check_equal "nothing of it crossed the Internet" 0 "$(lab_packets wire 'udp port 4500')"

move_away() {
	mobility_use laptop eth1 192.168.3.10/24
	mobility_mark
}

move_back() {
	mobility_use laptop eth0 192.168.1.10/24
	mobility_mark
}

mobility_watch "$(lab_ula tv)"
sleep 1
for turn in 1 2; do
	check "away, packets flow again" mobility_run away
	check_within "silent" 2000 "$gap_ms" ms
	check_equal "by the router's outside" 11.22.33.2 "$(lab_peer laptop tv .tunnel.remote.address)"
	check "back, packets flow again" mobility_run back
	check_within "silent" 2000 "$gap_ms" ms
	check_soon "and in the LAN" 10 eval '[ "$(lab_peer laptop tv .tunnel.remote.address)" = 192.168.1.11 ]'
	at_lan laptop tv 192.168.1.11
	at_lan tv laptop 192.168.1.10
	sleep 2
done
mobility_unwatch
