#!/bin/bash
# The port-mapping worker and real gateways (miniupnpd, which speaks PCP, NAT-PMP and UPnP): each
# protocol alone and all together, restarts, other addresses, conflicts, refusals, IPv6.
#
#    laptop .10, desk .20 ── home 192.168.1.1, fe80::1 ── .2 ─┐
#    box .10 ── mute 192.168.3.1 (nothing) ─────────── .4 ────┤  Internet
#             └ side 192.168.3.254 (a router beside it) ─ .5 ─┤
#    pc .10 ── inner 192.168.4.1 ── 10.0.0.2 (behind a NAT) ──┘
LAB_PLAIN=1
export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
. "${0%/*}/lab.sh"
lab_require nft miniupnpd
cp "${DRIVE:-$AT_BUILD/tests/netns/natpmp_drive}" $LAB/natpmp_drive

worker() {
	mkfifo "$LAB/$1.fifo"
	lab_start "$1" worker $LAB/natpmp_drive "$LAB/$1.fifo" nobody
	lab_wait_until 3 grep hello "$(lab_log "$1" worker)"
}

say() {
	local host=$1
	shift

	echo "$*" >"$LAB/$host.fifo"
}

# said HOST ID PATTERN: the last state of that mapping.
said() {
	grep -E "^$2: " "$(lab_log "$1" worker)" | tail -n 1 | grep -E -- "$3"
}

# Lines of conversation, in all.
exchanges() {
	grep -cE '^    [<>]' "$(lab_log "$1" worker)" || :
}

mapped() {
	lab_mappings "$1" | grep -E " dport $2 dnat ip to $3\$"
}

not() {
	! "$@"
}

# want HOST METHODS [KNOWN]: the tunnel's port; drop the last one.
id=0
want() {
	[ $id = 0 ] || say "$1" drop $id
	id=$((id + 1))
	say "$1" want $id "${gateway:-192.168.1.1}" "${own:-192.168.1.10}:4500" "$2" 3600 0 "${3:-0}"
}

# outside NAT FROM TO: its external address becomes another one.
outside() {
	ip -n "$1" addr del "11.22.33.$2/24" dev wan
	ip -n "$1" addr add "11.22.33.$3/24" dev wan
	ip -n "$1" route add default via 11.22.33.1
}

lab_internet
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_host laptop home
lab_host desk home 20
lab_ip6 home 2a00:1:1 laptop desk
lab_miniupnpd home both
worker laptop

# ---- each alone, and all together ----
for method in 2:pcp 1:natpmp 4:upnp 7:pcp; do
	want laptop "${method%:*}"
	check_soon "methods ${method%:*}: mapped by ${method#*:}" 2 said laptop $id \
		"up by ${method#*:} at 11.22.33.2:4500 for 3600"
	check "nft shows it" mapped home 4500 192.168.1.10:4500
	say laptop drop $id
	check_soon "and it is deleted" 2 not mapped home 4500 192.168.1.10:4500
done
before=$(exchanges laptop)
want laptop 7 2
check_soon "a known method: up" 1 said laptop $id 'up by pcp'
sleep 0.7
check_equal "with one question and one answer" $((before + 2)) "$(exchanges laptop)"

# ---- IPv6 ----
link=$(lab_exec laptop cat /sys/class/net/eth0/ifindex)
say laptop want 90 "fe80::1%$link" "[2a00:1:1::10]:4500" 7 3600 0
check_soon "IPv6: a hole in the firewall" 2 said laptop 90 'up by pcp at \[2a00:1:1::10\]:4500 for 3600'
check "nft shows it" eval 'lab_pinholes home | grep "dport 4500"'

say laptop want 91 "fe80::1%$link" "[2a00:1:1::10]:4600" 4 3600 0 0 192.168.1.1 192.168.1.10
check_soon "IPv6 by UPnP: another hole" 2 said laptop 91 'up by upnp at \[2a00:1:1::10\]:4600 for 3600'
check "nft shows it" eval 'lab_pinholes home | grep "dport 4600"'
say laptop drop 91
check_soon "and it is closed" 2 eval '! lab_pinholes home | grep "dport 4600"'

# ---- the router restarts; nobody tells the worker ----
for method in 2:pcp 1:natpmp; do
	want laptop "${method%:*}"
	check_soon "${method#*:}: up" 2 said laptop $id "up by ${method#*:}"
	lab_reboot_nat home
	check "the router has forgotten" not mapped home 4500 192.168.1.10:4500
	lab_miniupnpd home both
	check_soon "made again after its announcement" 2 mapped home 4500 192.168.1.10:4500
	check_not "it never stopped being up" said laptop $id 'asking|silent|refused'
done
check_soon "the hole in the IPv6 firewall as well" 2 eval 'lab_pinholes home | grep "dport 4500"'
say laptop drop 90
check_soon "and it is closed when dropped" 2 eval '[ -z "$(lab_pinholes home)" ]'

