#!/bin/bash
# Finding the name server by DNS, and what nobody on the way can do about it: a resolver that lies
# later, or not at all, does not cut off a machine that has once found its server; and nobody talks
# it out of TLS once TLS has worked.
#
#    dnsd-auto .100 ── Internet ── dnsd .60 (zone and resolver), mallory .99 (a resolver that lies)
. "${0%/*}/lab.sh"
lab_require named dig nsupdate
cells=(dnsd-auto)
lease=60
. "$LAB_DIR/lib/dns_cells.sh"

cells_start
cell=dnsd-auto
real=${address[dnsd]}

# asks RESOLVER: where the cell's c-ares looks from its next start on.
asks() {
	echo "nameserver $1" | lab_exec $cell tee /etc/resolv.conf >/dev/null
}

stop_worker() {
	[ ! -e $LAB/pid/$cell.worker ] || lab_stop $cell worker || :
}

# find_server WORD...: a fresh worker without a configured server.
find_server() {
	stop_worker
	worker $cell
	say $cell zone $domain $cell.$domain $cell.$domain $secret 0 "$@"
	publish $cell "$port"
}

known() {
	grep -E '^ *[0-9]+ ms known ' "$(lab_log $cell worker)" | tail -n 1 | grep -E -- "$1"
}

worker $cell
asks $real
port=4501
find_server
check_soon "by SRV: published" 8 said $cell "ok published=1 .*via=udp .*server=$real:53 "
check_soon "where it answered is to be remembered, TLS too" 3 known "seen=0 $real:53 tls:$real:853"

port=4502
find_server pin=${pin[dnsd]}
check_soon "with the pin: TLS" 8 said $cell "ok published=1 .*via=tls .*server=$real:853 "
check_soon "which is to be remembered" 3 known "seen=1 .*tls:$real:853"

# A resolver that says that the zone is somewhere else: at itself, where nobody has our keys.
lab_exec mallory mkdir -p /etc/bind /var/cache/bind /run/named
lab_exec mallory tee /etc/bind/named.conf >/dev/null <<-CONF
	options { directory "/var/cache/bind"; recursion no; listen-on { 11.22.33.99; };
		listen-on-v6 { none; }; dnssec-validation no; };
	controls { };
	zone "$domain" { type primary; file "zone"; };
CONF
lab_exec mallory tee /var/cache/bind/zone >/dev/null <<-'ZONE'
	$TTL 60
	@ SOA ns hostmaster 9999 3600 600 86400 5
	@ NS ns
	ns A 11.22.33.99
	_dns-update._udp SRV 0 0 53 ns
	_dns-push-tls._tcp SRV 0 0 853 ns
ZONE
lab_start mallory dns named -g -n 1 -c /etc/bind/named.conf
lab_wait_until 5 lab_exec $cell dig @11.22.33.99 +short +time=1 $domain SOA || lab_die "mallory does not come up"

asks 11.22.33.99
port=4503
find_server
check_soon "a lying resolver alone: nothing is believed" 12 said $cell '(refused|unreachable) published=0'
port=4504
find_server known=$real
check_soon "with a server that was remembered: published there" 8 said $cell "ok published=1 .*server=$real:53 "
say $cell hurry 10
sleep 3
check "and it stays so" said $cell "ok published=1 .*server=$real:53 "
asks 11.22.33.98
port=4505
find_server known=$real
check_soon "no resolver at all: the same" 8 said $cell "ok published=1 .*server=$real:53 "

# TLS is blocked by somebody who would like to read along.
lab_exec dnsd nft -f - <<-'NFT'
	table inet block { chain in { type filter hook input priority 0; tcp dport 853 reject with tcp reset; }; }
NFT
stop_worker
lab_capture clear host 11.22.33.100 and port 53
port=4506
find_server $real pin=${pin[dnsd]} seen
check_soon "TLS is blocked, and has worked before: it says so" 15 said $cell 'unreachable published=0 .*(refused|reset)'
lab_capture_stop clear
check_equal "and not a word in clear text" 0 "$(lab_packets clear 'dst host 11.22.33.60')"
lab_exec dnsd nft delete table inet block
check_soon "no longer: TLS again" 8 said $cell 'ok published=1 .*via=tls '
lab_exec dnsd nft -f - <<-'NFT'
	table inet block { chain in { type filter hook input priority 0; tcp dport 853 drop; }; }
NFT
port=4507
find_server $real pin=${pin[dnsd]}
check_soon "TLS does not answer and never did: UDP soon" 6 said $cell 'ok published=1 .*via=udp '
say $cell quit
