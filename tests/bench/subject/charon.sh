# strongSwan's daemon with its user-space ESP (kernel-libipsec), a pre-shared key, and a port
# forwarded by hand (4510: 4500 is autotunnel's here).  Part of the benchmarks.

CHARON_PORT=4510

charon_address() {
	case $1 in
	laptop) echo fd79::1 ;;
	nas) echo fd79::2 ;;
	esac
}

charon_setup() {
	local host other

	for host in laptop nas; do
		other=$(bench_other $host)
		lab_exec $host sh -c 'cat >/etc/bench-strongswan.conf' <<-CONF
			charon-systemd {
				load = random nonce kdf openssl kernel-libipsec kernel-netlink socket-default vici
				port = 0
				port_nat_t = $CHARON_PORT
				install_virtual_ip = no
				journal {
					default = 0
				}
			}
		CONF
		lab_exec $host sh -c 'cat >/etc/bench-swanctl.conf' <<-CONF
			connections {
				bench {
					version = 2
					encap = yes
					local_addrs = %any
					remote_addrs = $(bench_outside "$other")
					local_port = $CHARON_PORT
					remote_port = $CHARON_PORT
					proposals = aes128gcm16-prfsha256-x25519
					local {
						auth = psk
						id = $host.bench
					}
					remote {
						auth = psk
						id = $other.bench
					}
					children {
						bench {
							local_ts = $(charon_address $host)/128
							remote_ts = $(charon_address "$other")/128
							esp_proposals = aes128gcm16-x25519
						}
					}
				}
			}
			secrets {
				ike-bench {
					secret = only-in-the-lab
				}
			}
		CONF
	done
	bench_forward udp $CHARON_PORT
}

charon_start() {
	local host

	for host in laptop nas; do
		lab_start $host charon env STRONGSWAN_CONF=/etc/bench-strongswan.conf charon-systemd
		lab_wait_until 5 lab_exec $host swanctl --stats || lab_die "charon does not start"
		lab_exec $host ip addr add "$(charon_address $host)/128" dev ipsec0
		lab_exec $host swanctl --load-all --file /etc/bench-swanctl.conf >>"$(lab_log $host charon)" 2>&1
	done
}

charon_up() {
	lab_exec laptop swanctl --initiate --child bench --timeout 5 >>"$(lab_log laptop charon)" 2>&1 ||
		lab_log_fail "charon: no tunnel" laptop charon
	lab_wait_until 5 bench_answers charon || lab_die "charon: no answer"
}

charon_stop() {
	lab_stop laptop charon || :
	lab_stop nas charon || :
}

charon_pids() {
	lab_pid "$1" charon
}
