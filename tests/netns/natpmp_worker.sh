#!/bin/bash
# The port-mapping worker alone, in its sandbox, with real routers: miniupnpd with NAT-PMP, with
# UPnP only, with none.  natpmp_drive plays the manager.
#
#    laptop 192.168.1.10 ── home .2 (both, restarted) ──┐
#    nas    192.168.2.10 ── office .3 (UPnP only) ──────┤  Internet
#    box    192.168.3.10 ── mute .4 (nothing) ──────────┘
LAB_PLAIN=1
export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
. "${0%/*}/lab.sh"
lab_require nft miniupnpd

drive=$LAB/natpmp_drive
cp "${DRIVE:-$AT_BUILD/tests/netns/natpmp_drive}" $drive

# worker HOST: start one; then say HOST COMMAND..., said HOST PATTERN.
worker() {
	mkfifo "$LAB/$1.fifo"
	lab_start "$1" worker $drive "$LAB/$1.fifo" nobody
}

say() {
	local host=$1
	shift

	echo "$*" >"$LAB/$host.fifo"
}

# The last state is this one.
said() {
	grep -E '^[0-9]+: ' "$(lab_log "$1" worker)" | tail -n 1 | grep -E -- "$2"
}

mapped() {
	lab_mappings "$1" | grep -E " dport $2 dnat ip to $3\$"
}

asked_twice() {
	[ "$(grep -c "request : $2->$3 udp lifetime=60s" "$(lab_log "$1" miniupnpd)")" -ge 2 ]
}

not() {
	! "$@"
}

unmapped() {
	[ -z "$(lab_mappings "$1")" ]
}

# The worker says nothing about being killed by its sandbox; this does.
ended_well() {
	grep -F 'worker ended with 0 ' "$(lab_log "$1" worker)"
}

lab_internet
lab_nat home 11.22.33.2 192.168.1.1/24
lab_nat office 11.22.33.3 192.168.2.1/24 upnp
lab_nat mute 11.22.33.4 192.168.3.1/24 none
lab_host laptop home
lab_host nas office
lab_host box mute
for host in laptop nas box; do
	worker $host
	check_soon "$host: worker locked in" 2 grep "hello with features 3" "$(lab_log $host worker)"
done

# ---- NAT-PMP ----
say laptop want 1 192.168.1.1 192.168.1.10:4500 5 3600 0
check_soon "NAT-PMP maps at once" 1 \
	said laptop 'up by natpmp at 11.22.33.2:4500 for 3600 renews in 1800 \[\]'
check "nft shows it" mapped home 4500 192.168.1.10:4500
say laptop want 2 192.168.1.1 192.168.1.10:5000 1 60 6000
check_soon "a second mapping, at the port asked for" 1 \
	said laptop '2: up by natpmp at 11.22.33.2:6000 for 60 renews in 30'
check "nft shows it" mapped home 6000 192.168.1.10:5000

# ---- UPnP ----
say nas want 7 192.168.2.1 192.168.2.10:4500 5 3600 0
check_soon "UPnP where NAT-PMP is silent" 6 \
	said nas 'up by upnp at 11.22.33.3:4500 for 3600 renews in 600 \[\]'
check "nft shows it" mapped office 4500 192.168.2.10:4500
lab_host thief office 20
worker thief
say thief want 1 192.168.2.1 192.168.2.20:4500 4 3600 0
check_soon "718: the next port" 6 said thief 'up by upnp at 11.22.33.3:4501'
check "nft shows it" mapped office 4501 192.168.2.20:4500
say thief quit
check_soon "QUIT ends the worker" 3 ended_well thief
check "its UPnP mapping is deleted" not mapped office 4501 192.168.2.20:4500

lab_stop office miniupnpd || :
lab_miniupnpd office both
say nas want 7 192.168.2.1 192.168.2.10:4500 5 3600 0
check_soon "NAT-PMP takes over when it appears" 5 said nas 'up by natpmp at 11.22.33.3:4500'
check "nft shows it" mapped office 4500 192.168.2.10:4500

# ---- nothing ----
say box want 3 192.168.3.1 192.168.3.10:4500 5 3600 0
check_soon "a router that speaks neither is silent" 8 \
	said box 'silent by none at none .*forward UDP port 4500 by hand'
lab_miniupnpd mute natpmp
say box want 3 192.168.3.1 192.168.3.10:4500 5 3600 0
check_soon "asked again: up at once" 2 said box 'up by natpmp at 11.22.33.4:4500'

# ---- renewal and restart, on the first router again ----
check_soon "renewed by itself at half its life" 35 asked_twice home 6000 192.168.1.10:5000
say laptop drop 2
check_soon "dropped: deleted in the router" 2 not mapped home 6000 192.168.1.10:5000
check "the other one stays" mapped home 4500 192.168.1.10:4500
lab_reboot_nat home
check "the router has forgotten" unmapped home
lab_miniupnpd home both
say laptop want 1 192.168.1.1 192.168.1.10:4500 5 3600 0
check_soon "epoch: mapped again within 5 s" 7 mapped home 4500 192.168.1.10:4500
check_not "it never stopped being up" grep -E '^1: (silent|refused)' "$(lab_log laptop worker)"

# ---- the end ----
say laptop quit
check_soon "QUIT ends the worker" 3 ended_well laptop
check "its mapping is deleted" unmapped home
say nas vanish
check_soon "the manager's death ends the worker" 3 ended_well nas
check "its mapping is deleted" unmapped office
lab_stop mute miniupnpd KILL || :
say box quit
check_soon "a dead router does not hold it back" 3 ended_well box
