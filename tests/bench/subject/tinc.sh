# tinc 1.0, with keys carried over and port 655 forwarded by hand.  Part of the benchmarks.

tinc_address() {
	case $1 in
	laptop) echo fd78::1 ;;
	nas) echo fd78::2 ;;
	esac
}

tinc_setup() {
	local host other

	for host in laptop nas; do
		lab_exec $host mkdir -p /etc/tinc/bench/hosts
		lab_exec $host sh -c "cat >/etc/tinc/bench/tinc.conf" <<-CONF
			Name = $host
			Device = /dev/net/tun
			Interface = tinc0
			ConnectTo = $(bench_other $host)
		CONF
		lab_exec $host sh -c "cat >/etc/tinc/bench/hosts/$host" <<-CONF
			Address = $(bench_outside $host)
			Subnet = $(tinc_address $host)/128
		CONF
		lab_exec $host sh -c "cat >/etc/tinc/bench/tinc-up; chmod +x /etc/tinc/bench/tinc-up" <<-UP
			#!/bin/sh
			ip addr add $(tinc_address $host)/64 dev \$INTERFACE
			ip link set \$INTERFACE up
		UP
		lab_exec $host tincd -n bench -K2048 </dev/null >>"$(lab_log $host tinc)" 2>&1
	done
	for host in laptop nas; do
		other=$(bench_other $host)
		lab_exec "$other" cat "/etc/tinc/bench/hosts/$other" |
			lab_exec $host sh -c "cat >/etc/tinc/bench/hosts/$other"
	done
	bench_forward udp 655
	bench_forward tcp 655
}

tinc_start() {
	lab_start laptop tinc tincd -n bench -D
	lab_start nas tinc tincd -n bench -D
}

# It makes its connection at start, or tries again after some seconds.
tinc_up() {
	lab_wait_until 20 bench_answers tinc || lab_die "tinc: no tunnel"
}

tinc_stop() {
	lab_stop laptop tinc || :
	lab_stop nas tinc || :
}

tinc_pids() {
	lab_pid "$1" tinc
}
