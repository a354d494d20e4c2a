#!/bin/bash
# Three machines, one of them without NAT, form three tunnels.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    ├── ns .53 ──┤
#                                    └────────────┴── .7 vps
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24
lab_nat office 11.22.33.3 192.168.2.1/24
lab_host laptop home
lab_host nas office
lab_host vps internet 7
lab_account bind laptop nas vps
lab_daemon laptop nas vps
lab_ready laptop nas vps

for pair in "laptop nas" "nas vps" "vps laptop"; do
	check "${pair/ / reaches }" lab_ping $pair 3
done
for host in laptop nas vps; do
	check_equal "$host has two tunnels" 2 \
		"$(lab_status $host '[.peers[] | select(.tunnel.state == "up")] | length')"
done
check_equal "vps needs no mapping" none "$(lab_status vps .mapping.nat)"
check "and says so in its TXT" eval \
	"lab_dig laptop _autotunnel._udp.vps.$LAB_DOMAIN TXT | grep 'nat=none'"
check_equal "it is called at its own address" "11.22.33.7:4500" \
	"$(lab_peer laptop vps '.tunnel.remote | "\(.address):\(.port)"')"
check "one leaves" lab_daemon_stop vps
check "the other tunnel stays" lab_ping nas laptop
