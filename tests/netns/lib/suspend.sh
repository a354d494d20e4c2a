# A laptop that sleeps for an hour (SUSPEND_SECONDS), of virtual time, while leases run out and NATs forget.  Moves, as
# in lib/mobility.sh, which is to be sourced before, and lib/virtual.sh.  moved_ms is when it wakes.

# suspend COMMAND...: what happens meanwhile.  After an hour without a packet a router knows no connection of it.
suspend() {
	local router

	virtual_sleep "${SUSPEND_SECONDS:-3600}" "$@"
	for router in home cafe; do
		lab_exec $router conntrack -F 2>/dev/null
	done
	virtual_wake
	mobility_mark
}

# It wakes where it went to sleep.
move_suspend() {
	suspend true
}

# It wakes in another network.
move_suspend_network() {
	suspend move_network
}

# The other end has gone to another one.
move_suspend_called() {
	suspend move_called
}

# Both.
move_suspend_both() {
	suspend move_both
}

# The other end's router has got another address.
move_suspend_nat_reboot() {
	suspend move_nat_reboot
}

# Two machines that are connected.
suspend_begin() {
	export PASS_SLACK_MS=1500
	lab_require nft miniupnpd conntrack busybox ssh sshd
	mobility_dnsd
	lab_sshd nas laptop
	lab_daemon laptop nas
	lab_ready laptop nas
	check "the tunnel comes up" lab_ping laptop nas
	check_soon "changes are pushed to both" 10 mobility_pushed
	mobility_rest
	wander_connect
	check "the session echoes" wander_echo begin
	mobility_watch
	sleep 1
}

suspend_end() {
	mobility_unwatch
	wander_connected
}
