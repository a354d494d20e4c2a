# The DNS worker alone, in its sandbox, as many as there are cells, with real name servers: a cell is
# SERVER-TRANSPORT.  dns_drive plays the manager.  Set cells and lease before; then cells_start.
#
#    one worker for each cell ── Internet ── dnsd .60, bind .61, knot .62, powerdns .63

export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
drive=$LAB/dns_drive
cp "${DRIVE:-$AT_BUILD/tests/netns/dns_drive}" $drive
domain=alice.example.com
secret=0123456789abcdef0123456789abcdef
base64=$(printf %s $secret | base64)
declare -A address=([dnsd]=11.22.33.60 [bind]=11.22.33.61 [knot]=11.22.33.62 [powerdns]=11.22.33.63)
declare -A pin

# ---- the servers ----

server_dnsd() {
	local cell

	printf '[server]\nlisten = %s\ntls-listen = %s\nlease-min = %s\n[zone %s]\naddress = %s\n' \
		"$1" "$1" $lease $domain "$1"
	printf 'account-key = hmac-sha256:account:%s\n' "$base64"
	for cell in "${cells[@]}"; do
		printf 'device-key = hmac-sha256:%s.%s:%s\n' "$cell" $domain "$base64"
	done
}

server_bind() {
	local cell

	cat <<-CONF
		tls server { key-file "/etc/bind/tls.key"; cert-file "/etc/bind/tls.crt"; protocols { TLSv1.3; }; };
		options {
			directory "/var/cache/bind"; recursion no; notify no; dnssec-validation no;
			listen-on { $1; }; listen-on port 853 tls server { $1; }; listen-on-v6 { none; };
		};
		controls { };
		zone "$domain" { type primary; file "zone";
			update-policy { grant account zonesub ANY; grant * selfsub * A AAAA SRV TXT; }; };
	CONF
	for cell in account "${cells[@]/%/.$domain}"; do
		printf 'key "%s" { algorithm hmac-sha256; secret "%s"; };\n' "$cell" "$base64"
	done
}

server_knot() {
	local cell

	printf 'server:\n    listen: %s@53\n    rundir: /run/knot\n    udp-workers: 1\n    tcp-workers: 1\n' "$1"
	printf 'log:\n  - target: stderr\n    any: info\ndatabase:\n    storage: /var/lib/knot\nkey:\n'
	for cell in account "${cells[@]/%/.$domain}"; do
		printf '  - id: %s\n    algorithm: hmac-sha256\n    secret: %s\n' "$cell" "$base64"
	done
	printf 'acl:\n  - id: devices\n    action: update\n    key: [%s' account
	printf ', %s' "${cells[@]/%/.$domain}"
	printf ']\nzone:\n  - domain: %s\n    file: /var/lib/knot/zone\n    acl: devices\n' $domain
}

server_powerdns() {
	printf '%s\n' launch=lmdb lmdb-filename=/var/lib/powerdns/pdns.lmdb lmdb-shards=1 \
		"local-address=$1" socket-dir=/run security-poll-suffix= zone-cache-refresh-interval=0 \
		dnsupdate=yes allow-dnsupdate-from=0.0.0.0/0
}

prepare() {
	local cell key

	mkdir -p /var/cache/bind /run/named /etc/bind /var/lib/knot /run/knot /var/lib/powerdns /etc/powerdns
	case $1 in
	dnsd) (umask 077; cat >/etc/autotunnel/autotunnel-dnsd.conf) ;;
	bind) cat >/etc/bind/named.conf
		openssl req -x509 -newkey ed25519 -nodes -keyout /etc/bind/tls.key -out /etc/bind/tls.crt \
			-subj /CN=ns -days 30 2>/dev/null ;;
	knot) cat >/etc/knot.conf ;;
	powerdns) cat >/etc/powerdns/pdns.conf
		pdnsutil create-zone $domain ns.$domain
		for key in account "${cells[@]/%/.$domain}"; do
			pdnsutil import-tsig-key "$key" hmac-sha256 "$base64"
			pdnsutil add-meta $domain TSIG-ALLOW-DNSUPDATE "$key"
		done ;;
	esac
	printf '$ORIGIN %s.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 5\n@ NS ns\nns A %s\n' \
		$domain "${address[$1]}" | tee /var/lib/knot/zone >/var/cache/bind/zone
}

