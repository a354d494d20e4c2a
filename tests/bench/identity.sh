#!/bin/bash
# What identity costs: a guess at a phrase, rosters of 10, 100 and 1000 machines (identity_speed), and
# how long a machine takes from its command to being enrolled, with the phrase and with a code, with
# nothing but a name server of each kind on the way.
. "${0%/*}/lib.sh"

while IFS=$'\t' read -r metric unit value; do
	bench_value "$metric" "$unit" autotunnel "$value"
done < <("$AT_BUILD/tests/bench/identity_speed")

lab_internet
lab_ns
lab_host laptop internet 5

# took COMMAND...: milliseconds
took() {
	local began

	began=$(lab_now_ms)
	"$@" >$LAB/out 2>&1 || { cat $LAB/out; lab_die "$*"; }
	echo $(($(lab_now_ms) - began))
}

by_phrase() {
	lab_exec "$1" autotunnel join $LAB_DOMAIN --server $LAB_NS <<<"$LAB_PHRASE"
}

by_code() {
	lab_exec laptop autotunnel invite --yes --code-file /root/code "$1" <<<"$LAB_PHRASE" &
	local inviter=$!

	lab_wait_until 10 lab_exec laptop test -s /root/code
	lab_exec laptop cat /root/code | lab_exec "$1" autotunnel join --code-file -
	wait $inviter
}

number=10
for kind in dnsd bind knot; do
	lab_exec laptop rm -rf /var/lib/autotunnel
	rm -f "$(lab_log laptop init)"
	lab_account $kind laptop
	for ((i = 0; i < ${BENCH_LOOKS:-3}; i++)); do
		lab_host "p$number" internet "$number"
		bench_value "join with the phrase" ms "$kind" "$(took by_phrase "p$number")"
		number=$((number + 1))
		lab_host "p$number" internet "$number"
		bench_value "join with a code, invited at the same moment" ms "$kind" \
			"$(took by_code "p$number")"
		number=$((number + 1))
	done
	lab_ns_stop
	lab_exec ns rm -rf /var/cache/bind /var/lib/knot /var/lib/autotunnel-dnsd
done
