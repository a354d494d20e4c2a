# nebula, as its example configuration has it: a lighthouse on the Internet (the name server's machine),
# both machines behind their NATs with holes punched, nothing forwarded by hand; certificates made on
# laptop and carried over.  1.6 has only IPv4 inside.  Part of the benchmarks.
#
# Where they are now they tell the lighthouse each 10 s, which is what nebula does when nothing is said
# and the better for it; its example says 60 (NEBULA_INTERVAL=60).

NEBULA_LIGHTHOUSE=192.168.100.1

nebula_address() {
	case $1 in
	ns) echo $NEBULA_LIGHTHOUSE ;;
	laptop) echo 192.168.100.2 ;;
	nas) echo 192.168.100.3 ;;
	esac
}

# nebula_give HOST: its key and certificate, which laptop has signed.
nebula_give() {
	local file

	lab_exec laptop nebula-cert sign -ca-crt /root/nebula/ca.crt -ca-key /root/nebula/ca.key \
		-name "$1" -ip "$(nebula_address "$1")/24" \
		-out-crt "/root/nebula/$1.crt" -out-key "/root/nebula/$1.key"
	lab_exec "$1" mkdir -p /etc/nebula
	for file in ca.crt "$1.crt" "$1.key"; do
		lab_exec laptop cat "/root/nebula/$file" |
			lab_exec "$1" sh -c "umask 077; cat >/etc/nebula/$file"
	done
}

# nebula_role HOST: what the two kinds do not have in common.  Port 0 is what the example recommends to those
# that move.
nebula_role() {
	if [ "$1" = ns ]; then
		cat <<-CONF
			listen: {host: 0.0.0.0, port: 4242}
			lighthouse: {am_lighthouse: true}
		CONF
	else
		cat <<-CONF
			listen: {host: 0.0.0.0, port: 0}
			static_host_map: {"$NEBULA_LIGHTHOUSE": ["$LAB_NS:4242"]}
			lighthouse: {am_lighthouse: false, interval: ${NEBULA_INTERVAL:-10}, hosts: ["$NEBULA_LIGHTHOUSE"]}
		CONF
	fi
}

# The routers let nothing in that nobody in their LAN has asked for, as those people have at home.  The lab's
# answer for themselves; a packet of the other end that comes first is then a connection with the router, and
# keeps the port from the one who should get it: no hole could be punched.
nebula_routers() {
	local nat

	for nat in home office cafe hotel; do
		[ -f "$LAB/ns/$nat" ] || continue
		lab_exec $nat nft -f - <<-'NFT'
			table inet nebula {
				chain input {
					type filter hook input priority 0;
					iifname "wan" meta l4proto udp ct state new drop
				}
			}
		NFT
	done
}

nebula_setup() {
	local host

	nebula_routers

	lab_exec laptop sh -c 'umask 077; mkdir /root/nebula; cd /root/nebula; nebula-cert ca -name bench'
	for host in ns laptop nas; do
		nebula_give $host
		lab_exec $host sh -c 'cat >/etc/nebula/config.yml' <<-CONF
			$(nebula_role $host)
			pki: {ca: /etc/nebula/ca.crt, cert: /etc/nebula/$host.crt, key: /etc/nebula/$host.key}
			punchy: {punch: true, respond: true}
			tun: {dev: nebula1, mtu: 1300}
			firewall:
			  outbound: [{port: any, proto: any, host: any}]
			  inbound: [{port: any, proto: any, host: any}]
		CONF
	done
}

nebula_start() {
	local host

	for host in ns laptop nas; do
		# The device of one that was killed goes a moment after it.
		lab_wait_until 5 eval "! ip -n $host link show nebula1"
		lab_start $host nebula nebula -config /etc/nebula/config.yml
		lab_wait_until 5 lab_exec $host ip link show up dev nebula1 ||
			lab_log_fail "nebula does not start" $host nebula
	done
	lab_wait_until 10 nebula_reports || lab_die "nebula: the lighthouse does not answer"
}

# Both have a tunnel to the lighthouse, through which they say where they are.
nebula_reports() {
	local host

	for host in laptop nas; do
		lab_exec $host ping -c 1 -W 1 $NEBULA_LIGHTHOUSE || return
	done
}

nebula_up() {
	lab_wait_until 20 bench_answers nebula || lab_die "nebula: no tunnel"
}

nebula_stop() {
	local host

	for host in laptop nas ns; do
		lab_stop $host nebula || :
	done
}

nebula_pids() {
	lab_pid "$1" nebula
}