run_server() {
	case $1 in
	dnsd) lab_start "$1" dns autotunnel-dnsd ;;
	bind) lab_start "$1" dns named -g -n 1 -c /etc/bind/named.conf ;;
	knot) lab_start "$1" dns knotd -c /etc/knot.conf ;;
	powerdns) lab_start "$1" dns pdns_server --daemon=no --guardian=no --disable-syslog ;;
	esac
	lab_wait_until 10 ask "$1" $domain SOA . || { tail -n 20 "$(lab_log "$1" dns)"; lab_die "$1 does not come up"; }
}

pin_of() {
	case $1 in
	dnsd) lab_exec dnsd autotunnel-dnsd --pin | grep -oE '[A-Za-z0-9+/]{43}=' | head -n 1 ;;
	bind) lab_exec bind openssl x509 -in /etc/bind/tls.crt -noout -pubkey |
		openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64 ;;
	esac
}

# ---- what to ask ----

# ask SERVER NAME TYPE PATTERN: the zone says so.
ask() {
	lab_exec "$1" dig "@${address[$1]}" +short +time=1 +tries=1 "$2" "$3" | grep -E -- "$4"
}

has() {
	ask "${1%-*}" "$2" "$3" "$4"
}

has_not() {
	! has "$1" "$2" "$3" .
}

say() {
	local cell=$1
	shift

	echo "$*" >"$LAB/$cell.fifo"
}

said() {
	grep -E '^ *[0-9]+ ms state ' "$(lab_log "$1" worker)" | tail -n 1 | grep -E -- "$2"
}

worker() {
	rm -f "$LAB/$1.fifo" "$(lab_log "$1" worker)"
	mkfifo "$LAB/$1.fifo"
	lab_start "$1" worker $drive "$LAB/$1.fifo" nobody
}

# zone CELL [SECRET]
zone() {
	local server=${1%-*} transport=${1#*-} words=

	[ "$transport" != tls ] || words=pin=${pin[$server]}
	say "$1" zone $domain "$1.$domain" "$1.$domain" "${2:-$secret}" 0 "${address[$server]}" $transport $words
}

# publish CELL PORT
publish() {
	say "$1" publish fd12:3456:789a::1 $lease 2 "11.22.33.99:$2"
}

at_port() {
	has "$1" "_autotunnel._udp.$1.$domain" SRV "^0 0 $2 at.$1.$domain.\$"
}

epoch() {
	has "$1" "_autotunnel._udp.$1.$domain" TXT . | sed 's/.*"e=\([0-9]*\)".*/\1/'
}

epoch_above() {
	[ "$(epoch "$1")" -gt "$2" ]
}

each() {
	local cell

	for cell in "${cells[@]}"; do
		"$@" "$cell"
	done
}

# The servers that the cells need, and a machine for each cell.
cells_start() {
	local server i

	lab_internet
	for server in $(printf '%s\n' "${cells[@]%-*}" | sort -u); do
		lab_machine "$server"
		lab_plug "$server" "${address[$server]}/24" eth0
		"server_$server" "${address[$server]}" >$LAB/conf
		lab_exec "$server" bash -c "$(declare -p cells domain base64 address); $(declare -f prepare); prepare $server" \
			<$LAB/conf >"$(lab_log "$server" prepare)" 2>&1 || lab_die "$server: $(tail -n 5 "$(lab_log "$server" prepare)")"
		run_server "$server"
		pin[$server]=$(pin_of "$server")
	done
	for i in "${!cells[@]}"; do
		lab_host "${cells[$i]}" internet $((100 + i))
	done
	lab_host mallory internet 99
}
