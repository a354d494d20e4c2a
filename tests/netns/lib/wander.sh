# A life on the road: random moves of both machines, losses, deaths of workers and of the name server,
# while one connection and one ssh session go on.  For scripts that have sourced lab.sh and
# lib/mobility.sh.

# wander_pick SEED COUNT: the things that happen, a line each; the same for the same seed.  Those that
# make no sense where the machines are then are left out by wander_step.
wander_pick() {
	awk -v seed="$1" -v n="$2" 'BEGIN {
		srand(seed)
		k = split("address network network called called both both nat_reboot port link family" \
			" natpmp dnsupdate natpmp dnsupdate ipsec server losses losses", what, " ")
		for (i = 0; i < n; i++) print what[1 + int(rand() * k)], rand() < 0.5 ? "laptop" : "nas"
	}'
}

# kill -9; it comes back by itself, the later the more often it was killed.
wander_kill() {
	local pid

	pid=$(lab_worker "$2" "$1")
	[ "$pid" = 0 ] || kill -KILL "$pid"
	wander_killed[$1.$2]=$(lab_now_ms)
	mobility_mark
}

wander_all_there() {
	local host worker

	for host in laptop nas; do
		for worker in natpmp dnsupdate ipsec; do
			[ "$(lab_worker $host $worker)" -gt 0 ] || return
		done
	done
}

move_natpmp() {
	wander_kill natpmp "$1"
}

move_dnsupdate() {
	wander_kill dnsupdate "$1"
}

move_ipsec() {
	wander_kill ipsec "$1"
}

move_server() {
	kill -KILL "$(lab_pid ns dns)"
	lab_ns_stop
	lab_ns_restart
	mobility_mark
}

# A fifth of all packets, both ways, for two seconds.
move_losses() {
	lab_exec "$1" nft -f - <<-'NFT'
		table inet loss {
			chain in { type filter hook input priority 0; numgen random mod 100 < 20 drop; }
			chain out { type filter hook output priority 0; numgen random mod 100 < 20 drop; }
		}
	NFT
	sleep 2
	lab_exec "$1" nft delete table inet loss
	mobility_mark
}

# Does it make sense now?  Who is killed again within a minute stays away the longer, and then nobody learns
# where both ends have gone.
declare -A wander_killed
wander_may() {
	case $1 in
	natpmp | dnsupdate | ipsec) [ $(($(lab_now_ms) - ${wander_killed[$1.$2]:-0})) -gt 65000 ] ;;
	address | link) [ $laptop_at = home ] && [ $laptop_family = 4 ] ;;
	network | both) [ $laptop_family = 4 ] ;;
	called | nat_reboot | port) [ $laptop_family = 4 ] || [ "$1" != called ] ;;
	family) [ $laptop_family = 6 ] ||
		{ [ $laptop_at = home ] && [ $nas_at = office ] && mobility_knows_ip6 >/dev/null; } ;;
	esac
}

# wander COUNT SEED [REPORT]: REPORT is called with kind and gap_ms, after_ms set, after each.
wander() {
	local kind host step=0

	while read -r kind host <&4; do
		wander_may "$kind" "$host" || continue
		step=$((step + 1))
		wander_run "$kind" "$host" ||
			lab_die "step $step of seed $2, $kind $host (laptop at $laptop_at, nas at $nas_at, IPv$laptop_family): no packets"
		[ $nas_at != office ] || mobility_ip6_on nas 3
		[ -z "${3:-}" ] || "$3" "$kind"
		sleep "${WANDER_PAUSE:-0.5}"
	done 4< <(wander_pick "$2" "$1")
	steps=$step
}

# As mobility_run.
wander_run() {
	local begun

	begun=$(lab_now_ms)
	"move_$1" "$2"
	lab_wait_until 60 mobility_heard $((moved_ms + 300)) || return
	mobility_gap "$begun" "$moved_ms" | read -r gap_ms after_ms
}

