#!/bin/bash
# Both daemons run and no tunnel is up: how long the first packet waits for its reply.  ping's own
# clock, so neither the start of ping nor the name counts.  tinc has no such state, and strongSwan's
# user-space ESP does not start a tunnel by itself.
BENCH_CONFIG='[account]\nidle = 1\n'
case " $BENCH_SUBJECTS " in
*" wireguard "*) BENCH_SUBJECTS="autotunnel wireguard" ;;
*) BENCH_SUBJECTS=autotunnel ;;
esac
. "${0%/*}/lib.sh"

bench_pair
for subject in "${SUBJECTS[@]}"; do
	"${subject}_start"
done
for ((run = 0; run < BENCH_FIRST; run++)); do
	lab_wait_until 30 eval 'lab_is_idle laptop nas && lab_is_idle nas laptop' ||
		lab_die "the tunnel does not go away"
	sleep 2 # the tunnels' last words have been said
	bench_value "first packet to its reply, no tunnel yet" ms autotunnel \
		"$(bench_ping_ms laptop "$(autotunnel_address nas)")"
	[ ${#SUBJECTS[@]} -gt 1 ] || continue
	wireguard_down
	bench_value "first packet to its reply, no tunnel yet" ms wireguard \
		"$(bench_ping_ms laptop "$(wireguard_address nas)")"
done
