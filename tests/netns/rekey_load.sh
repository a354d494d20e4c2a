#!/bin/bash
# New ESP keys every ten seconds while the tunnel is full: no packet is lost, TCP does not notice.
# And what the daemon says of its data plane.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named busybox

seconds=${REKEY_SECONDS:-24}
lab_pair bind
for host in laptop nas; do
	printf '[account]\nrekey = 10\n[daemon]\nlog = debug\n[allow]\neveryone = any\n' | lab_config $host
done
lab_daemon laptop nas
lab_ready laptop nas
check "the tunnel comes up" lab_ping laptop nas
ula=$(lab_ula nas)

said() {
	lab_exec laptop autotunnel status -v "$@"
}
check "status -v says what encrypts" eval 'said | grep -E "^esp +(ipsec-mb|OpenSSL) .*GB/s; "'
check_equal "the same for programs" true "$(lab_status laptop '.self.crypto | test("GB/s$")')"
echo "note  $(said | grep '^esp')"

# What anybody can send is counted, too: of an SA that is not there, and cut short.
for garbage in '\xc1\0\0\1\0\0\0\1the IV; and something of 28 octets..' '\xc1\0\0\1'; do
	lab_exec home bash -c "printf '$garbage' >/dev/udp/192.168.1.10/4500"
done
check_soon "status -v says what was lost of no peer" 5 eval \
	'said | grep -E "^lost +[0-9]+ packets? of no peer: .*1 unknown_spi, 1 short"'
check "and metrics" eval \
	'lab_exec laptop autotunnel metrics | grep -qx "autotunnel_dropped_packets_total{reason=\"short\"} 1"'

# keys HOST: how often it got new ones.
keys() {
	grep -c "new ESP keys" "$(lab_log "$1" autotunneld)" || :
}

# The tunnel full, by TCP; and through it a packet each 5 ms that is counted.
lab_start nas sink busybox nc -ll -p 7 -e sh -c 'cat >/dev/null'
lab_wait_until 5 lab_exec nas sh -c 'ss -Hltn | grep -q ":7 "' || lab_die "nc does not listen"
lab_start laptop load bash -c "exec 5<>/dev/tcp/$ula/7; cat /dev/zero >&5"
lab_start laptop flow ping -6 -n -i 0.005 -W 5 $ula
octets() {
	lab_peer laptop nas .tunnel.out_bytes
}
before=$(octets)
stalled=0
for ((i = 0; i < seconds; i += 4)); do
	last=$(octets)
	sleep 4
	[ "$(octets)" -gt $((last + 1000000)) ] || stalled=$((stalled + 1))
done
lab_stop laptop flow INT || :
check "TCP is at work still" kill -0 "$(lab_pid laptop load)"
check_equal "and never stood still" 0 $stalled
lab_stop laptop load || :
changes=$(($(keys laptop) + $(keys nas)))
check "keys were changed, on each side $((changes / 2)) times" test $changes -ge $((seconds / 10))
check_equal "no ping was lost" 0 "$(lab_lost laptop flow)"
sleep 3 # they count every two seconds
for pair in "laptop nas" "nas laptop"; do
	check_equal "$pair: nothing was dropped for want of keys or for old ones" "{}" \
		"$(lab_peer $pair '.tunnel.dropped | del(.device, .send)' | jq -c .)"
done
echo "note  $(($(octets) - before)) octets in $seconds s"

# Packets for a machine that is off: what waits too long is dropped, and it is said why.
lab_daemon_stop nas KILL || :
lab_exec office nft flush chain inet filter prerouting_miniupnpd
check_soon "the tunnel is given up" 60 eval '! lab_is_up laptop nas'
lab_exec laptop ping -6 -n -q -c 300 -i 0.01 -W 1 $ula >/dev/null || :
check_soon "and what waited in vain is counted" 15 eval \
	'said nas | grep -E "lost +[0-9]+ packets: .*[0-9]+ no_tunnel"'
