#!/bin/bash
# Each process killed with SIGKILL while packets flow: natpmp and dnsupdate lose none, ipsec comes
# back by itself, the manager's death ends all and its return heals all.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named

lab_pair bind
lab_daemon laptop nas
lab_ready laptop nas
check "the tunnel comes up" lab_ping laptop nas

# A new process for the worker, other than $3.
is_back() {
	local now

	now=$(lab_worker "$1" "$2") && [ "$now" != 0 ] && [ "$now" != "$3" ] && kill -0 "$now"
}

flow_start() {
	lab_start laptop flow ping -6 -i 0.05 -w 30 "nas.$LAB_DOMAIN"
	lab_wait_until 5 grep -q 'icmp_seq=3 ' "$(lab_log laptop flow)"
}

# Prints how many packets were lost.
flow_stop() {
	lab_stop laptop flow INT || :
	lab_lost laptop flow
	rm -f "$(lab_log laptop flow)"
}

for worker in natpmp dnsupdate; do
	for host in laptop nas; do
		pid=$(lab_worker $host $worker)
		flow_start
		kill -KILL "$pid"
		check_soon "$host: $worker is back" 10 is_back $host $worker "$pid"
		check_equal "$host: no packet was lost" 0 "$(flow_stop)"
		check "$host: the tunnel stayed" lab_is_up laptop nas
	done
done
check_soon "laptop's mapping stands" 10 eval '[ "$(lab_status laptop .mapping.state)" = up ]'
check_soon "laptop's records stand" 20 lab_is_published laptop

for host in nas laptop; do
	pid=$(lab_worker $host ipsec)
	kill -KILL "$pid"
	check_soon "$host: ipsec is back" 10 is_back $host ipsec "$pid"
	check_soon "$host: packets flow again by themselves" 20 lab_ping laptop nas
done

workers="$(lab_worker nas natpmp) $(lab_worker nas dnsupdate) $(lab_worker nas ipsec)"
check "nas: the manager is killed" eval 'lab_daemon_stop nas KILL; true'
check_soon "its workers end" 5 eval '! kill -0 $workers'
check_soon "its interface is gone" 5 eval '! lab_exec nas ip link show at0'
lab_daemon nas
check_soon "nas comes back and packets flow" 30 lab_ping laptop nas
