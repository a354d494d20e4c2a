#!/bin/bash
# An UPDATE captured on the way and sent again is refused, although its signature is good and its
# time not over: the epoch it demands has passed.  Also after a clean stop, and also the first one,
# which demands that there be no epoch yet.
#
#    laptop .5 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named

lab_internet
lab_ns
lab_host laptop internet 5
lab_account bind laptop

LAB_SNAPLEN=2000 lab_capture wire dst host $LAB_NS and udp port 53
lab_daemon laptop
check_soon "laptop publishes" 20 lab_is_published laptop
lab_capture_stop wire

# The UDP payloads as hex, one a line, of messages with opcode 5 (UPDATE) that add something.
updates() {
	tcpdump -n -x -r $LAB/pcap/wire.pcap 2>/dev/null | awk '
		/^[0-9]/ { if (hex != "") print hex; hex = "" }
		/^\t/ { for (i = 2; i <= NF; i++) hex = hex $i }
		END { print hex }' | cut -c 57- | awk 'substr($0, 5, 1) == "2" && substr($0, 17, 4) != "0000"'
}

send() {
	sed 's/../\\x&/g' <<<"$1" | { read -r bytes; lab_exec laptop bash -c \
		"printf '$bytes' >/tmp/update; exec 5<>/dev/udp/$LAB_NS/53; cat /tmp/update >&5
		timeout 3 head -c 4 <&5 | od -An -tx1"; }
}

updates >$LAB/updates
check "there is an UPDATE in the capture" test -s $LAB/updates
before=$(lab_dig laptop "_autotunnel._udp.laptop.$LAB_DOMAIN" TXT)
serial=$(lab_serial)
replay_all() {
	local update answer

	while read -r update; do
		answer=$(send "$update" | tr -d ' ')
		# NXRRSET: that epoch is over.  YXRRSET: it demanded that there be none yet.
		check "sent again $1, it is refused" eval \
			'[[ "${answer: -1}" == [78] ]] || { echo "$answer"; false; }'
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
