#!/bin/bash
# autotunnel(1) beside running daemons: its verbs, who may call them, its exit statuses; and the dig
# lines of autotunnel-records(7), run as they stand in the page.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named dig

# check_status WHAT EXPECTED COMMAND...: the exit status; the output is left in $LAB/out.
check_status() {
	local what=$1 want=$2 got=0
	shift 2

	"$@" >$LAB/out 2>&1 || got=$?
	[ "$got" = "$want" ] || { echo "status $got, not $want, from: $*"; cat $LAB/out; } | lab_fail "$what"
	lab_pass "$what"
}

says() {
	grep -Eq -- "$1" $LAB/out || { echo "no line is like: $1"; cat $LAB/out; } | lab_fail "it says so"
}

on() {
	lab_exec laptop "$@"
}

lab_pair bind
check_status "no daemon: status 3" 3 on autotunnel status
lab_daemon laptop nas
check_status "wait for the daemon" 0 on autotunnel wait --timeout 10
check_status "wait for the peer brings the tunnel up" 0 on autotunnel wait --timeout 30 nas
lab_ready laptop nas

# What it shows.
check_status "status" 0 on autotunnel status
says '^this +laptop\.alice\.example\.com +fd[0-9a-f:]+$'
says '^router +PCP gives 11\.22\.33\.2:4500, renewal in '
says '^dns +11\.22\.33\.53:53 answers, .*published, good for 1h '
says '^tunnels +1 of 1 up on at0, ESP in '
says '^nas +up +direct 11\.22\.33\.3:4500 '
check_status "all is well, strictly" 0 on autotunnel status --strict
for who in nas NAS nas.$LAB_DOMAIN nas.$LAB_DOMAIN. "$(lab_ula nas)"; do
	check_status "status of $who" 0 on autotunnel status "$who"
	says '^nas\.alice\.example\.com$'
	says '^  cipher +.+'
done
check_status "metrics" 0 on autotunnel metrics
says '^autotunnel_peer_up\{peer="nas\.alice\.example\.com"\} 1$'
says '^autotunnel_mapping_up 1$'
cp $LAB/out $LAB/metrics
check "which Prometheus can read" eval "$LAB_DIR/../openmetrics <$LAB/metrics"
check_status "map" 0 on autotunnel map
says '^The router 192\.168\.1\.1 forwards UDP 11\.22\.33\.2:4500 to port 4500 of this machine\.$'
says '^  PCP +[0-9]+s ago +gives the mapping$'
check_status "map -v" 0 on autotunnel map -v
says '> PCP map udp 192\.168\.1\.10:4500, external port 4500, for 3600 s$'
says '< PCP mapped to 11\.22\.33\.2:4500 for 3600 s$'
check_status "map add" 0 on autotunnel map add tcp 8022 --for 30m --external 2222
lab_wait_until 3 eval "on autotunnel map list | grep -q gives" || :
check_status "map list" 0 on autotunnel map list
says '^  TCP 192\.168\.1\.10:8022: PCP gives 11\.22\.33\.2:2222, for another (29m|30m)'
check_status "map del" 0 on autotunnel map del tcp 8022
check_soon "the router has forgotten it" 2 eval '! lab_mappings home | grep 2222'
check_status "map list is empty" 0 on autotunnel map list
check_equal "quite" "" "$(cat $LAB/out)"
check_status "map del of nothing: status 1" 1 on autotunnel map del tcp 22
check_status "map add of no protocol: usage" 2 on autotunnel map add sctp 22
check_status "map add for too long: usage" 2 on autotunnel map add tcp 22 --for 8d
check_status "version" 0 on autotunnel version
says '^autotunneld [0-9.]+, strongSwan [0-9.]+'
for verb in status "status nas" map version "ping -c 1 nas"; do
	check "$verb --json is one object on one line" eval \
		"on autotunnel $verb --json >$LAB/json && [ \$(wc -l <$LAB/json) = 1 ] && jq -e .schema==1 $LAB/json"
