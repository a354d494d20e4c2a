#!/bin/bash
# From the start of both daemons, with no mapping on the NATs and no record of theirs in the zone,
# to the first byte by name: cold.sh bind|knot.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
BENCH_SUBJECTS=autotunnel
. "${0%/*}/lib.sh"
case $1 in
bind) lab_require nft miniupnpd named; server=BIND ;;
knot) lab_require nft miniupnpd knotd; server=Knot ;;
esac

# Looks and sends every 10 ms, so that not the waiting of the test is measured.
first_byte() {
	local end=$((SECONDS + 15))

	until lab_exec laptop getent hosts nas.$LAB_DOMAIN >/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.01
	done
	lab_exec laptop ping -6 -i 0.01 -c 1 -w 10 nas.$LAB_DOMAIN >/dev/null
}

lab_pair "$1"
autotunnel_setup
for ((run = 0; run < BENCH_RUNS; run++)); do
	start=$(lab_now_ms)
	lab_daemon laptop nas
	first_byte || lab_die "no first byte within 15 s"
	ms=$(($(lab_now_ms) - start))
	bench_value "cold start to first byte by name, $server" s autotunnel "$(bench_per $ms 1000 3)"
	autotunnel_stop
	[ -z "$(lab_mappings home)$(lab_mappings office)$(lab_dig laptop at.nas.$LAB_DOMAIN A)" ] ||
		lab_die "something was left behind: the next start would not be a cold one"
done
