#!/bin/bash
# autotunnel-dnsd and real clients: nsupdate, knsupdate, dig, kdig, drill, ldns-notify, dnsperf; and
# those who mean ill, each of whom meets a limit.  On the loopback interface of a network namespace
# of its own.
set -eu

if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi

dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
page=$(realpath "$top_srcdir/man/autotunnel-dnsd.conf.5.in")
zone=alice.example
secret=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
account=hmac-sha256:account.$zone:$secret
device=hmac-sha256:nas.$zone:$secret
old_sha1=hmac-sha1:sha1.$zone:$secret
old_md5=hmac-md5:md5.$zone:$secret
at="@127.0.0.1 -p 5353"
server=
work=$(mktemp -d)
stop() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ -z "$server" ] || { wait "$server"; } 2>/dev/null || :
	server=
}
trap 'stop; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"

fail() {
	echo "dnsd_clients.sh: FAIL: $*" >&2
	tail -n 20 log out >&2 2>/dev/null || :
	exit 1
}

ok() {
	echo "ok: $*"
}

# Each of these tools must be there: a test that passes without them would prove nothing.
for tool in dig nsupdate kdig knsupdate drill ldns-notify dnsperf; do
	command -v $tool >/dev/null || fail "$tool is not installed"
done

# start KEY=VALUE...: the server, with these lines in [server]
start() {
	{
		printf '[server]\nlisten = 127.0.0.1:5353 [::1]:5353\nuser = nobody\n'
		printf 'state-dir = %s/state\nrun-dir = %s/run\n' "$work" "$work"
		printf '%s\n' "$@"
		printf '[zone %s]\naddress = 127.0.0.1\n' $zone
		printf 'account-key = %s\n' $account
		printf 'device-key = %s\n' $device $old_sha1 $old_md5
		printf '[zone private.example]\nprivate = yes\naccount-key = %s\n' \
			hmac-sha512:key.private.example:$secret
	} >conf
	"$dnsd" -c "$work/conf" >log 2>&1 &
	server=$!
	for _ in $(seq 100); do
		dig +tries=1 +time=1 $at SOA $zone 2>/dev/null | grep -q hostmaster && return
		sleep 0.05
	done
	fail "the server does not answer"
}

alive() {
	dig +short +tries=2 +time=2 $at SOA $zone | grep -q hostmaster || fail "$1: the server is gone"
	kill -0 "$server" || fail "$1: the server is gone"
}

# is WANT COMMAND...: its output
is() {
	local want=$1 got

	shift
	got=$("$@" 2>&1) || :
	[ "$got" = "$want" ] || fail "$*: \"$got\", want \"$want\""
}

# has PATTERN COMMAND...: a line of its output
has() {
	local pattern=$1

	shift
	"$@" >out 2>&1 || :
	grep -qE "$pattern" out || fail "$*: no \"$pattern\""
}

clients_update() {
	nsupdate -y $account <<-UPDATE || fail "nsupdate over UDP"
		server 127.0.0.1 5353
		zone $zone
		prereq nxdomain a.$zone
		update add a.$zone 60 A 192.0.2.1
		send
	UPDATE
	nsupdate -v -y $device <<-UPDATE || fail "nsupdate over TCP"
		server ::1 5353
		zone $zone
		update add nas.$zone 60 AAAA 2001:db8::1
		update add _autotunnel._udp.nas.$zone 60 SRV 0 0 4500 at.nas.$zone
		update add at.nas.$zone 60 A 192.0.2.2
		update add nas.$zone 60 TXT "two words" more
		send
	UPDATE
	! nsupdate -y $device <<-UPDATE 2>out || fail "a device may write elsewhere"
		server 127.0.0.1 5353
		zone $zone
		update add a.$zone 60 A 192.0.2.66
		send
	UPDATE
	grep -q REFUSED out || fail "not refused"
	! nsupdate -y $account <<-UPDATE 2>out || fail "a prerequisite that does not hold"
		server 127.0.0.1 5353
		zone $zone
		prereq nxdomain a.$zone
		update add a.$zone 60 A 192.0.2.66
		send
	UPDATE
	grep -q YXDOMAIN out || fail "not YXDOMAIN"
	is 192.0.2.1 dig +short $at a.$zone A
	ok "nsupdate"

	printf '%s\n' "server 127.0.0.1 5353" "zone $zone." "add b.$zone. 60 A 192.0.2.3" \
		"add b.$zone. 60 TYPE65280 \\# 3 010203" "send" |
		knsupdate -y $account >out 2>&1 || fail "knsupdate"
	is 192.0.2.3 dig +short $at b.$zone A
	is '\# 3 010203' dig +short $at b.$zone TYPE65280
	printf '%s\n' "server 127.0.0.1 5353" "zone $zone." "del b.$zone." "send" |
		knsupdate -v -y $account >out 2>&1 || fail "knsupdate over TCP"
	has NXDOMAIN dig $at b.$zone A
	ok "knsupdate"
}

