#!/bin/bash
# BIND, Knot and NSD as secondaries of autotunnel-dnsd, each with a key that the others do not know:
# through thousands of changes, a primary that is killed, and changes made while they were away, each
# has in the end what the primary has.  On the loopback interface of a network namespace of its own.
set -eu

changes=${AT_CHANGES:-10000}
if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi
. "$top_srcdir/tests/servers.sh"

dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
load=$(realpath "$top_builddir/tests/dnsd_load")
zone=alice.example
secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
account=hmac-sha256:account.$zone:$secret
primary=5305
declare -A port=([bind]=5311 [knot]=5312 [nsd]=5313)
declare -A pid=()
work=$(mktemp -d)
stop() {
	[ -z "${pid[$1]:-}" ] || kill ${2:-} "${pid[$1]}" 2>/dev/null || :
	[ -z "${pid[$1]:-}" ] || { wait "${pid[$1]}"; } 2>/dev/null || :
	pid[$1]=
}
trap 'for s in "${!pid[@]}"; do stop $s; done; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"
mkdir bind knot nsd

fail() {
	echo "dnsd_secondaries: $*" >&2
	for log in *.log; do tail -n 4 "$log" | sed "s/^/$log: /" >&2; done
	exit 1
}

cat >dnsd.conf <<-CONF
	[server]
	listen = 127.0.0.1:$primary
	state-dir = $work/state
	run-dir = $work/run
	user = nobody
	rate-limit = 0
	journal-size = 1
	[zone $zone]
	account-key = $account
	transfer-key = hmac-sha256:for-nsd.$zone:$secret
	transfer-key = hmac-sha256:any.$zone:$secret
	transfer-key = hmac-sha256:for-bind.$zone:$secret
	notify = 127.0.0.1:${port[bind]} key for-bind.$zone 127.0.0.1:${port[knot]} 127.0.0.1:${port[nsd]} key for-nsd.$zone
	address = 127.0.0.1
CONF
cat >bind.conf <<-CONF
	options {
		directory "$work/bind"; pid-file none; session-keyfile none; recursion no;
		listen-on port ${port[bind]} { 127.0.0.1; }; listen-on-v6 { none; };
		dnssec-validation no; min-refresh-time 1; serial-query-rate 1000;
	};
	controls { };
	key "for-bind.$zone" { algorithm hmac-sha256; secret "$secret"; };
	zone "$zone" {
		type secondary; file "zone"; masterfile-format text;
		primaries { 127.0.0.1 port $primary key for-bind.$zone; };
		allow-notify { key for-bind.$zone; };
	};
CONF
cat >knot.conf <<-CONF
	server:
	    listen: 127.0.0.1@${port[knot]}
	    rundir: $work/knot
	database:
	    storage: $work/knot
	log:
	  - target: stderr
	    any: info
	key:
	  - id: any.$zone
	    algorithm: hmac-sha256
	    secret: $secret
	remote:
	  - id: primary
	    address: 127.0.0.1@$primary
	    key: any.$zone
	acl:
	  - id: primary
	    key: any.$zone
	    action: notify
	  - id: all
	    address: 127.0.0.1
	    action: transfer
	zone:
	  - domain: $zone
	    storage: $work/knot
	    master: primary
	    acl: [primary, all]
CONF
cat >nsd.conf <<-CONF
	server:
	    ip-address: 127.0.0.1@${port[nsd]}
	    username: ""
	    chroot: ""
	    database: ""
	    zonesdir: "$work/nsd"
	    zonelistfile: "$work/nsd/zone.list"
	    xfrdfile: "$work/nsd/xfrd.state"
	    xfrdir: "$work/nsd"
	    pidfile: "$work/nsd/pid"
	    hide-version: yes
	    xfrd-reload-timeout: 0
	remote-control:
	    control-enable: no
	key:
	    name: "for-nsd.$zone"
	    algorithm: hmac-sha256
	    secret: "$secret"
	zone:
	    name: "$zone"
	    zonefile: "zone"
	    allow-notify: 127.0.0.1 for-nsd.$zone
	    request-xfr: 127.0.0.1@$primary for-nsd.$zone
	    provide-xfr: 127.0.0.1 NOKEY
CONF

start() {
	case $1 in
	dnsd) exec "$dnsd" -c dnsd.conf ;;
	bind) exec named -f -c bind.conf -n 1 ;;
	knot) exec knotd -c knot.conf ;;
	nsd) exec nsd -d -c nsd.conf ;;
	esac >>$1.log 2>&1 &
	pid[$1]=$!
}

