# strongSwan's own daemon, with user-space ESP (libipsec), in the place of ours: another IKE peer, that
# does what it is told.

export SWANCTL_DIR=/etc/swan STRONGSWAN_CONF=/etc/swan/strongswan.conf

# lab_charon HOST ID OUR-TS PEER'S-ID ITS-TS ITS-ADDRESS: start it on HOST, with the keys that our
# daemon has there; the connection is "peer".  Again: the same with another connection.
lab_charon() {
	lab_exec "$1" sh -c 'cd /etc && mkdir -p swan/x509 swan/x509ca swan/private && cd /var/lib/autotunnel &&
		cp -n device.crt /etc/swan/x509 && cp -n ca.crt /etc/swan/x509ca && cp -n device.key /etc/swan/private'
	lab_charon_settings | lab_exec "$1" sh -c "cat >$STRONGSWAN_CONF"
	lab_charon_peer "${@:2}" | lab_exec "$1" sh -c 'cat >/etc/swan/swanctl.conf'
	[ ! -e "$LAB/pid/$1.charon" ] || lab_stop "$1" charon || :
	lab_start "$1" charon charon-systemd
	lab_wait_until 10 lab_exec "$1" swanctl --stats || lab_die "charon does not start"
	check "charon has the keys of $1" lab_exec "$1" swanctl --load-all
}

lab_charon_settings() {
	cat <<-CONF
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
}

# lab_charon_peer ID OUR-TS PEER'S-ID ITS-TS ITS-ADDRESS
lab_charon_peer() {
	cat <<-CONF
		connections {
			peer {
				version = 2
				encap = yes
				local_addrs = %any
				remote_addrs = $5
				local_port = 4500
				remote_port = 4500
				proposals = aes128gcm16-prfsha256-x25519
				local {
					auth = pubkey
					certs = device.crt
					id = $1
				}
				remote {
					auth = pubkey
					id = $3
				}
				children {
					peer {
						local_ts = $2
						remote_ts = $4
						esp_proposals = aes128gcm16-x25519
					}
				}
			}
		}
	CONF
}
