# wireguard-go, as one would use it without autotunnel: keys carried over by hand, UDP 51820
# forwarded by hand on both NATs.  Part of the benchmarks.

WIREGUARD_PORT=51820

wireguard_address() {
	case $1 in
	laptop) echo fd77::1 ;;
	nas) echo fd77::2 ;;
	esac
}

wireguard_setup() {
	local host

	for host in laptop nas; do
		lab_exec $host sh -c 'umask 077; wg genkey >/root/wg.key'
	done
	bench_forward udp $WIREGUARD_PORT
}

# wireguard_configure [SECONDS]: both ends anew, without any session; with a keepalive if said.
wireguard_configure() {
	local host other

	for host in laptop nas; do
		other=$(bench_other $host)
		lab_exec $host wg setconf wg0 /dev/stdin <<-CONF
			[Interface]
			PrivateKey = $(lab_exec $host cat /root/wg.key)
			ListenPort = $WIREGUARD_PORT
			[Peer]
			PublicKey = $(lab_exec "$other" wg pubkey < <(lab_exec "$other" cat /root/wg.key))
			AllowedIPs = $(wireguard_address "$other")/128
			Endpoint = $(bench_outside "$other"):$WIREGUARD_PORT
			${1:+PersistentKeepalive = $1}
		CONF
	done
}

wireguard_start() {
	local host

	for host in laptop nas; do
		# The device of one that was killed goes a moment after it.
		lab_wait_until 5 eval "! ip -n $host link show wg0"
		lab_start $host wireguard wireguard-go -f wg0
		lab_wait_until 5 lab_exec $host wg show wg0 || lab_die "wireguard-go does not start"
		lab_exec $host ip addr add "$(wireguard_address $host)/128" dev wg0
		lab_exec $host ip link set wg0 up
		lab_exec $host ip route add "$(wireguard_address "$(bench_other $host)")/128" dev wg0
	done
	wireguard_configure
}

# What everybody sets behind a NAT.
wireguard_up() {
	wireguard_configure 25
	lab_wait_until 5 bench_answers wireguard || lab_die "wireguard-go: no tunnel"
}

wireguard_down() {
	wireguard_configure
}

wireguard_stop() {
	lab_stop laptop wireguard || :
	lab_stop nas wireguard || :
}

wireguard_pids() {
	lab_pid "$1" wireguard
}
