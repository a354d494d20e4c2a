#!/bin/bash
# What "autotunnel zone check" finds around a server that is itself in order: a secondary that is not
# told of changes, and the filter against rebinding that home routers have (dnsmasq).
#
#    laptop .2 ── Internet ── ns .53 (BIND), ns2 .54 (its secondary), router .55 (a resolver)
. "${0%/*}/lab.sh"
lab_require named dnsmasq dig
out=$LAB/check.out

lab_internet
lab_ns
lab_host laptop internet 2
lab_host ns2 internet 54
lab_host router internet 55

# The zone has two name servers; the second one may take it over, but nobody tells it of changes.
eval "$(declare -f lab_zone_file | sed '1s/.*/plain_zone_file()/')"
lab_zone_file() {
	plain_zone_file "$@"
	lab_exec ns sed -i '$a @ NS ns2\nns2 A 11.22.33.54' "$2"
	lab_exec ns sed -i 's/allow-transfer {[^}]*}/allow-transfer { 11.22.33.54; }/' /etc/bind/autotunnel.conf
}
lab_account bind laptop

lab_exec ns2 mkdir -p /etc/bind /var/cache/bind /run/named
lab_exec ns2 tee /etc/bind/named.conf >/dev/null <<-CONF
	options { directory "/var/cache/bind"; recursion no; listen-on-v6 { none; }; dnssec-validation no;
		notify no; };
	controls { };
	zone "$LAB_DOMAIN" { type secondary; primaries { $LAB_NS; }; file "zone"; masterfile-format text; };
CONF
lab_start ns2 dns named -g -n 1 -c /etc/bind/named.conf
check_soon "the secondary has the zone" 10 eval 'lab_exec ns2 dig @11.22.33.54 +short $LAB_DOMAIN SOA | grep -q .'
lab_daemon laptop
lab_ready laptop

zone_check() {
	local status=0

	lab_exec laptop autotunnel zone check >$out 2>&1 || status=$?
	cat $out
	[ "$status" = "$1" ]
}

check "a secondary that is behind is found out" zone_check 1
check "by its address and serial" grep -E "^secondary +BAD .*11\.22\.33\.54.* is at serial [0-9]+, the primary at [0-9]+" $out
check "the primary is in step" grep -E "^secondary +ok .*$LAB_NS.* is in step" $out
lab_ns_stop
lab_exec ns sed -i 's/notify no;/notify yes;/' /etc/bind/named.conf
lab_ns_restart
check_soon "the server is heard again" 10 eval '[ "$(lab_status laptop .dns.status)" = ok ]'
check "it is told of changes now: nothing is bad" zone_check 0
check "it is in step" grep -E "^secondary +ok .*11\.22\.33\.54.* is in step" $out

# resolver OPTION...: the router's, for laptop.
resolver() {
	! lab_running router dns || lab_stop router dns >/dev/null 2>&1 || :
	lab_start router dns dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --pid-file= \
		--no-resolv --no-hosts --server=$LAB_NS --listen-address=11.22.33.55 --bind-interfaces "$@"
	lab_wait_until 5 lab_exec router dig @11.22.33.55 +time=1 +tries=1 +short $LAB_DOMAIN SOA ||
		lab_die "dnsmasq does not answer"
	echo "nameserver 11.22.33.55" | lab_exec laptop tee /etc/resolv.conf >/dev/null
}

resolver
check "a resolver without a filter" zone_check 0
check "gives our address out" grep -E "^resolver +ok .*11\.22\.33\.55.* gives out the address" $out
resolver --stop-dns-rebind
check "a resolver with a filter: a note, for names work all the same" zone_check 0
check "it keeps our address back" grep -E "^resolver +note .*11\.22\.33\.55.* keeps the address of" $out
check "names work by libnss_autotunnel" lab_exec laptop getent hosts "laptop.$LAB_DOMAIN"
