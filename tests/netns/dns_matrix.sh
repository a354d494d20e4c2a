#!/bin/bash
# Every server by every transport it has: publish, change, an attacker who sends old updates again,
# a server killed and started again, refresh, withdrawal, a wrong key, a wrong clock.  The DNS worker
# alone, in its sandbox; dns_drive plays the manager.
#
#    one worker for each cell ── Internet ── dnsd .60, bind .61, knot .62, powerdns .63
. "${0%/*}/lab.sh"
lab_require named knotd pdns_server dig tshark openssl

export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
drive=$LAB/dns_drive
cp "${DRIVE:-$AT_BUILD/tests/netns/dns_drive}" $drive
domain=alice.example.com
secret=0123456789abcdef0123456789abcdef
base64=$(printf %s $secret | base64)
cells=(dnsd-udp dnsd-tcp dnsd-tls bind-udp bind-tcp bind-tls knot-udp knot-tcp powerdns-udp powerdns-tcp)
declare -A address=([dnsd]=11.22.33.60 [bind]=11.22.33.61 [knot]=11.22.33.62 [powerdns]=11.22.33.63)
declare -A pin
lease=20 # refreshed after 16 s

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

# ---- the rows ----

row_publish() {
	check_soon "$1: published" 5 said "$1" "ok published=1 withdrawn=0 epoch=[0-9]+ .*via=${1#*-} "
	check "$1: the records stand" at_port "$1" 4501
	check "$1: and the ULA" has "$1" "$1.$domain" AAAA '^fd12:3456:789a::1$'
	case $1 in
	dnsd-*) check "$1: with a lease" said "$1" "lease=$lease " ;;
	*) check "$1: without a lease" said "$1" 'lease=0- ' ;;
	esac
}

row_change() {
	check_soon "$1: changed" 5 at_port "$1" 4777
}

# What the cell sent to its server with opcode 5, payloads as hex, one a line.
updates() {
	tshark -n -r $LAB/pcap/wire.pcap -d tcp.port==53,dns -Y "ip.src == $(address_of "$1") && dns.flags.opcode == 5 &&
		dns.flags.response == 0" -T fields -e udp.payload -e tcp.payload 2>/dev/null | tr -d ':\t' | grep .
}

stream() {
	tshark -n -r $LAB/pcap/wire.pcap -Y "ip.src == $(address_of "$1") && tcp.dstport == 853 && tcp.len > 0" \
		-T fields -e tcp.payload 2>/dev/null | tr -d ':\t\n'
}

address_of() {
	local i

	for i in "${!cells[@]}"; do
		[ "${cells[$i]}" != "$1" ] || echo "11.22.33.$((100 + i))"
	done
}

# send PROTOCOL ADDRESS PORT HEX
send() {
	local bytes

	bytes=$(sed 's/../\\x&/g' <<<"$4")
	lab_exec mallory bash -c "printf '$bytes' >/tmp/bytes; exec 5<>/dev/$1/$2/$3; cat /tmp/bytes >&5
		timeout 0.3 cat <&5 | od -An -tx1" || :
}

row_replay() {
	local server=${1%-*} transport=${1#*-} update count=0

	if [ "$transport" = tls ]; then
		check_not "$1: nothing to be read on the way" eval "stream $1 | xxd -r -p | grep -qa autotunnel"
		check "$1: the connection's octets, sent again" eval "[ -n \"\$(stream $1)\" ] &&
			send tcp ${address[$server]} 853 \"\$(stream $1)\""
	else
		updates "$1" >$LAB/updates
		while read -r update; do
			send "$transport" "${address[$server]}" 53 "$update" >>$LAB/out
			count=$((count + 1))
		done <$LAB/updates
		check "$1: $count captured updates, sent again" [ $count -ge 2 ]
	fi
	check "$1: the old address did not come back" at_port "$1" 4777
}

row_restart() {
	check "$1: nothing acknowledged is lost" at_port "$1" 4777
	publish "$1" 4801
}

row_restart_done() {
	check_soon "$1: published at the server that came back" 5 at_port "$1" 4801
	before[$1]=$(epoch "$1")
}

row_refresh() {
	check_soon "$1: refreshed" 25 epoch_above "$1" "${before[$1]}"
}

row_withdraw() {
	check_soon "$1: withdrawn" 3 said "$1" 'published=0 withdrawn=1'
	check "$1: all is gone" eval "has_not $1 $1.$domain AAAA && has_not $1 at.$1.$domain A &&
		has_not $1 _autotunnel._udp.$1.$domain SRV"
	check "$1: but for the epoch" has "$1" "_autotunnel._udp.$1.$domain" TXT '^"v=1" "e=[0-9]+" "x=[0-9]+"$'
}

row_wrong_key() {
	local says='another secret for the key'

	[ "${1%-*}" != powerdns ] || says='does not know the key'
	check_soon "$1: wrong key: it says so" 15 said "$1" "refused published=0 .*$says"
}

row_wrong_time() {
	local says='clock is 4000 s behind'

	[ "${1%-*}" != powerdns ] || says='does not know the key'
	check_soon "$1: wrong clock: it says so" 15 said "$1" "refused published=0 .*$says"
	check "$1: nothing was written" has_not "$1" "$1.$domain" AAAA
	say "$1" quit
}

# ---- all of them, side by side ----

declare -A before
lab_internet
for server in "${!address[@]}"; do
	lab_machine "$server"
	lab_plug "$server" "${address[$server]}/24" eth0
	"server_$server" "${address[$server]}" >$LAB/conf
	lab_exec "$server" bash -c "$(declare -p cells domain base64 address); $(declare -f prepare); prepare $server" \
		<$LAB/conf >"$(lab_log "$server" prepare)" 2>&1 || lab_die "$server: $(tail -n 5 "$(lab_log "$server" prepare)")"
	run_server "$server"
done
pin=([dnsd]=$(pin_of dnsd) [bind]=$(pin_of bind))
for i in "${!cells[@]}"; do
	lab_host "${cells[$i]}" internet $((100 + i))
done
lab_host mallory internet 99

LAB_SNAPLEN=4000 lab_capture wire
each worker
each zone
for cell in "${cells[@]}"; do publish "$cell" 4501; done
each row_publish
for cell in "${cells[@]}"; do publish "$cell" 4777; done
each row_change
lab_capture_stop wire
each row_replay
for server in "${!address[@]}"; do
	lab_stop "$server" dns KILL || :
	run_server "$server"
done
each row_restart
each row_restart_done
each row_refresh
for cell in "${cells[@]}"; do say "$cell" withdraw; done
each row_withdraw
for cell in "${cells[@]}"; do
	zone "$cell" ${secret/0/1}
	publish "$cell" 4901
done
each row_wrong_key
for cell in "${cells[@]}"; do
	lab_stop "$cell" worker KILL || :
	DNS_DRIVE_SKEW=-4000 worker "$cell"
	zone "$cell"
	publish "$cell" 4902
done
each row_wrong_time
