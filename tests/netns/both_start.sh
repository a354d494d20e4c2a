#!/bin/bash
# Both ends call each other at the same moment: one tunnel remains, within 200 ms, on both sides
# the same.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named

lab_pair bind
for host in laptop nas; do
	printf '[daemon]\nlog = debug\n[account]\nidle = 3\n' | lab_config $host
done
lab_daemon laptop nas
lab_ready laptop nas

# The SPIs in the ESP packets of one direction, with the times of the first and the last packet.
spis() {
	tcpdump -n -tt -r "$LAB/pcap/$1.pcap" "src host $2 and udp port 4500" 2>/dev/null |
		sed -nE 's/^([0-9.]+) .*ESP\(spi=(0x[0-9a-f]+),seq=.*/\1 \2/p' |
		awk '!($2 in first) { first[$2] = $1; order[++n] = $2 } { last[$2] = $1 }
			END { for (i = 1; i <= n; i++) printf "%s %.3f %.3f\n", order[i], first[order[i]], last[order[i]] }'
}

# How long two tunnels were in use side by side, in ms: from the first packet of all to the last
# packet of any SPI but the lasting one.
overlap_ms() {
	spis "$1" "$2" | awk '
		{ if (NR == 1 || $2 < begin) begin = $2; if ($3 > end) { end = $3 } row[NR] = $3 }
		END { for (i = 1; i <= NR; i++) if (row[i] < end && row[i] > over) over = row[i]
			printf "%d\n", over ? (over - begin) * 1000 : 0 }'
}

# jq -e makes false a failure; here it is a value like another.
roles() {
	lab_peer laptop nas '.tunnel.initiator | tostring'
	lab_peer nas laptop '.tunnel.initiator | tostring'
}

for round in 1 2 3 4 5; do
	check_soon "round $round: no tunnel" 30 eval 'lab_is_idle laptop nas && lab_is_idle nas laptop'
	lab_capture "round$round" udp port 4500
	lab_start laptop flow ping -6 -i 0.05 -c 30 -W 3 "nas.$LAB_DOMAIN"
	lab_start nas flow ping -6 -i 0.05 -c 30 -W 3 "laptop.$LAB_DOMAIN"
	for host in laptop nas; do
		check_soon "round $round: $host's packets all came back" 10 \
			grep -q '30 received' "$(lab_log $host flow)"
		rm -f "$(lab_log $host flow)"
	done
	lab_capture_stop "round$round"
	for address in 11.22.33.2 11.22.33.3; do
		check_within "round $round: from $address one tunnel after" 200 \
			"$(overlap_ms "round$round" $address)" ms
	done
	check_equal "round $round: one end called, the other was called" "false true" \
		"$(roles | sort | xargs)"
done
