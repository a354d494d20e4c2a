#!/bin/bash
# Every server by every transport it has: publish, change, an attacker who sends old updates again,
# a server killed and started again, refresh, withdrawal, a wrong key, a wrong clock.  The DNS worker
# alone, in its sandbox; dns_drive plays the manager.
#
#    one worker for each cell ── Internet ── dnsd .60, bind .61, knot .62, powerdns .63
. "${0%/*}/lab.sh"
lab_require named knotd pdns_server dig tshark openssl

cells=(dnsd-udp dnsd-tcp dnsd-tls bind-udp bind-tcp bind-tls knot-udp knot-tcp powerdns-udp powerdns-tcp)
lease=20 # refreshed after 16 s
. "$LAB_DIR/lib/dns_cells.sh"

# ---- the rows ----

row_publish() {
	check_soon "$1: published" 5 said "$1" "ok published=1 withdrawn=0 epoch=[0-9]+ .*via=${1#*-} "
	check "$1: the records stand" at_port "$1" 4501
	check "$1: and the ULA" has "$1" "$1.$domain" AAAA '^fd12:3456:789a::1$'
	case $1 in
	dnsd-*) check "$1: with a lease" said "$1" "lease=$lease " ;;
	*) check "$1: without a lease" said "$1" 'lease=0- ' ;;
	esac
}

row_change() {
	check_soon "$1: changed" 5 at_port "$1" 4777
}

# What the cell sent to its server with opcode 5, payloads as hex, one a line.
updates() {
	tshark -n -r $LAB/pcap/wire.pcap -d tcp.port==53,dns -Y "ip.src == $(address_of "$1") && dns.flags.opcode == 5 &&
		dns.flags.response == 0" -T fields -e udp.payload -e tcp.payload 2>/dev/null | tr -d ':\t' | grep .
}

stream() {
	tshark -n -r $LAB/pcap/wire.pcap -Y "ip.src == $(address_of "$1") && tcp.dstport == 853 && tcp.len > 0" \
		-T fields -e tcp.payload 2>/dev/null | tr -d ':\t\n'
}

address_of() {
	local i

	for i in "${!cells[@]}"; do
		[ "${cells[$i]}" != "$1" ] || echo "11.22.33.$((100 + i))"
	done
}

# send PROTOCOL ADDRESS PORT HEX
send() {
	local bytes

	bytes=$(sed 's/../\\x&/g' <<<"$4")
	lab_exec mallory bash -c "printf '$bytes' >/tmp/bytes; exec 5<>/dev/$1/$2/$3; cat /tmp/bytes >&5
		timeout 0.3 cat <&5 | od -An -tx1" || :
}

row_replay() {
	local server=${1%-*} transport=${1#*-} update count=0

	if [ "$transport" = tls ]; then
		check_not "$1: nothing to be read on the way" eval "stream $1 | xxd -r -p | grep -qa autotunnel"
		check "$1: the connection's octets, sent again" eval "[ -n \"\$(stream $1)\" ] &&
			send tcp ${address[$server]} 853 \"\$(stream $1)\""
	else
		updates "$1" >$LAB/updates
		while read -r update; do
			send "$transport" "${address[$server]}" 53 "$update" >>$LAB/out
			count=$((count + 1))
		done <$LAB/updates
		check "$1: $count captured updates, sent again" [ $count -ge 2 ]
	fi
	check "$1: the old address did not come back" at_port "$1" 4777
}

row_restart() {
	check "$1: nothing acknowledged is lost" at_port "$1" 4777
	publish "$1" 4801
}

row_restart_done() {
	check_soon "$1: published at the server that came back" 5 at_port "$1" 4801
	before[$1]=$(epoch "$1")
}

row_refresh() {
	check_soon "$1: refreshed" 25 epoch_above "$1" "${before[$1]}"
}

row_withdraw() {
	check_soon "$1: withdrawn" 3 said "$1" 'published=0 withdrawn=1'
	check "$1: all is gone" eval "has_not $1 $1.$domain AAAA && has_not $1 at.$1.$domain A &&
		has_not $1 _autotunnel._udp.$1.$domain SRV"
	check "$1: but for the epoch" has "$1" "_autotunnel._udp.$1.$domain" TXT '^"v=1" "e=[0-9]+" "x=[0-9]+"$'
}

row_wrong_key() {
	local says='another secret for the key'

	[ "${1%-*}" != powerdns ] || says='does not know the key'
	check_soon "$1: wrong key: it says so" 15 said "$1" "refused published=0 .*$says"
}

row_wrong_time() {
	local says='clock is 4000 s behind'

	[ "${1%-*}" != powerdns ] || says='does not know the key'
	check_soon "$1: wrong clock: it says so" 15 said "$1" "refused published=0 .*$says"
	check "$1: nothing was written" has_not "$1" "$1.$domain" AAAA
	say "$1" quit
}

# ---- all of them, side by side ----

declare -A before
cells_start
LAB_SNAPLEN=4000 lab_capture wire
each worker
each zone
for cell in "${cells[@]}"; do publish "$cell" 4501; done
each row_publish
for cell in "${cells[@]}"; do publish "$cell" 4777; done
each row_change
lab_capture_stop wire
each row_replay
for server in dnsd bind knot powerdns; do
	lab_stop "$server" dns KILL || :
	run_server "$server"
done
each row_restart
each row_restart_done
each row_refresh
for cell in "${cells[@]}"; do say "$cell" withdraw; done
each row_withdraw
for cell in "${cells[@]}"; do
	zone "$cell" ${secret/0/1}
	publish "$cell" 4901
done
each row_wrong_key
for cell in "${cells[@]}"; do
	lab_stop "$cell" worker || :
	DNS_DRIVE_SKEW=-4000 worker "$cell"
	zone "$cell"
	publish "$cell" 4902
done
each row_wrong_time
