#!/bin/bash
# Replay: an UPDATE captured on the way and sent again is refused, although its signature is good and its
# time not over: the epoch it demands has passed.  Also after a clean stop, and also the first one,
# which demands that there be no epoch yet.
#
#    laptop .5 ── Internet ── ns .53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/captured.sh"
lab_require named

lab_internet
lab_ns
lab_host laptop internet 5
lab_account bind laptop

LAB_SNAPLEN=2000 lab_capture wire dst host $LAB_NS and udp port 53
lab_daemon laptop
check_soon "laptop publishes" 20 lab_is_published laptop
lab_capture_stop wire

captured_updates wire >$LAB/updates
check "there is an UPDATE in the capture" test -s $LAB/updates
before=$(lab_dig laptop "_autotunnel._udp.laptop.$LAB_DOMAIN" TXT)
serial=$(lab_serial)
replay_all() {
	local update

	while read -r update; do
		check "sent again $1, it is refused" captured_is_refused laptop "$update"
	done <$LAB/updates
}

replay_all "while it runs"
check_equal "the zone did not change" "$serial" "$(lab_serial)"
check_equal "nor the record" "$before" "$(lab_dig laptop "_autotunnel._udp.laptop.$LAB_DOMAIN" TXT)"

check "the daemon stops" lab_daemon_stop laptop
serial=$(lab_serial)
check "it leaves its epoch" eval \
	"lab_dig laptop _autotunnel._udp.laptop.$LAB_DOMAIN TXT | grep -Eq '\"v=1\" \"e=[0-9]+\" \"x=[0-9]+\"\$'"
replay_all "after its end"
check_equal "the zone did not change" "$serial" "$(lab_serial)"
check_equal "no address came back" "" "$(lab_dig laptop "at.laptop.$LAB_DOMAIN" A)$(
	lab_dig laptop "laptop.$LAB_DOMAIN" AAAA)"
lab_daemon laptop
check_soon "and laptop publishes again" 20 lab_is_published laptop
