#!/bin/bash
# An idle tunnel is ended while the peer cannot be reached and forgets it; when it can be reached again, it is
# called at once: nobody waits for the answer to the good-bye, which was repeated for 12 s.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named

lab_pair bind
printf '[account]\nidle = 6\n[daemon]\nlog = debug\n' | lab_config laptop
lab_daemon laptop nas
lab_ready laptop nas
check "the tunnel comes up" lab_ping laptop nas
lab_exec home nft -f - <<-'NFT'
	table inet wall {
		chain out { type filter hook forward priority 0; udp dport 4500 drop; }
	}
NFT
check_soon "nothing uses it: it is ended, unheard" 10 lab_is_idle laptop nas
kill -KILL "$(lab_worker nas ipsec)"
check_soon "the peer forgets it" 5 eval '! lab_is_up nas laptop && [ "$(lab_worker nas ipsec)" -gt 0 ]'
lab_exec home nft delete table inet wall
check "the next packet has its reply within two seconds" \
	lab_exec laptop ping -6 -c 1 -W 2 "nas.$LAB_DOMAIN"
