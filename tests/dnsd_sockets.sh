#!/bin/bash
# Sockets that systemd opened: an autotunnel-dnsd that is not running is started by the first question
# and answers it, over UDP, TCP and TLS; who asks while it is restarted waits in the socket and is
# answered.  systemd-socket-activate opens the sockets, for IPv6 and IPv4 alike, as a unit's
# ListenStream=53 does; a script of some lines keeps them over a restart, as systemd does.  On the
# loopback interface of a network namespace of its own.
set -eu

if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi
dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
watch=$(realpath "$top_builddir/tests/dnsd_watch")
zone=z.example
key=hmac-sha256:k.$zone:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
keeper=
work=$(mktemp -d)
stop() { # systemd: the service, then the sockets
	rm -f go
	[ -z "$keeper" ] || kill "$keeper" 2>/dev/null || :
	[ -z "$keeper" ] || { wait "$keeper"; } 2>/dev/null || :
	keeper=
}
trap 'stop; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"
# locked in, the server cannot be searched for leaks: the unit tests are
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

fail() {
	echo "dnsd_sockets.sh: FAIL: $*" >&2
	tail -n 15 log sockets.log >&2 2>/dev/null || :
	exit 1
}

for tool in systemd-socket-activate setpriv ss dig kdig; do
	command -v $tool >/dev/null || fail "$tool is not installed"
done

# The addresses are nobody's here: with sockets passed, none of them is opened.
write_conf() { # tls-listen, LINE...
	cat >conf <<-CONF
		[server]
		listen = 192.0.2.1
		tls-listen = $1
		tls-key = $work/tls.pem
		state-dir = $work/state
		run-dir = $work/run
		user = nobody
		lease-min = 1
		$2
		$3
		[zone $zone]
		account-key = $key
	CONF
}

# Systemd's part: keep the sockets, and start the server whenever it is not there and may be.
cat >keep <<'KEEP'
server=
end() {
	[ -z "$server" ] || kill $server
	for i in {1..60}; do
		[ -n "$server" ] && kill -0 $server || break
		sleep 0.05
	done
	[ -z "$server" ] || kill -9 $server
	rm -f pid
} 2>/dev/null
trap 'end; exit' TERM
while :; do
	if [ -z "$server" ] && [ -e go ]; then
		(LISTEN_PID=$BASHPID exec "$@" -c conf) >>log 2>&1 &
		server=$!
		echo $server >pid.new && mv pid.new pid
	elif [ -n "$server" ] && ! kill -0 $server 2>/dev/null; then
		rm pid
		server=
	fi
	sleep 0.05
done
KEEP

# begin UDP-FIRST? COMMAND...: sockets, and nobody behind them yet.  One call opens sockets of one
# kind and adds those it was given, and waits for somebody to come.
begin() {
	local udp=(systemd-socket-activate -E ASAN_OPTIONS -d -l 53)
	local tcp=(systemd-socket-activate -E ASAN_OPTIONS -l 53 -l 853)
	local both=("${udp[@]}" "${tcp[@]}") first='-u sport = :53'

	[ "$1" = udp ] || both=("${tcp[@]}" "${udp[@]}") first='-t sport = :53'
	shift
	: >log
	touch go
	# ends with the test, however that ends
	setpriv --pdeathsig TERM "${both[@]}" bash keep "$@" >sockets.log 2>&1 &
	keeper=$!
	until ss -Hlan $first | grep -q .; do
		kill -0 $keeper 2>/dev/null || fail "no sockets"
		sleep 0.02
	done
	[ ! -e pid ] || fail "the server runs before it is asked"
}

ask() { # OPTION...: one question, in one packet or connection
	dig -p 53 +short +tries=1 +time=5 +nocookie +ignore "$@" 2>&1 || :
}

ask_tls() {
	kdig @127.0.0.1 -p 853 +tls-pin="$pin" +short +retry=0 +timeout=5 "$@" 2>&1 || :
}

answered() { # WHAT EXPECTED GOT
	[ "$3" = "$2" ] || fail "$1: ${3:-nothing}"
}

