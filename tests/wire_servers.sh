#!/bin/bash
# dnsupdate/wire against stock BIND, stock Knot and autotunnel-dnsd (tests/wire_drive.c), on the loopback interface
# of a network namespace of its own.
set -eu

if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi
. "$top_srcdir/tests/servers.sh"

drive=$(realpath "$top_builddir/tests/wire_drive")
dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
domain=alice.example
work=$(mktemp -d)
server=
stop_server() {
	[ -z "$server" ] || kill "$server"
	[ -z "$server" ] || wait "$server" || :
	server=
}
trap 'stop_server; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"

secret() { # octets 00, 01, 02, ...
	local i

	for ((i = 0; i < $1; i++)); do printf "\\x$(printf %02x $i)"; done | base64 -w 0
}

zone_file() {
	local i

	cat <<-ZONE
		\$TTL 60
		@ SOA ns hostmaster 1 3600 600 604800 60
		@ NS ns
		ns A 127.0.0.1
	ZONE
	for ((i = 0; i < 100; i++)); do echo "host$i A 192.0.2.$i"; done
}

bind_conf() {
	cat <<-CONF
		options {
			directory "$work"; pid-file none; session-keyfile none; recursion no;
			listen-on port 5301 { 127.0.0.1; }; listen-on-v6 { none; };
			dnssec-validation no; transfer-format one-answer;
		};
		controls { };
		key "nas.$domain" { algorithm hmac-sha256; secret "$(secret 32)"; };
		key "account.$domain" { algorithm hmac-sha512; secret "$(secret 64)"; };
		zone "$domain" {
			type primary; file "$work/zone"; allow-transfer { key account.$domain; };
			update-policy {
				grant account.$domain zonesub ANY;
				grant * selfsub * A AAAA SRV TXT;
			};
		};
	CONF
}

knot_conf() {
	cat <<-CONF
		server:
		    listen: 127.0.0.1@5302
		    rundir: $work
		database:
		    storage: $work/knot
		log:
		  - target: stderr
		    any: warning
		key:
		  - id: nas.$domain
		    algorithm: hmac-sha256
		    secret: $(secret 32)
		  - id: account.$domain
		    algorithm: hmac-sha512
		    secret: $(secret 64)
		acl:
		  - id: account
		    key: account.$domain
		    action: [update, transfer]
		  - id: device
		    key: nas.$domain
		    action: update
		    update-owner: key
		    update-owner-match: sub-or-equal
		    update-type: [A, AAAA, SRV, TXT]
		zone:
		  - domain: $domain
		    file: $work/zone
		    acl: [account, device]
		    zonefile-sync: -1
		    journal-content: all
	CONF
}

dnsd_conf() {
	local i

	cat <<-CONF
		[server]
		listen = 127.0.0.1:5303
		user = nobody
		state-dir = $work/dnsd/state
		run-dir = $work/dnsd/run
		[zone $domain]
		services = no
		address = 127.0.0.1
		records = $work/dnsd/records
		device-key = hmac-sha256:nas.$domain:$(secret 32)
		account-key = hmac-sha512:account.$domain:$(secret 64)
	CONF
}

# run NAME PORT MESSAGES COMMAND...
run() {
	local name=$1 port=$2 messages=$3

	shift 3
	zone_file >zone
	"$@" >"$name.log" 2>&1 &
	server=$!
	for _ in $(seq 100); do
		# (dig +short says "connection refused" on its standard output)
		dig +short +tries=1 +time=1 -p "$port" @127.0.0.1 $domain SOA | grep -q hostmaster && break
		sleep 0.1
	done
	echo "== $name"
	if ! "$drive" "$port" "$messages"; then
		tail -n 40 "$name.log"
		echo "wire_servers.sh: FAIL with $name" >&2
		exit 1
	fi
	stop_server
	rm -f zone*
}

bind_conf >named.conf
knot_conf >knot.conf
mkdir knot
run BIND 5301 100 named -g -c "$work/named.conf"
run Knot 5302 1 knotd -c "$work/knot.conf"
mkdir dnsd
zone_file >dnsd/records
dnsd_conf >dnsd.conf
run autotunnel-dnsd 5303 1 "$dnsd" -c "$work/dnsd.conf"
echo "wire_servers.sh: ok"
