#!/bin/bash
# From the start of the port-mapping worker to a usable mapping in the router, where the method is
# known from last time and where it is not, beside natpmpc and upnpc; and from a restarted router's
# readiness to the mapping made again.
#
#    laptop 192.168.1.10 ── home .2 (miniupnpd: all three protocols) ──┐  Internet
#    nas    192.168.2.10 ── office .3 (UPnP only) ─────────────────────┘
export LAB_PLAIN=1
BENCH_SUBJECTS=
. "${0%/*}/lib.sh"
lab_require nft miniupnpd natpmpc upnpc
cp "$AT_BUILD/tests/netns/natpmp_drive" $LAB/natpmp_drive
mkfifo $LAB/fifo

# Looks every few milliseconds, so that not the waiting of the test is measured.
until_it() {
	local end=$((SECONDS + 10))

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || lab_die "not within 10 s: $*"
		sleep 0.003
	done
}

# ours HOST NET KNOWN: a worker's start, its first wish, the mapping.
ours() {
	local start

	start=$(lab_now_ms)
	lab_start "$1" worker $LAB/natpmp_drive $LAB/fifo nobody
	echo "want 1 192.168.$2.1 192.168.$2.10:4500 7 3600 0 $3" >$LAB/fifo
	until_it grep -q '^1: up' "$(lab_log "$1" worker)"
	echo $(($(lab_now_ms) - start))
	echo quit >$LAB/fifo
	until_it lab_is_gone "$(lab_pid "$1" worker)"
	rm -f "$(lab_log "$1" worker)"
}

# theirs HOST COMMAND...: until the command has done it.
theirs() {
	local host=$1 start
	shift

	start=$(lab_now_ms)
	lab_exec "$host" "$@" >/dev/null 2>&1 || lab_die "failed: $*"
	echo $(($(lab_now_ms) - start))
}

empty() {
	[ -z "$(lab_mappings "$1")" ]
}

lab_internet
lab_nat home 11.22.33.2 192.168.1.1/24
lab_nat office 11.22.33.3 192.168.2.1/24 upnp
lab_host laptop home
lab_host nas office
lab_exec laptop ip route add 239.0.0.0/8 dev eth0 # upnpc needs it
lab_exec nas ip route add 239.0.0.0/8 dev eth0
all="start to mapping, router speaks all"
upnp="start to mapping, router speaks UPnP only"
for ((run = 0; run < BENCH_RUNS; run++)); do
	bench_value "$all" ms autotunnel "$(ours laptop 1 2)"
	until_it empty home
	bench_value "$all" ms "not known" "$(ours laptop 1 0)"
	until_it empty home
	bench_value "$all" ms natpmpc "$(theirs laptop natpmpc -g 192.168.1.1 -a 4500 4500 udp 3600)"
	theirs laptop natpmpc -g 192.168.1.1 -a 4500 4500 udp 0 >/dev/null
	bench_value "$all" ms upnpc "$(theirs laptop upnpc -e x -a 192.168.1.10 4500 4500 UDP 3600)"
	theirs laptop upnpc -d 4500 UDP >/dev/null
	bench_value "$upnp" ms autotunnel "$(ours nas 2 4)"
	until_it empty office
	bench_value "$upnp" ms "not known" "$(ours nas 2 0)"
	until_it empty office
	bench_value "$upnp" ms upnpc "$(theirs nas upnpc -e x -a 192.168.2.10 4500 4500 UDP 3600)"
	theirs nas upnpc -d 4500 UDP >/dev/null
done

# natpmpc and upnpc are asked once and do not come back: there is nothing to compare with.
lab_start laptop worker $LAB/natpmp_drive $LAB/fifo nobody
echo "want 1 192.168.1.1 192.168.1.10:4500 7 3600 0 0" >$LAB/fifo
until_it grep -q '^1: up' "$(lab_log laptop worker)"
for ((run = 0; run < BENCH_RUNS; run++)); do
	lab_reboot_nat home
	lab_start home miniupnpd miniupnpd -d -f /etc/miniupnpd.conf -P /run/miniupnpd.pid
	until_it lab_exec home sh -c "ss -Hlun | grep -q :5351"
	start=$(lab_now_ms)
	until_it eval '! empty home'
	bench_value "router ready again to mapping" ms autotunnel $(($(lab_now_ms) - start))
	sleep 1.2 # announcements are heeded once a second
done
