# Name servers: our own, stock BIND and stock Knot.  Part of lab.sh.
#
# The name server is a machine on the Internet, "ns" at 11.22.33.53, to which every host's
# resolv.conf points.  What it needs to know of an account is what "autotunnel zone dnsd|bind|knot|powerdns"
# prints for its administrator.

LAB_NS=11.22.33.53

# lab_ns: the name server's machine, without a server yet.
lab_ns() {
	lab_machine ns
	lab_plug ns $LAB_NS/24 eth0
}

# A zone with no more than a zone needs, at PATH on ns unless there is one already.
lab_zone_file() {
	local zone=$1 path=$2

	lab_exec ns mkdir -p "${path%/*}"
	lab_exec ns sh -c "[ -e '$path' ] || cat >'$path'" <<-ZONE
		\$ORIGIN $zone.
		\$TTL 60
		@	SOA ns.$zone. hostmaster.$zone. 1 3600 600 86400 5
		@	NS ns.$zone.
		ns	A $LAB_NS
	ZONE
}

# lab_bind ZONE <CONFIGURATION: start BIND on ns with these keys and this zone statement.
lab_bind() {
	lab_exec ns mkdir -p /var/cache/bind /run/named /etc/bind
	lab_exec ns tee /etc/bind/autotunnel.conf >/dev/null
	lab_exec ns tee /etc/bind/named.conf >/dev/null <<-CONF
		options {
			directory "/var/cache/bind";
			listen-on { $LAB_NS; };
			listen-on-v6 { none; };
			recursion no;
			allow-transfer { none; };
			dnssec-validation no;
			notify no;
		};
		controls { };
		include "/etc/bind/autotunnel.conf";
	CONF
	lab_zone_file "$1" "$(lab_exec ns sed -nE 's,.*[ \t{;]file[ \t]+"([^/][^"]*)".*,/var/cache/bind/\1,p
		s,.*[ \t{;]file[ \t]+"(/[^"]*)".*,\1,p' /etc/bind/autotunnel.conf)"
	lab_ns_start "$1" named -g -n 1 -c /etc/bind/named.conf
}

# lab_knot ZONE <CONFIGURATION: the same with Knot.
lab_knot() {
	lab_exec ns mkdir -p /var/lib/knot /run/knot /etc/knot
	lab_exec ns sh -c 'cat - >/etc/knot/autotunnel.conf'
	lab_exec ns tee /etc/knot/knot.conf >/dev/null <<-CONF
		server:
		    listen: $LAB_NS@53
		    rundir: /run/knot
		    udp-workers: 1
		    tcp-workers: 1
		    background-workers: 1
		log:
		  - target: stderr
		    any: info
		database:
		    storage: /var/lib/knot
		include: /etc/knot/autotunnel.conf
	CONF
	lab_zone_file "$1" "$(lab_exec ns awk -v zone="$1" '
		$1 == "file:" { gsub(/"/, "", $2); file = $2 }
		$1 == "storage:" { gsub(/"/, "", $2); storage = $2 }
		END {
			if (file == "") file = zone ".zone"
			if (storage == "") storage = "/var/lib/knot"
			print (file ~ "^/") ? file : storage "/" file
		}' /etc/knot/autotunnel.conf)"
	lab_ns_start "$1" knotd -c /etc/knot/knot.conf
}

# lab_dnsd ZONE <CONFIGURATION: the same with autotunnel-dnsd; what LAB_DNSD holds goes to [server].
lab_dnsd() {
	lab_exec ns sh -c 'umask 077; cat - >/etc/autotunnel/zone.conf'
	lab_exec ns sh -c 'umask 077; {
			printf "[server]\nlisten = %s\n%s\n" "$0" "$1"
			sed "s/^#address = [^ \t]*/address = $0/" /etc/autotunnel/zone.conf
		} >/etc/autotunnel/autotunnel-dnsd.conf' $LAB_NS "${LAB_DNSD:-}"
	lab_ns_start "$1" autotunnel-dnsd
}

# lab_powerdns ZONE <SCRIPT: the same with PowerDNS, whose configuration is a script that fills its
# database.
lab_powerdns() {
	lab_exec ns mkdir -p /var/lib/powerdns /etc/powerdns
	lab_exec ns tee /etc/powerdns/pdns.conf >/dev/null <<-CONF
		launch=lmdb
		lmdb-filename=/var/lib/powerdns/pdns.lmdb
		lmdb-shards=1
		local-address=$LAB_NS
		socket-dir=/run
		security-poll-suffix=
		zone-cache-refresh-interval=0
		dnsupdate=yes
		allow-dnsupdate-from=0.0.0.0/0,::/0
		lua-dnsupdate-policy-script=/etc/powerdns/autotunnel.lua
	CONF
	lab_exec ns sh -c 'umask 077; cat - >/etc/powerdns/zone.sh'
	lab_exec ns sh -e /etc/powerdns/zone.sh $LAB_NS >"$(lab_log ns zone)" 2>&1 ||
		{ tail -n 20 "$(lab_log ns zone)"; lab_die "the zone's script for PowerDNS fails"; }
	lab_ns_start "$1" pdns_server --daemon=no --guardian=no --disable-syslog
}

# Start the server's program, remember it for lab_ns_restart, wait for its first answer.
lab_ns_start() {
	LAB_NS_ZONE=$1
	shift
	LAB_NS_COMMAND=("$@")
	lab_start ns dns "$@"
	lab_wait_until 10 lab_ns_answers ||
		{ tail -n 20 "$(lab_log ns dns)"; lab_die "$1 does not come up"; }
}

lab_ns_answers() {
	lab_exec ns dig "@$LAB_NS" +short +time=1 +tries=1 "$LAB_NS_ZONE" SOA | grep -q .
}

lab_ns_stop() {
	lab_stop ns dns || :
}

lab_ns_restart() {
	lab_ns_start "$LAB_NS_ZONE" "${LAB_NS_COMMAND[@]}"
}

# lab_dig HOST NAME TYPE: the answer section as dig prints it, asked from HOST.
lab_dig() {
	local host=$1
	shift

	lab_exec "$host" dig "@$LAB_NS" +noall +answer +time=2 +tries=2 "$@"
}

# lab_records HOST DOMAIN NAME...: everything autotunnel-records(7) speaks of.
lab_records() {
	local host=$1 domain=$2 name
	shift 2

	lab_dig "$host" "_autotunnel._udp.$domain" PTR
	for name; do
		name=$name.$domain
		lab_dig "$host" "$name" AAAA "_autotunnel._udp.$name" SRV "at.$name" A \
			"_autotunnel._udp.$name" TXT
	done
}

# lab_update HOST KEYFILE <COMMANDS: a DNS UPDATE with nsupdate from HOST; the key file is HOST's.
lab_update() {
	lab_exec "$1" nsupdate -v -t 5 -k "$2"
}

lab_serial() {
	lab_exec ns dig "@$LAB_NS" +short "$LAB_NS_ZONE" SOA | awk '{ print $3 }'
}
