# autotunnel, in two roles of the lab: laptop and nas.  Part of the benchmarks.
#
# As installed, but that iperf3 may come in: an empty configuration file but for that and for what
# BENCH_CONFIG adds.

autotunnel_setup() {
	local host

	for host in laptop nas; do
		printf '[allow]\neveryone = any\n%b' "${BENCH_CONFIG:-}" | lab_config $host
	done
}

autotunnel_start() {
	lab_daemon laptop nas
	lab_ready laptop nas
}

autotunnel_up() {
	lab_wait_until 5 bench_answers autotunnel || lab_die "autotunnel: no tunnel"
}

autotunnel_stop() {
	lab_daemon_stop laptop
	lab_daemon_stop nas
}

autotunnel_address() {
	case $1 in
	laptop) lab_peer nas laptop .address ;;
	nas) lab_peer laptop nas .address ;;
	esac
}

# Manager first.
autotunnel_pids() {
	local manager

	manager=$(lab_pid "$1" autotunneld)
	echo "$manager"
	pgrep -x -P "$manager" autotunneld # it has another child here, that stamps its log
}

# autotunnel_process HOST PID: what it is called.
autotunnel_process() {
	if [ "$2" = "$(lab_pid "$1" autotunneld)" ]; then
		echo manager
	else
		lab_status "$1" ".self.workers[] | select(.pid == $2).name"
	fi
}
