#!/bin/bash
# What the configuration changes: a tunnel that is kept up, another port, a port that is taken.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named perl

lab_pair bind
printf '[daemon]\nlog = debug\nlisten-port = 40001\n[account]\nconnect = always\ndpd = 2\n' |
	lab_config laptop
lab_daemon laptop nas
check_soon "connect = always: a tunnel without traffic" 20 lab_is_up laptop nas
check_equal "listen-port: laptop is reached there" 11.22.33.2:40001 "$(lab_peer nas laptop \
	'.tunnel.remote | "\(.address):\(.port)"')"
check "and its NAT maps that port" eval 'lab_mappings home | grep -q 40001'
check "packets flow" lab_ping nas laptop 3

lab_stop nas autotunneld KILL || :
check_soon "its end is noticed" 40 lab_is_idle laptop nas
lab_daemon nas
check_soon "connect = always: and a new tunnel made" 40 lab_is_up laptop nas
check "packets flow again" lab_ping laptop nas 3
check "nas stops" lab_daemon_stop nas

# Somebody else has the port.
lab_start nas holder perl -MSocket -e \
	'socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in(4500, INADDR_ANY)) or die; sleep 600'
lab_wait_until 5 lab_exec nas sh -c 'ss -Hlun | grep -q :4500'
check_not "the port is taken: the daemon does not start" eval \
	"lab_exec nas timeout 20 autotunneld -f 2>$LAB/said"
check "and says which key gives it another" grep -q 'listen-port' $LAB/said
check_equal "and leaves no interface behind" "" "$(lab_exec nas ip -br link show at0 2>/dev/null)"
