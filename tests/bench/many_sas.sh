#!/bin/bash
# Many peers at work at once: UDP to 1, 10, 100 and 1000 of them in turn, each with SAs of its own, through
# real devices and sockets.  Prints a table; for curves.sh.
#
#	sender 11.22.33.5 ── one wire ── 11.22.33.6 receiver, with the addresses of all peers
#
# The data plane alone (esp_drive), fixed keys.  Sender, receiver and both planes share the processors.
LAB_PLAIN=1
. "${0%/*}/../netns/lab.sh"
lab_require ethtool

seconds=${BENCH_SECONDS:-3} rounds=${BENCH_RUNS:-3}
first=fd01:203:405::1:0
for program in netns/esp_drive bench/many_flows; do
	cp "$AT_BUILD/tests/$program" $LAB/ || lab_die "make check builds $program; run it first"
done
lab_internet
lab_host sender internet 5
lab_host receiver internet 6

# drive HOST a|b REMOTE PEERS
drive() {
	: >"$(lab_log "$1" drive)"
	lab_start "$1" drive $LAB/esp_drive -n "$4" "$2" 4500 "$3"
	lab_wait_until 5 grep -q ready "$(lab_log "$1" drive)" || lab_die "esp_drive does not start"
	ip -n "$1" link set dev at0 mtu 1438 txqueuelen 2000 addrgenmode none
	ip -n "$1" addr add "fd01:203:405::$2/48" dev at0 nodad
	ip -n "$1" link set dev at0 up
}

cpu_ns() {
	cat "/proc/$(lab_pid "$1" drive)"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
}

# measure PEERS SIZE: prints PEERS, SIZE, thousand packets a second that came, ns of the sender's
# plane and of the receiver's for each of these.
measure() {
	local peers=$1 size=$2 cpu_a cpu_b got addresses

	lab_start receiver sink $LAB/many_flows receive
	lab_wait_until 5 lab_exec receiver sh -c "ss -Hlun 'sport = :9' | grep -q ." ||
		lab_die "many_flows does not listen"
	cpu_a=$(cpu_ns sender) cpu_b=$(cpu_ns receiver)
	lab_exec sender $LAB/many_flows send $first "$peers" "$size" "$seconds"
	sleep 0.3
	cpu_a=$(($(cpu_ns sender) - cpu_a)) cpu_b=$(($(cpu_ns receiver) - cpu_b))
	lab_stop receiver sink
	read -r got addresses <"$(lab_log receiver sink)"
	[ "$addresses" = "$peers" ] || lab_die "$addresses of $peers peers had something"
	awk -v p="$peers" -v s="$size" -v n="$got" -v t="$seconds" -v a="$cpu_a" -v b="$cpu_b" \
		'BEGIN { printf "%d %d %.1f %.0f %.0f\n", p, s, n / t / 1e3, a / n, b / n }'
	rm -f "$(lab_log receiver sink)"
}

for ((round = 0; round < rounds; round++)); do
	for peers in 1 10 100 1000; do
		drive receiver b 11.22.33.5 "$peers"
		drive sender a 11.22.33.6 "$peers"
		ip -n receiver -6 route replace local $first/112 dev lo
		lab_exec sender ping -n -q -c 1 -W 2 fd01:203:405::b >/dev/null # brings A's SAs
		for size in 64 1438; do
			measure "$peers" "$size"
		done
		lab_stop sender drive
		lab_stop receiver drive
	done
done >$LAB/values
{
	echo "# peers, octets of the inner packet, thousand packets a second, ns of a packet at the sender's and"
	echo "# at the receiver's plane; medians of $rounds runs of $seconds s"
	sort -n -k 1,1 -k 2,2 -k 3,3 $LAB/values | awk -v rounds="$rounds" '
		{ line[++n] = $0 }
		n == rounds { print line[int((rounds + 1) / 2)]; n = 0 }'
}