serial() {
	dig @127.0.0.1 -p "$1" +short +time=1 +tries=1 "$zone" SOA 2>/dev/null | cut -d ' ' -f 3
}

# in_step WHAT: each secondary reaches the primary's serial, and has the same records
in_step() {
	local what=$1 want s deadline=$((SECONDS + 20))

	want=$(serial $primary)
	[ -n "$want" ] || fail "$what: the primary does not answer"
	for s in bind knot nsd; do
		until [ "$(serial "${port[$s]}")" = "$want" ]; do
			[ $SECONDS -lt $deadline ] ||
				fail "$what: $s stays at serial $(serial "${port[$s]}"), not $want"
			sleep 0.05
		done
	done
	records $primary -y $account >primary.zone
	[ "$(wc -l <primary.zone)" -ge 3 ] || fail "$what: no transfer from the primary"
	for s in bind knot nsd; do
		records "${port[$s]}" >$s.zone
		cmp -s primary.zone $s.zone || { diff primary.zone $s.zone | head -5 >&2
			fail "$what: $s has other records"; }
	done
	echo "$what: serial $want, $(wc -l <primary.zone) records, all alike"
}

records() {
	local port=$1
	shift
	dig @127.0.0.1 -p "$port" "$@" +noall +answer +onesoa $zone AXFR |
		tr A-Z a-z | tr -s '\t ' ' ' | sort
}

burst() { # count, in flight
	local line
	line=$("$load" -c "$1" -q "$2" -h 2000 127.0.0.1 $primary $zone $account) ||
		fail "updates: $line"
}

primary_up() {
	until [ -n "$(serial $primary)" ]; do
		kill -0 "${pid[dnsd]}" 2>/dev/null || fail "the primary does not start"
		sleep 0.05
	done
}

start dnsd
primary_up
start bind
start knot
start nsd
in_step "first transfer"

burst $((changes / 2)) 2
in_step "$((changes / 2)) changes, two at a time"
burst $((changes / 2)) 64
in_step "$((changes / 2)) changes, 64 at a time"

# The primary dies at full rate and comes back, again and again; in the end they are in step.
stop dnsd
line=$("$load" -k "${AT_KILLS:-100}" -h 256 -q 64 -r 3 127.0.0.1 $primary $zone $account "$dnsd" -c dnsd.conf 2>>dnsd.log) ||
	fail "killed: $line"
echo "killed: $line"
start dnsd
primary_up
burst 10 1
in_step "the primary killed ${AT_KILLS:-100} times and back"

# Secondaries that were away get what they missed.
for s in bind knot nsd; do stop $s; done
burst 500 16
for s in bind knot nsd; do start $s; done
burst 3 1
in_step "secondaries away and back"

# Of the storms a secondary gets whatever is shorter, the changes or the zone (RFC 1995 section 4).
# A quiet change is always shorter, and is all that is sent.
transfers() { # kind
	grep -c "$1, incoming.* finished" knot.log || :
}
full=$(transfers AXFR)
incremental=$(transfers IXFR)
for i in 1 2 3; do
	printf 'server 127.0.0.1 %s\nupdate add quiet%s.%s 60 TXT %s\nsend\n' $primary $i $zone $i |
		nsupdate -y $account || fail "quiet change $i: refused"
	in_step "quiet change $i"
done
full=$(($(transfers AXFR) - full))
incremental=$(($(transfers IXFR) - incremental))
[ "$full" -eq 0 ] && [ "$incremental" -eq 3 ] ||
	fail "quiet changes: Knot had $full full transfers, $incremental incremental ones"
echo "quiet changes: Knot had $incremental incremental transfers, none full"

# Nobody gets the zone without a key.
dig @127.0.0.1 -p $primary $zone AXFR | grep -q 'Transfer failed' || fail "AXFR without a key"

# A secondary is told with a key that it does not know: nothing but the log can say so.
stop dnsd
sed -i 's/ key for-bind\.[^ ]*/ key any.'$zone'/' dnsd.conf
start dnsd
primary_up
deadline=$((SECONDS + 10))
until grep -q "127.0.0.1:${port[bind]} does not take a NOTIFY signed with any.$zone" dnsd.log; do
	[ $SECONDS -lt $deadline ] || fail "no word about a wrong key"
	sleep 0.05
done
[ "$(grep -c 'does not take a NOTIFY' dnsd.log)" = 1 ] || fail "more than one line about a wrong key, or a wrong one"
echo "wrong key: told in the log"
