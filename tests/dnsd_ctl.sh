#!/bin/bash
# autotunnel-dnsctl against a running autotunnel-dnsd: zones and keys come and go, last through
# SIGKILL, and master files go in and out so that other programs' checkers like them.
# On the loopback interface of a network namespace of its own.
set -eu

if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi
. "$top_srcdir/tests/servers.sh"

dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
openmetrics=$(realpath "$top_srcdir/tests/openmetrics")
dnsctl=$(realpath "$top_builddir/autotunnel-dnsctl")
load=$(realpath "$top_builddir/tests/dnsd_load")
shift_clock=$(realpath "$top_builddir/tests/shift_clock.so")
secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
work=$(mktemp -d)
server=
perf=
trap 'kill $server $perf 2>/dev/null || :; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"

fail() {
	echo "dnsd_ctl: $*" >&2
	tail -n 5 log >&2
	exit 1
}

conf() { # LINE...: what the file says besides
	cat <<-CONF
		[server]
		listen = 127.0.0.1:5305
		state-dir = $work/state
		run-dir = $work/run
		user = nobody
		[zone alice.example]
		account-key = hmac-sha256:account.alice.example:$secret
		services = no
	CONF
	printf '%s\n' "$@"
}

start() { # [COMMAND...]: that is to run it
	"$@" "$dnsd" -c conf >>log 2>&1 &
	server=$!
	until ctl status >/dev/null 2>&1; do
		kill -0 $server 2>/dev/null || fail "the server does not start"
		sleep 0.05
	done
}

restart() { # [COMMAND...]: by SIGKILL
	{ kill -9 "$server" && wait "$server"; } 2>/dev/null || :
	start "$@"
}

ctl() {
	"$dnsctl" -s run/control "$@"
}

# refused WORDS... : status 1 and a sentence
refused() {
	local status=0

	ctl "$@" >out 2>err || status=$?
	[ $status = 1 ] && grep -q '^autotunnel-dnsctl: ..........' err ||
		fail "\"$*\" ended with status $status: $(cat out err)"
}

answer() {
	dig @127.0.0.1 -p 5305 +short +time=1 "$@"
}

conf >conf
start

# ---- a zone of its own, with a key made on the spot ----
ctl zone add bob.example address=192.0.2.1 services=no name-server=ns.bob.example
key=$(ctl key add bob.example account account.bob.example)
[[ $key =~ ^hmac-sha256:account.bob.example:[A-Za-z0-9+/]{43}=$ ]] || fail "no key: $key"
[ "$(answer ns.bob.example)" = 192.0.2.1 ] || fail "the new zone does not answer"
printf 'server 127.0.0.1 5305\nzone bob.example\nupdate add h.bob.example 60 A 192.0.2.7\nsend\n' |
	nsupdate -y "$key" || fail "the new key is not accepted"
restart
[ "$(answer h.bob.example)" = 192.0.2.7 ] || fail "zone, key or record did not last"
printf 'server 127.0.0.1 5305\nzone bob.example\nupdate add i.bob.example 60 A 192.0.2.8\nsend\n' |
	nsupdate -y "$key" || fail "the key did not last"
[ "$(stat -c '%a %U' state/added.conf)" = '600 nobody' ] || fail "added.conf can be read by others"

# ---- what is refused changes nothing ----
before=$(ctl --json zone list; ctl --json key list)
refused zone add bob.example
refused zone add 'bad..name'
refused zone add carol.example nonsense=1
refused zone add carol.example notify=name.example
refused zone add carol.example notify=192.0.2.1,key
refused zone del nosuch.example
refused zone del alice.example
refused zone export nosuch.example
refused key add bob.example account account.bob.example
refused key add bob.example chief chief.bob.example
refused key add bob.example device "hmac-md5:d.bob.example:$secret"
refused key add bob.example device "hmac-sha256:d.alice.example:$secret"
refused key del account.alice.example
refused key del nosuch
[ "$before" = "$(ctl --json zone list; ctl --json key list)" ] || fail "a refused request changed something"
status=0
ctl zone frobnicate 2>/dev/null || status=$?
[ $status = 2 ] || fail "a verb that is none: status $status"
status=0
"$dnsctl" -s run/nothing status 2>/dev/null || status=$?
[ $status = 3 ] || fail "no server: status $status"

