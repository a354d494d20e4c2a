#!/bin/bash
# Our daemon against strongSwan's own, charon with its user-space ESP (libipsec): another IKE peer,
# and ESP that shares no code with ours.
#
#    laptop 11.22.33.5, autotunneld ── Internet ── nas 11.22.33.6, charon with nas's keys
. "${0%/*}/lab.sh"
lab_require nft named charon-systemd swanctl busybox

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_account bind laptop nas
LAB_ALLOW=any
lab_daemon laptop nas
lab_ready laptop nas
check "our own to our own" lab_ping laptop nas
laptop=$(lab_ula laptop) nas=$(lab_ula nas)

# Charon takes nas's place: same name, same keys, same port.
lab_daemon_stop nas KILL || :
check_soon "the tunnel ends" 10 eval '! lab_is_up laptop nas'
lab_exec nas nft flush ruleset # the daemon's own, which knows no other tunnel
export SWANCTL_DIR=/etc/swan STRONGSWAN_CONF=/etc/swan/strongswan.conf
lab_exec nas sh -c 'cd /etc && mkdir -p swan/x509 swan/x509ca swan/private && cd /var/lib/autotunnel &&
	cp device.crt /etc/swan/x509 && cp ca.crt /etc/swan/x509ca && cp device.key /etc/swan/private'
lab_exec nas sh -c "cat >$STRONGSWAN_CONF" <<-CONF
	charon-systemd {
		load = random nonce kdf openssl pem pkcs8 x509 pubkey revocation constraints kernel-libipsec kernel-netlink socket-default vici
		port = 0
		port_nat_t = 4500
		journal {
			default = 1
		}
		plugins {
			openssl {
				fips_mode = 0
			}
		}
	}
CONF
lab_exec nas sh -c 'cat >/etc/swan/swanctl.conf' <<-CONF
	connections {
		laptop {
			version = 2
			encap = yes
			local_addrs = %any
			remote_addrs = 11.22.33.5
			local_port = 4500
			remote_port = 4500
			proposals = aes128gcm16-prfsha256-x25519
			local {
				auth = pubkey
				certs = device.crt
				id = nas.$LAB_DOMAIN
			}
			remote {
				auth = pubkey
				id = laptop.$LAB_DOMAIN
			}
			children {
				laptop {
					local_ts = $nas/128
					remote_ts = $laptop/128
					esp_proposals = aes128gcm16-x25519
				}
			}
		}
	}
CONF
lab_start nas charon charon-systemd
lab_wait_until 10 lab_exec nas swanctl --stats || lab_die "charon does not start"
lab_exec nas ip addr add "$nas/128" dev ipsec0
check "charon has nas's keys" lab_exec nas swanctl --load-all

# bulk FROM TO ADDRESS: a file by TCP from FROM, whose address it is, to TO.
bulk() {
	local pid

	lab_exec "$1" busybox nc -l -p 7 <$LAB/file &
	pid=$!
	lab_wait_until 5 lab_exec "$1" sh -c 'ss -Hltn | grep -q ":7 "'
	lab_exec "$2" bash -c "exec 5<>/dev/tcp/$3/7; cat <&5" >$LAB/got || return
	wait $pid
	cmp $LAB/file $LAB/got
}

head -c 20000000 /dev/urandom >$LAB/file
check_soon "we call: the first packets" 10 lab_exec laptop ping -6 -n -q -c 1 -W 3 "$nas"
check "all paddings" eval 'for size in 0 1 2 3 100 1232; do
	lab_exec laptop ping -6 -n -q -c 1 -W 2 -s $size $nas || exit 1
done'
check "a datagram in fragments" lab_exec laptop ping -6 -n -q -c 2 -W 2 -s 5000 "$nas"
check "a file from charon" bulk nas laptop "$nas"
check "a file to charon" bulk laptop nas "$laptop"
check "new keys" lab_exec nas swanctl --rekey --child laptop
check "with the new keys" lab_exec laptop ping -6 -n -q -c 20 -i 0.02 -W 2 "$nas"
check "charon ends it" lab_exec nas swanctl --terminate --ike laptop
check_soon "the tunnel is down" 10 eval '! lab_is_up laptop nas'
check "charon calls" lab_exec nas swanctl --initiate --child laptop --timeout 5
check "its packets" lab_exec nas ping -6 -n -q -c 20 -i 0.02 -W 2 "$laptop"
sleep 3 # packets are counted every two seconds
check_equal "nothing of charon's was refused" "{}" \
	"$(lab_peer laptop nas '.tunnel.dropped | del(.no_tunnel, .send, .device, .too_big)' | jq -c .)"