# ---- the connection and the session ----

# The connection of lib/mobility.sh, and an ssh session.
wander_connect() {
	mobility_connect
	mkfifo $LAB/typed
	lab_start laptop session sh -c "exec ssh nas 'while read -r line && [ \"\$line\" != bye ]; do echo \"\$line\"; done' <$LAB/typed"
	exec 7>$LAB/typed
}

# What is typed comes back.
wander_echo() {
	echo "echo $1" >&7
	lab_wait_until 30 grep -qx "echo $1" "$(lab_log laptop session)"
}

wander_connected() {
	mobility_connected
	echo bye >&7
	check "the ssh session ends in order" wait "$(lab_pid laptop session)"
}

# ---- what is left behind ----

# Counts that must not grow, "NAME VALUE": of each process descriptors and memory, of the machine what the
# daemon puts there.
wander_counts() {
	local host name pid

	for host in laptop nas; do
		for name in autotunneld natpmp dnsupdate ipsec; do
			pid=$(lab_pid $host autotunneld)
			[ $name = autotunneld ] || pid=$(lab_worker $host $name)
			echo "$host-$name-descriptors $(ls /proc/$pid/fd | wc -l)"
			echo "$host-$name-kB $(awk '/^RssAnon/ { print $2 }' /proc/$pid/status)"
		done
		echo "$host-addresses $(lab_exec $host ip -o addr show dev at0 | wc -l)"
		echo "$host-routes $(lab_exec $host ip -6 route show dev at0 | wc -l)"
		echo "$host-rules $(lab_exec $host sh -c 'ip rule; ip -6 rule' | wc -l)"
		echo "$host-nft $(lab_exec $host nft list ruleset | wc -l)"
		echo "$host-sockets $(lab_exec $host ss -Hunap | wc -l)"
		echo "$host-records $(lab_dig $host "_autotunnel._udp.$host.$LAB_DOMAIN" SRV | wc -l)"
	done
	for name in home office cafe hotel; do
		echo "$name-mappings $(lab_mappings $name | grep -c 192.168..10 || :)"
	done
}

# wander_compare BEFORE AFTER: descriptors by two, memory by SLACK kB (as allocators are), others not at all;
# and all that was counted then is counted now.
wander_compare() {
	diff <(cut -d ' ' -f 1 "$1") <(cut -d ' ' -f 1 "$2") || return
	! grep -vE '^[^ ]+ [0-9]+$' "$1" "$2" || return
	join "$1" "$2" | awk -v slack="${WANDER_SLACK_KB:-1024}" '
		{ may = $1 ~ /-kB$/ ? slack : $1 ~ /descriptors|sockets/ ? 2 : 0 }
		$3 > $2 + may { print $1 ": " $2 ", then " $3; bad = 1 }
		END { exit bad }'
}

# ---- all together ----

# Two machines, connected; what there is of everything after the first few steps, or what WANDER_FIRST does.
wander_begin() {
	lab_require nft miniupnpd conntrack busybox ssh sshd
	mobility_dnsd
	lab_sshd nas laptop
	lab_daemon laptop nas
	lab_ready laptop nas
	check "the tunnel comes up" lab_ping laptop nas
	mobility_rest ip6
	wander_connect
	check "the session echoes" wander_echo begin
	mobility_watch
	${WANDER_FIRST:-wander 5 1}
	check_soon "all processes are there" 90 wander_all_there
	wander_counts | sort >$LAB/before
	[ "$(wc -l <$LAB/before)" -ge 30 ] || lab_die "not everything is counted"
}

wander_end() {
	mobility_unwatch
	check "the session still echoes" wander_echo end
	mobility_rest ip6
	wander_left
}

# The connection ends; what has grown?
wander_left() {
	wander_connected
	check_soon "all processes are there" 90 wander_all_there
	sleep 3
	wander_counts | sort >$LAB/after
	check "nothing has grown" wander_compare $LAB/before $LAB/after
}