# ---- the router's outside changes ----
for method in 2:pcp 1:natpmp; do
	want laptop "${method%:*}"
	check_soon "${method#*:}: up" 2 said laptop $id "up by ${method#*:} at 11.22.33.2:4500"
	outside home 2 77
	check_soon "another address is noticed" 3 said laptop $id "up by ${method#*:} at 11.22.33.77:4500"
	outside home 77 2
	check_soon "and back" 3 said laptop $id "up by ${method#*:} at 11.22.33.2:4500"
done

# ---- somebody else has the port ----
worker desk
say laptop drop $id
check_soon "nothing stands" 2 eval '[ -z "$(lab_mappings home)" ]'
for method in 2:pcp 1:natpmp 4:upnp; do
	say desk want 1 192.168.1.1 192.168.1.20:4500 "${method%:*}" 3600 0
	check_soon "desk has it by ${method#*:}" 2 said desk 1 "up by ${method#*:} at 11.22.33.2:4500"
	want laptop "${method%:*}"
	check_soon "laptop gets another port" 3 said laptop $id "up by ${method#*:} at 11.22.33.2:4501"
	check "nft shows it" mapped home 4501 192.168.1.10:4500
	say desk drop 1
	say laptop drop $id
	check_soon "both deleted" 2 eval '[ -z "$(lab_mappings home)" ]'
done

# ---- policy ----
# By UPnP only: asked by PCP or NAT-PMP for a port it forbids, miniupnpd 2.3.1 tries all others, one
# by one, and answers nobody meanwhile.
say laptop want 50 192.168.1.1 192.168.1.10:800 4 3600 0
check_soon "a port that the router forbids: refused" 4 said laptop 50 'refused .*(forbids|refused|other machines)'
say laptop drop 50

# ---- other protocols than yesterday ----
lab_stop home miniupnpd || :
lab_miniupnpd home upnp
want laptop 7 2
check_soon "PCP worked yesterday, UPnP is what there is today" 2 said laptop $id 'up by upnp at 11.22.33.2:4500'
lab_reboot_nat home
lab_miniupnpd home upnp
check_soon "it restarts, and announces itself by UPnP: made again" 2 mapped home 4500 192.168.1.10:4500
lab_stop home miniupnpd || :
lab_miniupnpd home both
check_soon "and gives way when PCP is back and says so" 4 said laptop $id 'up by pcp at 11.22.33.2:4500'
check_equal "one mapping stands" 1 "$(lab_mappings home | wc -l)"

# ---- a router beside the default router; none at all ----
lab_nat mute 11.22.33.4 192.168.3.1/24 none
lab_host box mute
lab_nat side 11.22.33.5 192.168.3.254/24 none
ip link add mute netns side type veth peer name side netns mute
ip -n mute link set side master lan up
ip -n side link set mute master lan up
lab_miniupnpd side both
worker box
own=192.168.3.10 gateway=192.168.3.1 want box 7
check_soon "a default router that speaks nothing is silent" 5 said box $id 'silent .*does not answer PCP, NAT-PMP or UPnP'
own=192.168.3.10 gateway=192.168.3.254 want box 7
check_soon "another router, that is named, maps" 2 said box $id 'up by pcp at 11.22.33.5:4500'
check "nft shows it" mapped side 4500 192.168.3.10:4500

# ---- a NAT behind a NAT ----
lab_nat inner 11.22.33.6 192.168.4.1/24 none
ip -n inner addr replace 10.0.0.2/24 dev wan
ip -n inner addr del 11.22.33.6/24 dev wan
lab_host pc inner
lab_miniupnpd inner both
worker pc
own=192.168.4.10 gateway=192.168.4.1 want pc 7
check_soon "a router that is behind another NAT refuses, and it is called by its name" 5 \
	said pc $id 'refused .*behind another NAT'

# ---- nothing leaks ----
# The channel, the loop's own, and the ears: 224.0.0.1 and ff02::1 on one link.
descriptors() {
	find "/proc/$(pgrep -P "$(lab_pid laptop worker)")/fd" -type l | wc -l
}
say laptop drop $id
sleep 2.5
idle=$(descriptors)
for ((i = 100; i < 112; i++)); do
	say laptop want $i 192.168.1.1 192.168.1.10:$((4400 + i)) 7 3600 0
done
check_soon "twelve mappings at a time" 10 eval '[ "$(lab_mappings home | wc -l)" = 12 ]'
check "as many descriptors as before, and those in use" test "$(descriptors)" -le $((idle + 4))
for ((i = 100; i < 112; i++)); do
	say laptop drop $i
done
check_soon "all deleted" 5 eval '[ -z "$(lab_mappings home)" ]'
sleep 2.5
check_equal "no descriptor is left over" $idle "$(descriptors)"

# ---- the end ----
say laptop quit
check_soon "QUIT deletes all" 3 eval '[ -z "$(lab_mappings home)$(lab_pinholes home)" ]'