# ---- a secondary is told with the key that is its own, and not without it ----
told() {
	ctl metrics | sed -n 's/^autotunnel_dnsd_notifies_sent_total //p'
}
ctl zone add dick.example address=192.0.2.1 services=no notify=127.0.0.1:5399,key,t2.dick.example
ctl key add dick.example transfer t1.dick.example >/dev/null
ctl key add dick.example account account.dick.example >dick.key
before=$(told)
printf 'server 127.0.0.1 5305\nzone dick.example\nupdate add h.dick.example 60 A 192.0.2.7\nsend\n' |
	nsupdate -y "$(cat dick.key)" || fail "notify: no update"
until grep -q 'dick.example: 127.0.0.1:5399 is not notified: there is no transfer key t2.dick.example' log; do
	kill -0 "$server" || fail "notify: the server is gone"
	sleep 0.05
done
[ "$(told)" = "$before" ] || fail "notify: told with another key"
ctl key add dick.example transfer t2.dick.example >/dev/null
restart
printf 'server 127.0.0.1 5305\nzone dick.example\nupdate add h.dick.example 60 A 192.0.2.8\nsend\n' |
	nsupdate -y "$(cat dick.key)" || fail "notify: no update after the restart"
for ((i = 0; i < 100; i++)); do
	[ "$(told)" -eq 0 ] || break
	sleep 0.05
done
[ "$(told)" -gt 0 ] || fail "notify: not told with its key"
[ "$(grep -c 'is not notified' log)" = 1 ] || fail "notify: more than one line in the log"
ctl zone del dick.example

# ---- master files ----
cat >bob.zone <<'ZONE'
$TTL 60
@ SOA ns hostmaster ( 20 ; serial, newer than the zone's
	600 300 86400 30 )
  NS ns
ns A 192.0.2.1
   AAAA 2001:db8::1
www 300 CNAME ns
_autotunnel._udp.nas SRV 0 0 4500 at.nas
at.nas A 203.0.113.5
$ORIGIN sub.bob.example.
a TXT "hello world" "quote \" and ; semicolon"
b TYPE65280 \# 4 01020304
*.c 7 MX 10 mail.example.
ZONE
ctl zone import bob.example bob.zone
ctl zone export bob.example >bob.out
[ "$(wc -l <bob.out)" = 10 ] || fail "export: $(cat bob.out)"
named-checkzone -q bob.example bob.out || fail "named-checkzone: $(named-checkzone bob.example bob.out)"
kzonecheck -o bob.example bob.out || fail "kzonecheck does not like the export"
ctl zone import bob.example bob.out
ctl zone export bob.example >bob.again # nothing new in it: no new serial either
sort bob.again | diff <(sort bob.out) - || fail "what was exported is imported as something else"
[ "$(answer -t TXT a.sub.bob.example)" = '"hello world" "quote \" and ; semicolon"' ] || fail "TXT"
[ -z "$(answer h.bob.example)" ] || fail "import left a record that the file does not have"
restart
ctl zone export bob.example | sort | diff <(sort bob.again) - || fail "an import did not last"

# What is no zone is refused as a whole.
for bad in '@ A 1.2.3' 'x A 192.0.2.9' 'x.elsewhere.example. A 192.0.2.9' \
	$'@ SOA a b 1 2 3 4 5\n@ NS a\nx CNAME a\nx A 192.0.2.9' '@ SOA a b 1 2 3 4 5'; do
	printf '$TTL 1\n%s\n' "$bad" >bad.zone
	refused zone import bob.example bad.zone
done
ctl zone export bob.example | sort | diff <(sort bob.again) - || fail "a refused import changed something"

# Much of it at once, into a new zone.
ctl zone add big.example services=no
{
	printf '$TTL 60\n@ SOA ns h 5 600 300 86400 30\n@ NS ns\nns A 192.0.2.1\n'
	seq -f 'h%.0f A 192.0.2.1' 30000
} >big.zone
ctl zone import big.example big.zone
restart
[ "$(ctl --json zone list | jq -r 'select(.name == "big.example") | .records')" = 30003 ] || fail "big zone"
[ "$(answer h30000.big.example)" = 192.0.2.1 ] || fail "big zone does not answer"
ctl zone del big.example
[ ! -e state/zones/big.example ] || fail "files of a removed zone are left"

# ---- status and metrics ----
ctl --json status | jq -se 'any(.kind == "server" and .zones == 2 and .keys == 2)' >out || fail "status: $(ctl --json status)"
ctl status | grep -q '^zone bob.example' || fail "status as text"
ctl metrics >metrics
[ "$(tail -n 1 metrics)" = '# EOF' ] || fail "metrics have no end"
grep -q '^autotunnel_dnsd_zone_records{zone="bob.example"} 10$' metrics || fail "metrics"
"$openmetrics" <metrics >out || fail "Prometheus cannot read the metrics"

