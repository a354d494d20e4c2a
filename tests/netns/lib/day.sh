# A day of two machines, in virtual time: long rests in which leases are renewed, keys changed and records
# refreshed, and between them what lib/wander.sh has.  One connection and one ssh session live through it.  For
# scripts that have sourced lab.sh, lib/mobility.sh, lib/wander.sh and lib/virtual.sh.

# day_pick SEED: "SECONDS KIND HOST" without end: after how long a rest happens what.  The rests are some
# minutes, and now and then hours.
day_pick() {
	wander_pick "$1" 100000 | awk -v seed="$1" '
		BEGIN { srand(seed + 1) }
		{ print int(70 + 1200 * rand() + (rand() < 0.05 ? 7200 * rand() : 0)), $0 }'
}

day_seconds() {
	awk '{ s += $1 } END { printf "%d", s }' $LAB/log/time.log
}

# day_step KIND HOST: it happens, and is watched.
day_step() {
	mobility_watch
	sleep 0.5
	wander_run "$1" "$2" ||
		lab_die "after $(day_seconds) s, $1 $2 (laptop at $laptop_at, nas at $nas_at, IPv$laptop_family): no packets"
	[ $nas_at != office ] || mobility_ip6_on nas 3
	mobility_unwatch
}

# Killed again within a minute of real time is often enough in virtual time.
day_forget_kills() {
	local name

	for name in "${!wander_killed[@]}"; do
		wander_killed[$name]=0
	done
}

# day SECONDS SEED [REPORT]: REPORT is called with kind and gap_ms, after_ms set, after each.
day() {
	local rest kind host end=$(($(day_seconds) + $1))

	steps=0
	while read -r rest kind host <&4; do
		[ $(($(day_seconds) + rest)) -lt $end ] || break
		virtual_pass "$rest"
		day_forget_kills
		wander_echo "after a rest of $rest s" || lab_die "the session is silent after a rest of $rest s"
		wander_may "$kind" "$host" || continue
		day_step "$kind" "$host"
		steps=$((steps + 1))
		[ -z "${3:-}" ] || "$3" "$kind"
	done 4< <(day_pick "$2")
	rest=$((end - $(day_seconds)))
	[ $rest -le 0 ] || virtual_pass $rest
}

# What has been counted after the first hour is what there shall be in the end: so long takes the first
# of everything.
day_begin() {
	export PASS_SLACK_MS=2000
	MOBILITY_PAUSE=0.2
	WANDER_FIRST=day_first wander_begin
}

day_first() {
	sleep 0.5
	mobility_unwatch
	: >>$LAB/log/time.log
	day "${DAY_FIRST:-3600}" 1
	mobility_rest ip6
	virtual_pass 300
}

day_end() {
	mobility_rest ip6
	virtual_pass 300
	check "the session still echoes" wander_echo end
	wander_left
}
