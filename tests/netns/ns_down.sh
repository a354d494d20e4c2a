#!/bin/bash
# The name server goes away for a while: the tunnel stays, no packet is lost, names go on working, also
# for machines that start meanwhile, status says what is the matter; when it is back, so is all else.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named

lab_pair bind
lab_daemon laptop nas
lab_ready laptop nas
check "the tunnel comes up" lab_ping laptop nas

lab_start laptop flow ping -6 -i 0.2 -w 80 "nas.$LAB_DOMAIN"
lab_ns_stop
check_soon "status says that the server does not answer" 75 \
	eval '[ "$(lab_status laptop .dns.status)" = unreachable ]'
check "the tunnel is up all the same" lab_is_up laptop nas
check "the name still resolves" lab_exec laptop getent hosts nas
lab_stop laptop flow INT || :
check_equal "no packet was lost" 0 "$(lab_lost laptop flow)"

# Whoever starts meanwhile has the others' names and calls them where they were; both at once, too.
lab_daemon_stop laptop KILL || :
lab_daemon laptop
check_soon "laptop is killed and starts: the name resolves" 5 lab_exec laptop getent hosts nas
check_soon "and nas is reached" 10 lab_ping laptop nas
for host in laptop nas; do
	lab_daemon_stop $host KILL || :
done
lab_daemon nas laptop
check_soon "both are, as after a power cut: nas is reached" 10 lab_ping laptop nas

lab_ns_restart
check_soon "the server is heard again" 5 eval '[ "$(lab_status laptop .dns.status)" = ok ]'
check "the tunnel still works" lab_ping laptop nas
