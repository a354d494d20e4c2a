#!/bin/bash
# Memory under floods: for a minute each small packets through the tunnel, and garbage at the port
# from a third machine, as fast as it can be sent; meanwhile another machine's tunnel works.
#
#	laptop .5, nas .6, phone .7, stranger .8, all on the Internet
. "${0%/*}/lib.sh"
lab_require named

seconds=${BENCH_FLOOD:-60}
lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host phone internet 7
lab_host stranger internet 8
lab_account bind laptop nas phone
LAB_ALLOW=any lab_daemon laptop nas phone
lab_ready laptop nas phone
lab_start nas iperf3 iperf3 -s
lab_ping laptop nas
lab_ping phone nas

rss() {
	awk '/^VmRSS/ { print $2 / 1000 }' "/proc/$(lab_worker "$1" ipsec)/status"
}

# flood WHAT COMMAND...: the worker's memory before and after, and what phone saw meanwhile.
flood() {
	local what=$1 host lost
	shift

	for host in laptop nas; do
		bench_value "$what: RSS of $host's ESP before" MB autotunnel "$(rss $host)"
	done
	lab_start phone flow ping -6 -n -i 0.05 "$(lab_ula nas)"
	"$@" >/dev/null 2>&1 || :
	lab_stop phone flow INT || :
	lost=$(lab_lost phone flow)
	rm -f "$(lab_log phone flow)"
	for host in laptop nas; do
		bench_value "$what: RSS of $host's ESP after" MB autotunnel "$(rss $host)"
	done
	bench_value "$what: another tunnel's pings lost of $((seconds * 20))" packets autotunnel "$lost"
}

# Once before, so that what is touched is touched.
lab_exec laptop iperf3 -6 -u -l 64 -b 0 -t 3 -c "$(lab_ula nas)" >/dev/null || :
lab_exec laptop iperf3 -6 -t 2 -c "$(lab_ula nas)" >/dev/null
flood "64 octets inside" lab_exec laptop iperf3 -6 -u -l 64 -b 0 -t "$seconds" -c "$(lab_ula nas)"
flood "garbage" lab_exec stranger timeout "$seconds" "$AT_BUILD/tests/bench/esp_garbage" 11.22.33.6 4500
