#!/bin/bash
# Hostile LAN: the port-mapping worker, a UPnP router of many faults, a rogue host that
# answers searches in the router's place, forged NAT-PMP packets.
#
#    laptop 192.168.1.10, rogue .66 ── home 192.168.1.1 ── Internet
LAB_PLAIN=1
export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
. "${0%/*}/lab.sh"

for program in natpmp_drive fake_router; do
	cp "${DRIVE:-$AT_BUILD/tests/netns}/$program" $LAB/
done

say() {
	echo "$*" >$LAB/fifo
}

said() {
	grep -E '^[0-9]+: ' "$(lab_log laptop worker)" | tail -n 1 | grep -E -- "$1"
}

not() {
	! "$@"
}

# router MODE [GROUP]: the router at home becomes this one.
router() {
	! lab_running home router || lab_stop home router >/dev/null 2>&1 || :
	rm -f "$(lab_log home router)"
	lab_start home router $LAB/fake_router 192.168.1.1 "$@"
	lab_wait_until 2 grep -q ready "$(lab_log home router)" || lab_die "no router"
}

# wish [PORT]: a new wish instead of the last one.
id=0
wish() {
	[ $id = 0 ] || say drop $id
	id=$((id + 1))
	say want $id 192.168.1.1 192.168.1.10:4500 4 3600 "${1:-0}"
}

# meets MODE SECONDS PATTERN WHAT [PORT]: a wish, with that router, ends in that state.
meets() {
	router "$1"
	wish "${5:-0}"
	check_soon "$4" "$2" said "^$id: $3"
}

asked() {
	grep -c "$1" "$(lab_log home router)"
}

worker_pid() {
	pgrep -P "$(lab_pid laptop worker)"
}

children() {
	pgrep -c -P "$(worker_pid)"
}

# Its pipe in three places, and the connection it makes.
child_is_poor() {
	ls -l /proc/$1/fd
	[ "$(find /proc/$1/fd -lname 'pipe:*' | wc -l)" = 3 ] &&
		[ "$(find /proc/$1/fd -lname 'socket:*' | wc -l)" -le 1 ] &&
		[ "$(find /proc/$1/fd -type l | wc -l)" -le 4 ]
}

lab_internet
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_host laptop home
lab_host rogue home 66
mkfifo $LAB/fifo
lab_start laptop worker $LAB/natpmp_drive $LAB/fifo nobody

# ---- a fair router, its peculiarities ----
meets fair 2 'up by upnp at 11.22.33.7:4500 for 3600' "a plain router maps"
say drop 1
check_soon "and is told to delete" 2 asked '^deleted'
meets permanent 2 'up by upnp at 11.22.33.7:4500 for 0 ' "725: a permanent mapping"
meets same 2 'up by upnp at 11.22.33.7:4500' "724: the same port" 7000
meets busy 3 'refused .*other machines' "718 for ever: refused"
check_equal "after eight ports" 8 "$(asked '^add')"
meets unknown 3 'refused .*knows no external address' "no external address: refused"
meets inner 2 'up by upnp at 10.7.7.2:4500' "behind another NAT: mapped, with what it says"
meets offline 2 'refused .*behind another NAT' "refused, behind another NAT: says so"
lab_exec laptop ip route del default
router fair group
wish
check_soon "a router that hears the group only, without a multicast route" 3 said "^$id: up"

# ---- a hostile one ----
meets liar 3 'refused .*broke it' "an impossible external address is not believed"
meets elsewhere 5 'refused .*another machine' "a description at 127.0.0.1 is not fetched"
meets control 3 'refused .*another machine' "a control URL at another host is not used"
check_equal "nothing was asked of it but the description" 0 "$(asked POST || :)"
lab_start laptop decoy $LAB/fake_router 127.0.0.1 fair
lab_wait_until 2 grep -q ready "$(lab_log laptop decoy)" || lab_die "no decoy"
meets redirect 3 'refused .*no usable description' "a description that has moved is not followed"
check_not "nobody came to where it moved to" grep GET "$(lab_log laptop decoy)"
lab_stop laptop decoy >/dev/null 2>&1 || :
meets bomb 3 'refused .*no usable description' "entities are not expanded"
meets junk 3 'refused .*no usable description' "a toaster is no router"
meets closed 13 'refused .*(too long|no usable)' "a router that says nothing is left"
meets slow 14 'refused .*too long' "one that speaks slowly is left"
meets large 14 'refused .*(too long|no usable)' "one that never ends is left"
check_equal "no child is left over" 0 "$(children || :)"

# ---- a rogue host ----
lab_stop home router >/dev/null 2>&1 || :
lab_start rogue router $LAB/fake_router 192.168.1.66 fair group
lab_wait_until 2 grep -q ready "$(lab_log rogue router)"
wish
check_soon "a rogue host's answer is not heard" 5 said "^$id: silent"
check "though it did answer" grep search "$(lab_log rogue router)"
check_not "nothing was fetched from it" grep GET "$(lab_log rogue router)"

# ---- the worker killed while its child is at work ----
lab_stop rogue router >/dev/null 2>&1 || :
router closed
wish
check_soon "a child is at work" 5 children
child=$(pgrep -P "$(worker_pid)")
check "it holds neither channel nor other descriptors" child_is_poor $child
kill -KILL "$(worker_pid)"
check_soon "it dies with the worker" 1 not kill -0 $child