# ---- the first question starts it; IPv4 and IPv6, and everybody's own limits ----
write_conf 192.0.2.1 'rate-limit = 5' 'network-connections = 4'
pin=$("$dnsd" --pin -c conf 2>log) || fail "no pin"
begin udp "$dnsd"
answered "first question" ns.$zone. "$(ask @127.0.0.1 $zone NS)"
[ -e pid ] || fail "somebody else has answered"
for i in 1 2 3; do
	answered "TCP, $i" ns.$zone. "$(ask @127.0.0.1 +tcp $zone NS)"
	answered "UDP after TCP, $i" ns.$zone. "$(ask @127.0.0.1 $zone NS -b 127.$i.0.1)"
	answered "TLS, $i" ns.$zone. "$(ask_tls $zone NS)"
done
answered "another address of ours" ns.$zone. "$(ask @127.0.0.99 $zone NS)"
answered "from where" '"127.5.0.1" "4444"' "$(ask @127.0.0.1 -b 127.5.0.1#4444 whoami.$zone TXT)"
if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
	answered "UDP over IPv6" ns.$zone. "$(ask @::1 $zone NS)"
	answered "TCP over IPv6" ns.$zone. "$(ask @::1 +tcp $zone NS)"
fi
for i in {1..80}; do ask @127.0.0.1 -b 127.6.0.1 +time=1 $zone SOA & sleep 0.01; done >flood &
sleep 0.3
for i in 1 2 3; do
	answered "another network in a flood, $i" ns.$zone. "$(ask @127.0.0.1 -b 127.7.0.1 $zone SOA | cut -d ' ' -f 1)"
done
wait $!
[ "$(grep -c "^ns.$zone" flood)" -lt 60 ] || fail "no limit for one network"
for i in 5 6 7 8; do
	eval "exec $i<>/dev/tcp/127.0.0.1/53"
done
case $(ask @127.0.0.1 +tcp $zone NS) in ns.*) fail "no limit for one network's connections" ;; esac
answered "another network's connection" ns.$zone. "$(ask @127.0.0.1 +tcp -b 127.7.0.1 $zone NS)"
for i in 5 6 7 8; do
	eval "exec $i>&-"
done

# ---- a restart loses nobody who asks meanwhile ----
old=$(cat pid)
rm go
kill "$old"
while [ -e pid ]; do sleep 0.02; done
ask @127.0.0.1 $zone NS >udp &
ask @127.0.0.1 +tcp $zone NS >tcp &
ask_tls $zone NS >tls &
until [ "$(ss -Htan state established dport = :53 or dport = :853 | wc -l)" -ge 2 ]; do sleep 0.02; done
[ ! -s udp ] && [ ! -s tcp ] && [ ! -s tls ] || fail "answers without a server: $(cat udp tcp tls)"
touch go
wait $(jobs -p | grep -vx $keeper)
for how in udp tcp tls; do
	answered "$how, while it was restarted" ns.$zone. "$(cat $how)"
done
[ "$(cat pid)" != "$old" ] || fail "it was not restarted"
stop
echo "ok: started by a question, restarted without losing one"

# ---- never root; long-lived queries; no TLS when there is no tls-listen ----
write_conf none 'rate-limit = 0' ''
rm -f run/*
begin tcp setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups "$dnsd"
answered "first question, by TCP" ns.$zone. "$(ask @127.0.0.1 +tcp $zone NS &
	sleep 0.3; ask @127.0.0.1 $zone NS >udp; wait)"
answered "first question, by UDP" ns.$zone. "$(cat udp)"
[ "$(stat -c %U "/proc/$(cat pid)")" = nobody ] || fail "not run by nobody"
"$watch" -l 8 -u 4 127.0.0.1 53 $zone $key >watched || fail "long-lived queries: $(cat watched)"
case $(ask_tls $zone NS) in ns.*) fail "TLS without tls-listen" ;; esac
grep -q 'port 853.*tls-listen' log || fail "no word about the socket for TLS that is of no use"
stop
echo "ok: never root"