clients_ask() {
	is "0 0 4500 at.nas.$zone." dig +short $at _autotunnel._udp.nas.$zone SRV
	is "0 0 4500 at.nas.$zone." kdig +short $at _autotunnel._udp.nas.$zone SRV
	has "SRV.0 0 4500 at.nas.$zone." drill -p 5353 _autotunnel._udp.nas.$zone SRV @127.0.0.1
	is '"two words" "more"' dig +short +tcp $at nas.$zone TXT
	is '"two words" "more"' kdig +short +tcp $at nas.$zone TXT
	has "flags: qr aa rd; QUERY: 1, ANSWER: 1" dig $at nas.$zone AAAA
	has "flags: qr aa; .*ANSWER: 0, AUTHORITY: 1" dig +norec $at _udp.nas.$zone A
	has "COOKIE: [0-9a-f]{48} \(good\)" dig +cookie $at $zone SOA
	has "status: BADVERS" dig +edns=7 +noednsneg $at $zone SOA
	has "status: REFUSED" dig $at example.org A
	has "status: REFUSED" dig $at version.bind CH TXT
	has "status: NOTIMP" dig +opcode=2 $at $zone
	# no recursion is offered, whatever is asked for
	has "recursion requested but not available" dig +rec $at $zone SOA
	is '"127.0.0.1"' sh -c "dig +short $at whoami.$zone TXT | cut -d' ' -f1"
	# the case of the question comes back (0x20)
	has "^NaS.aLiCe.ExAmPlE." dig +noall +answer $at NaS.aLiCe.ExAmPlE AAAA
	ok "dig, kdig, drill"
	has "status: REFUSED" dig $at private.example SOA
	has "hostmaster.private.example" dig +short -y hmac-sha512:key.private.example:$secret \
		$at private.example SOA
	has "hostmaster.private.example" kdig +short -y hmac-sha512:key.private.example:$secret \
		$at private.example SOA
	has "status: NOTAUTH" dig -y hmac-sha512:key.private.example:AAAA$secret $at private.example SOA
	has "rcode: REFUSED" drill -p 5353 private.example SOA @127.0.0.1
	# ldns-update knows no algorithm that is still good
	has "REFUSED" ldns-notify -p 5353 -z $zone 127.0.0.1
	ok "a private zone answers to its key only"
}

