#!/bin/bash
# A router that claims somebody else's address as its outside.  The name server sees another one, so
# it is never published, not for a moment, and no peer sends a packet there.
#
#    laptop .10 ── home 192.168.1.1 (a liar) ─── .2 ─┐
#    nas .10 ───── office 192.168.2.1 ────────── .3 ─┤  Internet ── ns .53
#    victim .99 ─────────────────────────────────────┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd
cp "${DRIVE:-$AT_BUILD/tests/netns/fake_gateway}" $LAB/fake_gateway
victim=11.22.33.99

arrived() {
	lab_exec victim nft list table inet count | sed -n 's/.* packets \([0-9]*\).*/\1/p'
}

# What the zone shows of laptop, over and over.
watch_records() {
	while :; do
		lab_dig ns at.laptop.$LAB_DOMAIN A
		sleep 0.05
	done >>"$LAB/seen.txt"
}

lab_internet
lab_ns
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_nat office 11.22.33.3 192.168.2.1/24
lab_host victim internet 99
lab_host laptop home
lab_host nas office
lab_exec victim nft -f - <<-NFT
	table inet count { chain in { type filter hook input priority 0; udp dport != 53 counter; }; }
NFT
lab_start home gateway $LAB/fake_gateway 192.168.1.1 victim
lab_wait_until 2 grep -q ready "$(lab_log home gateway)" || lab_die "no gateway"
LAB_DNSD="" lab_account dnsd laptop nas
watch_records &
watcher=$!
lab_daemon laptop
check_soon "the router maps, it says" 5 eval '[ "$(lab_status laptop .mapping.state)" = up ]'
check_equal "to somebody else's address" $victim "$(lab_status laptop .mapping.external.address)"
lab_daemon nas
lab_ready laptop nas
check_not "nas cannot call laptop" lab_ping nas laptop 5
sleep 2
kill $watcher
check_equal "the name server sees where laptop is" 11.22.33.2 "$(lab_status laptop .mapping.seen.address)"
check_equal "a double NAT, for all we know" double "$(lab_status laptop .mapping.nat)"
check "laptop's records were seen" grep -q 192.168.1.10 "$LAB/seen.txt"
check_not "and never the victim's address among them" grep -q $victim "$LAB/seen.txt"
check_equal "nothing was sent to the victim" 0 "$(arrived)"
check "laptop itself can call" lab_ping laptop nas 5
check_equal "still nothing was sent to the victim" 0 "$(arrived)"

# Who would have sent something would have been counted.
lab_exec nas bash -c "echo x >/dev/udp/$victim/4500"
check_soon "one that is sent there is counted" 2 eval '[ "$(arrived)" = 1 ]'