# ---- reload: the file says something else ----
conf "transfer-key = hmac-sha256:t.alice.example:$secret" '[zone dora.example]' 'services = no' \
	"account-key = hmac-sha256:account.dora.example:$secret" >conf
ctl reload
[ -n "$(answer dora.example SOA)" ] || fail "reload: the new zone is not served"
ctl --json key list | jq -se 'any(.name == "t.alice.example")' >/dev/null || fail "reload: no new key"
[ -n "$(answer bob.example SOA)" ] || fail "reload: a zone added at run time is gone"
conf >conf
kill -HUP "$server"
for ((i = 0; i < 200; i++)); do
	[ -n "$(answer dora.example SOA)" ] || break
	sleep 0.05
done
[ $i -lt 200 ] || fail "SIGHUP: a zone that is gone from the file is still served"
echo '[zone' >>conf
refused reload
[ -n "$(answer alice.example SOA)" ] || fail "a wrong file stopped the service"
conf >conf

# ---- a large zone comes in while others ask: nobody waits for long ----
# The bound is wide, for slow machines: what it is to find takes a time that grows with the square.
awk 'BEGIN { print "$TTL 60\n@ SOA ns hostmaster 30 600 300 86400 30\n NS ns\nns A 192.0.2.1"
	for (i = 0; i < 100000; i++) print "h" i, "A 10." int(i / 65536) "." int(i / 256) % 256 "." i % 256 }' >large
sed 's/ A 10\./ A 11./' large >larger # each record is another one
sed -i '/^rate-limit/d; s/^user/rate-limit = 0\nuser/' conf
restart
ctl zone add large.example services=no
echo 'alice.example SOA' >queries
dnsperf -s 127.0.0.1 -p 5305 -d queries -c 1 -q 1 -l 60 -Q 1000 >perf 2>&1 &
perf=$!
ctl zone import large.example large || fail "large: not imported"
[ "$(answer h99999.large.example)" = 10.1.134.159 ] || fail "large: its last record is not there"
ctl zone import large.example larger || fail "large: not imported a second time"
[ "$(answer h99999.large.example)" = 11.1.134.159 ] || fail "large: the second import is not there"
kill -INT $perf || fail "large: too slow to be watched"
wait $perf || fail "large: $(cat perf)"
perf=
grep -q 'Queries lost: *0 ' perf || fail "large: questions were not answered: $(cat perf)"
worst=$(sed -n 's/.*Average Latency.*max \([0-9]*\)\..*/\1/p' perf)
[ "${worst:-9}" -lt 3 ] || fail "large: a question waited $worst s"
ctl zone del large.example

# ---- a lease that ended while there was no server: who could not refresh gets the time for it ----
"$load" -q 1 -h 1 -c 1 -l 1800 127.0.0.1 5305 alice.example \
	hmac-sha256:account.alice.example:$secret >out || fail "lease: no update: $(cat out)"
[ -n "$(answer h0.alice.example A)" ] || fail "lease: not there"
# a sanitizer wants to be the first to be loaded, or be told that it need not be
restart env LD_PRELOAD="$shift_clock" SHIFT_CLOCK=3600 ASAN_OPTIONS=verify_asan_link_order=0
sleep 1.5 # it looks for what has ended at once
[ -n "$(answer h0.alice.example A)" ] || fail "lease: ended, and nobody could have refreshed it"
restart

# ---- who may ask ----
[ "$(stat -c %a run/control)" = 600 ] || [ "$(stat -c %a run/control)" = 660 ] || fail "mode of the socket"

# A damaged zone is not served, and all others are.
kill "$server"
wait "$server" || :
printf 'x' | dd of=state/zones/bob.example/snapshot bs=1 seek=600 conv=notrunc 2>/dev/null
start
dig @127.0.0.1 -p 5305 bob.example SOA | grep -q SERVFAIL || fail "a damaged zone does not answer SERVFAIL"
[ -n "$(answer alice.example SOA)" ] || fail "one damaged zone stops the others"
grep -q 'zone bob.example is not served: .*snapshot: damaged at' log || fail "no line about the damage"
refused zone export bob.example
ctl --json zone list | jq -se 'any(.name == "bob.example" and .state == "broken")' >/dev/null || fail "state"
ctl zone del bob.example