# old WANT: what becomes of an update and a question, and of both answers, with a key for each of the
# weak algorithms; dig and nsupdate check the answers' signatures
old() {
	local want=$1 key name

	for key in $old_sha1 $old_md5; do
		name=${key#*:}
		name=${name%%:*}
		printf '%s\n' "server 127.0.0.1 5353" "zone $zone" "update add $name 60 A 192.0.2.77" send |
			nsupdate -y $key 2>out || :
		if [ "$want" = taken ]; then
			[ ! -s out ] || fail "nsupdate with $name"
			has "status: NOERROR" dig -y $key $at $name A
			! grep -q "verify signature" out || fail "the answer's signature"
			grep -q "192.0.2.77" out || fail "$name was not written"
			grep -q "key $name is for ${key%%:*}, which is weak: " log || fail "no warning"
		else
			grep -q "NOTAUTH(BADKEY)" out || fail "nsupdate with $name: not refused"
			has "status: NOTAUTH" dig -y $key $at $name A
			grep -q BADKEY out || fail "$name: not BADKEY"
			has NXDOMAIN dig $at $name A
			grep -q "key $name .* is not accepted" log || fail "no warning"
		fi
	done
}

old_keys() {
	old refused
	ok "weak keys are refused"
	stop
	start "weak-tsig = yes"
	old taken
	ok "weak keys for those who have nothing better"
	stop
	start
}

perf() {
	local n

	for ((n = 0; n < 500; n++)); do
		printf '%s\n' "$zone" "add p$n 60 A 10.0.$((n / 256)).$((n % 256))" send
	done >updates
	for ((n = 0; n < 500; n++)); do echo "p$n.$zone A"; done >queries
	dnsperf -u -y $account -s 127.0.0.1 -p 5353 -d updates -c 4 -q 32 -n 1 >out 2>&1 || fail "dnsperf -u"
	grep -q "Updates completed: *500 (100.00%)" out && grep -q "NOERROR 500 (100.00%)" out ||
		fail "dnsperf: updates"
	dnsperf -y $account -s 127.0.0.1 -p 5353 -d queries -c 4 -q 32 -n 4 >out 2>&1 || fail "dnsperf"
	grep -q "NOERROR 2000 (100.00%)" out || fail "dnsperf: queries"
	ok "dnsperf, updates and queries"
}

# Everything acknowledged is there after kill -9.
killed() {
	kill -KILL $server
	{ wait $server; } 2>/dev/null || :
	start
	is 10.0.1.243 dig +short $at p499.$zone A
	is "0 0 4500 at.nas.$zone." dig +short $at _autotunnel._udp.nas.$zone SRV
	ok "nothing is lost by kill -9"
}

# ---- those who mean ill ----

# Octets to the server over TCP; what comes back goes to out until it closes, 20 s at most.
raw() {
	exec 9<>/dev/tcp/127.0.0.1/5353
	printf "$1" >&9
	timeout "${2:-20}" cat <&9 >out || return 1
	exec 9>&-
}

slow_loris() {
	local start=$SECONDS

	# half a length; half a message; nothing at all: each is closed, none holds the server up
	raw '\x00' || fail "half a length holds a connection for ever"
	[ $((SECONDS - start)) -le 17 ] || fail "half a length: $((SECONDS - start)) s"
	raw '\x00\x20\x00\x01' 14 || fail "half a message holds a connection for ever"
	[ ! -s out ] || fail "an answer to half a message"
	alive "slow loris"
	ok "slow clients are put out"
}

flood() {
	local i fds=() got

	stop
	start "network-connections = 20"
	for ((i = 0; i < 60; i++)); do
		exec {fd}<>/dev/tcp/127.0.0.1/5353
		fds+=($fd)
	done
	sleep 0.3
	got=$(ss -Htn state established "( sport = :5353 )" | wc -l)
	[ "$got" -le 20 ] || fail "$got connections from one network, want 20"
	alive "connection flood"
	has "timed out|connection refused|reset|closed|no servers" dig +tcp +tries=1 +time=1 $at $zone SOA
	for fd in "${fds[@]}"; do exec {fd}>&-; done
	sleep 0.3
	has "hostmaster" dig +tcp +short $at $zone SOA
	ok "connections are counted"
}

giants() {
	local n

	# The largest message there is, nearly; and one with more records than we take.
	{
		echo "server 127.0.0.1 5353"
		echo "zone $zone"
		for ((n = 0; n < 200; n++)); do
			printf 'update add big%d.%s 60 TXT "%s"\n' $n $zone "$(printf '%0250d' $n)"
		done
		echo send
	} | nsupdate -v -y $account || fail "an update of 50 kB"
	has "0199\"" dig +short $at big199.$zone TXT
	{
		echo "server 127.0.0.1 5353"
		echo "zone $zone"
		for ((n = 0; n < 3000; n++)); do
			printf 'update add many%d.%s 60 A 10.1.1.1\n' $n $zone
		done
		echo send
	} | nsupdate -v -y $account 2>out && fail "3000 records in an update"
	has NXDOMAIN dig $at many0.$zone A
	# Names that point to themselves and to each other, lengths that lie.
	raw '\x00\x12\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01' 20 ||
		fail "a compression loop"
	[ "$(od -An -tx1 -j5 -N1 out | tr -d ' ')" = 01 ] || fail "a compression loop is no FORMERR"
	raw '\x00\x0b\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00' 20 || fail "a message of 11 octets"
	[ ! -s out ] || fail "an answer to 11 octets"
	alive "giants"
	ok "giant and malformed messages"
}

# Bound to all addresses, it answers from the one that was asked.
all_addresses() {
	stop
	ip address add 127.0.0.2/8 dev lo
	ip address add fd00::2/128 dev lo nodad
	start "listen = 0.0.0.0:5353 [::]:5353"
	for addr in 127.0.0.1 127.0.0.2 ::1 fd00::2; do
		is 192.0.2.1 dig +short +tries=1 "@$addr" -p 5353 a.$zone A
		is 192.0.2.1 dig +short +tries=1 +tcp "@$addr" -p 5353 a.$zone A
	done
	ok "each address answers for itself"
}

# As the unit of a socket: who opens the ports is not who answers.
activated() {
	command -v systemd-socket-activate >/dev/null || fail "systemd-socket-activate is not installed"
	stop
	sed 's/^listen = .*/listen = none/' conf >conf.activated
	systemd-socket-activate -d -l 127.0.0.1:5353 "$dnsd" -c "$work/conf.activated" >log 2>&1 &
	server=$!
	# the first packet starts it
	for _ in $(seq 100); do
		dig +short +tries=1 +time=1 $at SOA $zone | grep -q hostmaster && break
		sleep 0.05
	done
	is 192.0.2.1 dig +short $at a.$zone A
	[ "$(ss -Huln "( sport = :5353 )" | wc -l)" -eq 1 ] || fail "it opened sockets of its own"
	ok "a socket from systemd"
}

# Equal answers over UDP are limited; who comes with a cookie or over TCP is not.
reflection() {
	local got

	stop
	start "rate-limit = 10"
	for _ in $(seq 200); do echo "$zone SOA"; done >queries
	dnsperf -s 127.0.0.1 -p 5353 -d queries -c 1 -q 100 -n 1 -t 1 >out 2>&1 || :
	got=$(sed -n 's/.*Queries completed: *\([0-9]*\).*/\1/p' out)
	[ "$got" -lt 150 ] || fail "$got of 200 equal questions answered"
	has "hostmaster" dig +short +tcp $at $zone SOA
	for _ in 1 2 3; do has "hostmaster" dig +short +cookie $at $zone SOA; done
	ok "equal answers are limited ($got of 200)"
}

# The manual page's own example is a configuration.
example() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$page" | grep -v '^\.' >example
	[ "$(wc -l <example)" -ge 5 ] || fail "no example in $page"
	"$dnsd" -n -c "$work/example" 2>out || fail "the manual page's example: $(cat out)"
	echo "port = 53" >>example
	! "$dnsd" -n -c "$work/example" 2>out || fail "-n finds nothing wrong with an unknown key"
	grep -q 'example:[0-9]*: unknown key "port"' out || fail "-n: $(cat out)"
	ok "the manual page's example"
}

example
start
clients_update
clients_ask
old_keys
perf
killed
giants
slow_loris
flood
all_addresses
activated
reflection
stop
echo "dnsd_clients.sh: all is well"
