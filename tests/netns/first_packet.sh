#!/bin/bash
# The first packet to a peer brings the tunnel up and is not lost, and its reply is back within
# 300 ms; an idle tunnel goes away.  Both directions, several rounds.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named

lab_pair bind
for host in laptop nas; do
	printf '[daemon]\nlog = debug\n[account]\nidle = 2\n' | lab_config $host
done
lab_daemon laptop nas
lab_ready laptop nas

for round in 1 2 3; do
	for pair in "laptop nas" "nas laptop"; do
		check_soon "round $round: no tunnel" 20 eval \
			'lab_is_idle laptop nas && lab_is_idle nas laptop'
		check_within "${pair/ / to }: first packet to reply" 300 \
			"$(lab_first_reply_ms $pair)" ms
	done
done
# A connection is a packet that must not be lost either.
lab_sshd nas laptop
check_soon "no tunnel" 20 lab_is_idle laptop nas
check_equal "ssh over no tunnel yet" nas "$(lab_exec laptop ssh nas hostname)"
