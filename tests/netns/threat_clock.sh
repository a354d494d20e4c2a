#!/bin/bash
# Wrong clock: of a machine that starts without one, of the name server, or moved by somebody who can.
# Tunnels neither need it nor end by it, status names the difference, nothing is published with a wrong time, and a
# captured update does not come to count again when the server's clock is set back.
#
#    laptop .5, nas .6 ── Internet ── ns .53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/captured.sh"
lab_require named

# at OFFSET: what to put before a command whose wall clock is to be so many seconds off; its other clocks
# go on as they do.
at() {
	WITH=(env "LD_PRELOAD=$LAB/shift_clock.so" "SHIFT_CLOCK=$1")
}

# server_at OFFSET
server_at() {
	lab_ns_stop
	at "$1"
	lab_ns_start "$LAB_NS_ZONE" "${WITH[@]}" "${named[@]}"
}

# daemon_at HOST OFFSET
daemon_at() {
	at "$2"
	LAB_STAMP=1 lab_start "$1" autotunneld "${WITH[@]}" autotunneld -f
}

refused() {
	lab_status "$1" .dns.reason | grep -E "$2"
}

year=31536000
cp "$AT_BUILD/tests/shift_clock.so" $LAB/
chmod 755 $LAB $LAB/shift_clock.so
lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_account bind laptop nas
named=("${LAB_NS_COMMAND[@]}")
LAB_SNAPLEN=2000 lab_capture wire dst host $LAB_NS and src host 11.22.33.5 and udp port 53
lab_daemon laptop nas
lab_ready laptop nas
check "laptop reaches nas" lab_ping laptop nas
lab_capture_stop wire

# The server's clock.
server_at +3600
check_soon "the server is an hour ahead: status says by how much" 30 refused laptop \
	'clock is 3[56][0-9][0-9] s behind the name server'
check "the tunnel stands" lab_ping laptop nas
server_at 0
check_soon "it is right again: published without being told" 70 eval \
	'[ "$(lab_status laptop .dns.status)" = ok ]'

# Set back to the moment of the capture, which the signatures then fit.
check "laptop stops" lab_daemon_stop laptop
captured_updates wire >$LAB/updates
check "there are UPDATEs in the capture" test -s $LAB/updates
server_at -5
serial=$(lab_serial)
while read -r update; do
	check "sent again with the clock set back, it is refused" captured_is_refused laptop "$update"
done <$LAB/updates
check_equal "the zone did not change" "$serial" "$(lab_serial)"
server_at 0

# A machine without a battery: it is enrolled, and it is 2021 or so.
daemon_at laptop -$((5 * year))
check_soon "five years behind: status says so" 30 refused laptop 'clock is 1576[0-9]* s behind'
check_soon "whom it knew it reaches all the same" 20 lab_ping laptop nas
check "and is reached" lab_ping nas laptop
check_equal "nothing is published with that time" "" "$(lab_dig nas "laptop.$LAB_DOMAIN" AAAA)"
# Nobody at home knows better, as after a power cut without the Internet.
check "nas stops" lab_daemon_stop nas
server_at -$((5 * year))
daemon_at nas -$((5 * year))
check_soon "all are five years behind: laptop has published without being told" 70 lab_is_published laptop
check_soon "and they reach each other" 20 lab_ping laptop nas
check "laptop stops" lab_daemon_stop laptop
check "nas stops" lab_daemon_stop nas
server_at 0
lab_daemon nas
check_soon "nas is back in the present: published" 20 lab_is_published nas

# Years ahead certificates end, which is as it should be; the others do not mind.
daemon_at laptop +$((12 * year))
check_soon "twelve years ahead: status says so" 30 refused laptop 'clock is 378[0-9]* s ahead of'
check "it stops" lab_daemon_stop laptop
lab_daemon laptop
check_soon "the right time: published" 20 lab_is_published laptop
check "laptop reaches nas" lab_ping laptop nas
