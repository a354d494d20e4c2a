#!/bin/bash
# Subscribers at a real autotunnel-dnsd: long-lived queries over UDP, push over TLS, those who break
# the rules or mean ill, and the server's end.  tshark says whether it understands what was sent.  On
# the loopback interface of a network namespace of its own.
set -eu

if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi
dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
ctl=$(realpath "$top_builddir/autotunnel-dnsctl")
dso=$(realpath "$top_builddir/tests/dnsd_dso")
watch=$(realpath "$top_builddir/tests/dnsd_watch")
secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
server= crowd=
work=$(mktemp -d)
stop() {
	[ -z "$crowd" ] || kill "$crowd" 2>/dev/null || :
	crowd=
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ -z "$server" ] || { wait "$server"; } 2>/dev/null || :
	server=
}
trap 'stop; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
# locked in, the server cannot be searched for leaks: the unit tests are
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1:detect_leaks=0
cd "$work"

fail() {
	echo "dnsd_subscribe.sh: FAIL: $*" >&2
	tail -n 20 log out >&2 2>/dev/null || :
	exit 1
}

for tool in kdig tshark text2pcap; do
	command -v $tool >/dev/null || fail "$tool is not installed"
done

"$dso" ca ca.der
cat >conf <<-CONF
	[server]
	listen = 127.0.0.1:5353
	tls-listen = 127.0.0.1:8853
	state-dir = $work/state
	run-dir = $work/run
	user = nobody
	rate-limit = 0
	lease-min = 1
	[zone z.example]
	account-key = hmac-sha256:k.z.example:$secret
	[zone p.example]
	private = yes
	account-ca = $work/ca.der
	account-key = hmac-sha256:k.p.example:$secret
CONF
pin=$("$dnsd" --pin -c "$work/conf" 2>log) || fail "no pin"
[ "$pin" = "$("$dnsd" --pin -c "$work/conf")" ] || fail "the pin changes"

start() {
	"$dnsd" -c "$work/conf" >log 2>&1 &
	server=$!
	for _ in $(seq 100); do
		kdig +retry=0 +timeout=1 @127.0.0.1 -p 5353 z.example SOA 2>/dev/null | grep -q hostmaster && return
		sleep 0.05
	done
	fail "the server does not answer"
}

start
ask="kdig @127.0.0.1 -p 8853 +timeout=2 +retry=0"
$ask +tls-pin="$pin" z.example SOA +short | grep -q hostmaster || fail "kdig with the pin"
$ask +tls-pin="${pin/[a-m]/n}" z.example SOA +short 2>&1 | grep -q hostmaster && fail "kdig with another pin"
for name in _dns-push-tls._tcp _dns-update-tls._tcp; do
	$ask +tls-pin="$pin" $name.z.example SRV +short | grep -qx '0 0 8853 ns.z.example.' || fail "SRV $name"
done
$ask +tls-pin="$pin" _dns-llq._udp.z.example SRV +short | grep -qx '0 0 5353 ns.z.example.' || fail "SRV _dns-llq"
echo "ok: kdig over TLS, the pin, the records of the services"

"$dso" check 5353 8853 "$pin" dump || fail "see above"
# The oracle: every message is a DNS message, and what is pushed is seen as such.
text2pcap -q -T 853,40000 dump dump.pcap >/dev/null 2>&1
decoded=$(tshark -r dump.pcap -d tcp.port==853,dns -o tcp.desegment_tcp_streams:FALSE -V 2>/dev/null)
[ "$(grep -c 'Opcode: DNS Stateful operations' <<<"$decoded")" -ge 30 ] || fail "tshark sees no sessions"
grep -q 'DNS PUSH\|Push\b\|PUSH' <<<"$decoded" || fail "tshark sees no PUSH"
grep -qi 'malformed' <<<"$decoded" && fail "tshark calls something malformed"
echo "ok: tshark understands what the server sent"

"$dso" revoked 5353 8853 "$pin" "$ctl -s $work/run/control" || fail "see above"

# (the memory that a sanitizer keeps aside does not count)
before=$(awk '/VmRSS/ { print $2 }' /proc/$server/status)
"$dso" flood 5353 8853 "$pin" || fail "see above"
after=$(awk '/VmRSS/ { print $2 }' /proc/$server/status)
[ $((after - before)) -lt 20000 ] || fail "the server grew from $before to $after kB"
echo "ok: and memory stays bounded: $before kB, then $after kB"

"$watch" -P 8853 -k "$pin" -l 500 -p 100 -h 50 -u 100 127.0.0.1 5353 z.example \
	hmac-sha256:k.z.example:$secret >out 2>&1 || fail "500 long-lived queries, 100 connections"
grep -q 'update to event: 1200 ' out || fail "not everybody was told"
echo "ok: 600 subscribers, each is told of each change of its name"

# A thousand who stay where they are when the server ends, and then come all at once to the next one.
mkfifo go
"$watch" -P 8853 -k "$pin" -p 1000 -h 50 -w 127.0.0.1 5353 z.example \
	hmac-sha256:k.z.example:$secret <go >out 2>&1 &
crowd=$!
exec 9>go
for _ in $(seq 600); do
	grep -q ready out && break
	kill -0 "$crowd" 2>/dev/null || fail "no 1000 connections"
	sleep 0.1
done
grep -q ready out || fail "1000 connections take more than a minute"
kill "$server"
for _ in $(seq 100); do
	kill -0 "$server" 2>/dev/null || break
	sleep 0.1
done
kill -0 "$server" 2>/dev/null && fail "1000 who stay keep the server from its end"
wait "$server" || fail "with 1000 subscribers the server ended with status $?"
exec 9>&-
kill "$crowd" 2>/dev/null || :
wait "$crowd" 2>/dev/null || :
crowd=
start
"$watch" -P 8853 -k "$pin" -p 1000 -h 50 -u 50 127.0.0.1 5353 z.example \
	hmac-sha256:k.z.example:$secret >out 2>&1 || fail "1000 connections to the next server"
grep -q 'update to event: 1000 ' out || fail "not all of the thousand were told"
echo "ok: a restart with 1000 subscribers"

"$dso" leave 8853 "$pin" "$server" || fail "see above"
for _ in $(seq 20); do
	kill -0 "$server" 2>/dev/null || break
	sleep 0.1
done
kill -0 "$server" 2>/dev/null && fail "the server waits for nobody"
wait "$server" || fail "the server ended with status $?"
start
"$dso" stay 8853 "$pin" "$server" || fail "see above"
wait "$server" || fail "the server ended with status $?"
server=
echo "ok: the end"
