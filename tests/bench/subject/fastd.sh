# fastd, the fastest of the small C tunnels in Debian, with its quickest method (AES-128-CTR, UMAC);
# keys carried over and port 10100 forwarded by hand.  Part of the benchmarks.

FASTD_PORT=10100

fastd_address() {
	case $1 in
	laptop) echo fd76::1 ;;
	nas) echo fd76::2 ;;
	esac
}

# fastd_key HOST Secret|Public
fastd_key() {
	lab_exec "$1" sed -n "s/^$2: //p" /root/fastd.key
}

fastd_setup() {
	local host other

	for host in laptop nas; do
		lab_exec $host sh -c 'umask 077; fastd --generate-key >/root/fastd.key 2>/dev/null'
	done
	for host in laptop nas; do
		other=$(bench_other $host)
		lab_exec $host sh -c 'cat >/etc/fastd.conf' <<-CONF
			interface "fd0";
			mode tun;
			mtu 1426;
			bind any:$FASTD_PORT;
			method "aes128-ctr+umac";
			secret "$(fastd_key $host Secret)";
			on up "ip addr add $(fastd_address $host)/64 dev \$INTERFACE nodad; ip link set \$INTERFACE up";
			peer "other" {
				key "$(fastd_key "$other" Public)";
				remote $(bench_outside "$other"):$FASTD_PORT;
			}
		CONF
	done
	bench_forward udp $FASTD_PORT
}

fastd_start() {
	lab_start laptop fastd fastd -c /etc/fastd.conf
	lab_start nas fastd fastd -c /etc/fastd.conf
}

fastd_up() {
	lab_wait_until 60 bench_answers fastd || lab_die "fastd: no tunnel"
}

fastd_stop() {
	lab_stop laptop fastd || :
	lab_stop nas fastd || :
}

fastd_pids() {
	lab_pid "$1" fastd
}
