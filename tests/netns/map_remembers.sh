#!/bin/bash
# What the daemon remembers of routers, over restarts, crashes, another port and other networks; and
# a mapping for each way out.
#
#    laptop .10 ── home 192.168.1.1 ── .2 ─┐  Internet ── ns .53
#           └ eth1 ── other 192.168.5.1 .5 ┘
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/map.sh"
lab_require nft miniupnpd named

memory() {
	lab_exec laptop cat /var/lib/autotunnel/routers | grep -E -- "$1"
}

# The external endpoint of the tunnel's port.
outside() {
	map '.mapping.external | "\(.address):\(.port)"'
}

outside_is() {
	[ "$(outside)" = "$1" ]
}

mapped() {
	lab_mappings "$1" | grep -E " dport $2 dnat ip to $3\$"
}

not() {
	! "$@"
}

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_host laptop home
lab_host squatter home 20
lab_ip6 home 2a00:1:1 laptop
lab_miniupnpd home both
lab_account bind laptop

# ---- the port of last time, the method of last time ----
cp "${DRIVE:-$AT_BUILD/tests/netns/natpmp_drive}" $LAB/natpmp_drive
mkfifo $LAB/fifo
lab_start squatter worker $LAB/natpmp_drive $LAB/fifo nobody
echo "want 1 192.168.1.1 192.168.1.20:4500 2 3600 0" >$LAB/fifo
lab_wait_until 3 mapped home 4500 192.168.1.20:4500
lab_daemon laptop
check_soon "port 4500 is taken: another one" 5 outside_is 11.22.33.2:4501
check_soon "IPv6: a hole in the firewall" 5 map_is '.others[0].state' up
check_equal "by PCP" pcp "$(map '.others[0].method')"
mac=$(lab_exec home cat /sys/class/net/lan/address)
check "remembered: router, hardware address, port, method" memory \
	"^192\.168\.1\.1 $mac udp 192\.168\.1\.10:4500 11\.22\.33\.2:4501 pcp held "
nonce=$(memory '^192' | cut -d ' ' -f 8)
echo "drop 1" >$LAB/fifo
check_soon "port 4500 is free again" 3 not mapped home 4500 192.168.1.20:4500
check "the daemon stops" lab_daemon_stop laptop
check "and leaves nothing in the router" eval '[ -z "$(lab_mappings home)$(lab_pinholes home)" ]'
check "and remembers that" memory ' pcp free '
lab_daemon laptop
check_soon "started again: the port of last time" 3 outside_is 11.22.33.2:4501
check_equal "asked for at once, by the method that worked" \
	'> PCP map udp 192.168.1.10:4500, external port 4501, for 3600 s' \
	"$(map '[.exchanges[].text | select(contains("192.168.1.10"))][0]')"
check_equal "with the same nonce" "$nonce" "$(memory '^192' | cut -d ' ' -f 8)"

# ---- a crash ----
# All processes at once, as when the power fails: a worker whose manager dies would clean up.
crash() {
	lab_exec laptop pkill -STOP -x autotunneld || :
	lab_exec laptop pkill -KILL -x autotunneld || :
	lab_wait_until 3 eval '! lab_exec laptop pgrep -x autotunneld'
}
crash
check "killed: the mapping stands" mapped home 4501 192.168.1.10:4500
lab_daemon laptop
check_soon "started again: the same one is renewed" 3 outside_is 11.22.33.2:4501
check_equal "one mapping stands" 1 "$(lab_mappings home | wc -l)"
lab_exec laptop autotunnel map add tcp 8022 --for 1h
check_soon "another port is opened" 3 mapped home 8022 192.168.1.10:8022
crash
printf '[daemon]\nlog = debug\nlisten-port = 40001\n' | lab_config laptop
lab_daemon laptop
check_soon "started with another port: that is mapped" 3 outside_is 11.22.33.2:40001
check_soon "and what the last run left is deleted" 3 eval '[ "$(lab_mappings home | wc -l)" = 1 ]'

# ---- a second way out ----
lab_nat other 11.22.33.5 192.168.5.1/24
ip link add eth1 netns laptop type veth peer name laptop netns other
ip -n other link set laptop master lan up
ip -n laptop addr add 192.168.5.10/24 dev eth1
ip -n laptop link set eth1 up
ip -n laptop route add default via 192.168.5.1 metric 100
check_soon "a mapping there, too" 3 mapped other 40001 192.168.5.10:40001
check_equal "the first one stays the better" 11.22.33.2:40001 "$(outside)"
priorities() {
	lab_dig laptop _autotunnel._udp.laptop.$LAB_DOMAIN SRV | awk '{ print $5 }' | sort -un | xargs
}
published() {
	[ "$(priorities)" = "$1" ]
}
check_soon "both are published, in that order" 5 published "10 20 21 30"
ip -n laptop route del default via 192.168.1.1
check_soon "the first is lost: the other one is the best" 2 outside_is 11.22.33.5:40001
check_soon "and nothing is left behind at the first" 2 eval '[ -z "$(lab_mappings home)" ]'

# ---- moved in a hurry ----
ip -n laptop route add default via 192.168.1.1
check_soon "back: both" 3 mapped home 40001 192.168.1.10:40001
ip -n laptop link set eth1 down
sleep 0.5
check "gone in a hurry: the other router could not be told" mapped other 40001 192.168.5.10:40001
check "which is remembered" memory '^192\.168\.5\.1 .* held '
crash
ip -n laptop link set eth1 up
ip -n laptop addr add 192.168.5.10/24 dev eth1 2>/dev/null || :
ip -n laptop route replace default via 192.168.5.1 metric 100
printf '[daemon]\nlog = debug\nlisten-port = 40002\n' | lab_config laptop
lab_daemon laptop
check_soon "met again: that is made up for" 3 not mapped other 40001 192.168.5.10:40001

# ---- the router restarts ----
lab_reboot_nat home
start=$(lab_now_ms)
lab_miniupnpd home both
check_soon "the router restarts: made again" 2 mapped home 40002 192.168.1.10:40002
echo "      router's start to mapping: $(($(lab_now_ms) - start)) ms"

# ---- a router that is named ----
check_soon "both ways out have a mapping" 3 mapped other 40002 192.168.5.10:40002
printf '[daemon]\nlog = debug\nlisten-port = 40002\n[mapping]\ngateway = 192.168.5.1\n' | lab_config laptop
check "the configuration is read again" lab_exec laptop autotunnel reload
check_soon "gateway = 192.168.5.1: the mapping there counts" 3 outside_is 11.22.33.5:40002
check_soon "and the default router's is deleted" 3 eval '[ -z "$(lab_mappings home)" ]'

# ---- IPv6 only ----
ip -n laptop link set eth1 down
ip -n laptop addr del 192.168.1.10/24 dev eth0
check_soon "without IPv4: no mapping is asked for" 3 map_is .mapping.reason 'not asked for: there is no IPv4 network'
check "the hole in the IPv6 firewall stays" map_is '.others[0].state' up
check "and nft shows it" eval 'lab_pinholes home | grep "dport 40002"'
