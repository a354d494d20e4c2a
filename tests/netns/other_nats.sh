#!/bin/bash
# NATs of other kinds: one that speaks only UPnP, one that speaks nothing (its host can call but not
# be called), and two hosts in one LAN (they talk without leaving it).
#
#    laptop 192.168.1.10 ─┬─ home .2 (UPnP only) ─┐  Internet  ┌─ office .3 (nothing) ── nas
#    tv     192.168.1.11 ─┘                       └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24 upnp
lab_nat office 11.22.33.3 192.168.2.1/24 none
lab_host laptop home 10
lab_host tv home 11
lab_host nas office
lab_account bind laptop tv nas
lab_daemon laptop nas tv
lab_ready laptop nas tv

check_equal "laptop is mapped by UPnP" upnp "$(lab_status laptop .mapping.method)"
check "the mapping is on the NAT" eval 'lab_mappings home | grep -q 192.168.1.10'
check_equal "nas has no mapping and says so" unmapped "$(lab_status nas .mapping.nat)"
check "nas can call laptop" lab_ping nas laptop 3
check "laptop reaches nas through that tunnel" lab_ping laptop nas 3

lab_capture wire udp port 4500
check "laptop reaches tv" lab_ping laptop tv 5
lab_capture_stop wire
check_equal "at its address in the LAN" 192.168.1.11 "$(lab_peer laptop tv .tunnel.remote.address)"
check "two mappings on one NAT" test "$(lab_mappings home | wc -l)" = 2