done
on timeout 3 autotunnel status --watch --json >$LAB/json & watcher=$!
sleep 0.5
on autotunnel ping -q -c 1 nas
wait $watcher || :
check "--watch says it again after a change" eval "[ \$(jq -c .schema $LAB/json | wc -l) -ge 2 ]"

# ping
check_status "ping" 0 on autotunnel ping -c 2 nas
says '^reply from nas \(fd[0-9a-f:]+\) via direct 11\.22\.33\.3:4500 time=[0-9.]+ ms$'
says '^2 sent, 2 received, '
check_status "ping a stranger: status 4" 4 on autotunnel ping ghost
check_status "ping ourselves: status 4" 4 on autotunnel ping laptop
check "nas drops echo requests" lab_exec nas nft \
	'add table ip6 deaf; add chain ip6 deaf in { type filter hook input priority 0; };
	add rule ip6 deaf in icmpv6 type echo-request drop'
check_status "the tunnel stands, no reply: status 7" 7 on autotunnel ping -c 1 -W 1 nas
says '^no reply from nas within 1 s, state up$'
check "no more" lab_exec nas nft delete table ip6 deaf

# Who may ask.
as() {
	local group=$1
	shift
	on setpriv --reuid 65534 --regid 65534 --groups "$group" --no-new-privs --bounding-set -all -- "$@"
}
control=$(on stat -c %g /run/autotunnel/control.sock)
check_status "a stranger may not ask: status 8" 8 as 65534 autotunnel status
says 'no permission'
check_status "a member of the group may" 0 as "$control" autotunnel status
check_status "but not change anything" 8 as "$control" autotunnel reload
says 'only root'
check_status "nor the log level" 8 as "$control" autotunnel log debug
check_status "nor have somebody knock" 8 as "$control" autotunnel map --verify
says 'only root'
on sysctl -qw net.ipv4.ping_group_range="0 2147483647"
check_status "ping without privilege" 0 as "$control" autotunnel ping -c 1 nas
on sysctl -qw net.ipv4.ping_group_range="1 0"
check_status "ping forbidden by sysctl: status 8" 8 as "$control" autotunnel ping -c 1 nas
says 'ping_group_range'
check_status "root pings all the same" 0 on autotunnel ping -c 1 nas
check_status "root changes the log level" 0 on autotunnel log info
check_status "root has the configuration read" 0 on autotunnel reload
printf '[daemon]\nlgo = debug\n' | lab_config laptop
check_status "a wrong one is refused" 1 on autotunnel -s /run/autotunnel/control.sock reload
says 'autotunnel.conf:2: .*lgo'
printf '[daemon]\nlog = debug\n' | lab_config laptop

# Names.
check_equal "getent finds nas" "$(lab_ula nas)" "$(on getent ahostsv6 nas | awk 'NR == 1 { print $1 }')"
check_equal "and its name by its address" "nas.$LAB_DOMAIN" \
	"$(on getent hosts "$(lab_ula nas)" | awk '{ print $2 }')"

# The page about the records.
page=$LAB_TOP/man/autotunnel-records.7.in
count=0
sh "$LAB_TOP/man/dig-lines.sh" "$page" "$LAB_DOMAIN" nas >$LAB/lines
while IFS=$'\t' read -r want command; do
	count=$((count + 1))
	check "autotunnel-records(7): $command" eval \
		"on ${command/dig/dig @$LAB_NS} </dev/null | tee /dev/stderr | grep -Eq -- '$want'"
done <$LAB/lines
check "all its commands were run" test $count -ge 5

check "nas leaves" lab_daemon_stop nas
check_soon "it is seen to be off" 20 eval '[ "$(lab_peer laptop nas .state)" = off ]'
check_status "ping finds no way: status 5" 5 on autotunnel ping -c 1 -W 2 nas
check_status "wait for it: status 7" 7 on autotunnel wait --timeout 1 nas
