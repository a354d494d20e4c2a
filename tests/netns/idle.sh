#!/bin/bash
# A machine at rest, with a tunnel, hardly ever wakes up: whoever asks each second or more often whether
# there is something to do is found out here.  Counted is how often the threads fell asleep, which does not
# depend on the machine's speed.
. "${0%/*}/lab.sh"
lab_require nft miniupnpd
REST=25 LOOK=45 # seconds; for ten after the last packet it is awake, to notice a silence

# processes HOST: the manager and its workers.
processes() {
	local manager

	manager=$(lab_pid "$1" autotunneld)
	echo "$manager"
	pgrep -x -P "$manager" autotunneld
}

# naps HOST: a line for each thread: process, thread, how often it has fallen asleep.
naps() {
	local pid

	for pid in $(processes "$1"); do
		awk -v "pid=$pid" '/^Name:/ { name = $2 } /^Pid:/ { tid = $2 }
			/^voluntary_ctxt_switches:/ { print pid "/" tid, name, $2 }' "/proc/$pid"/task/*/status
	done | sort
}

lab_two_homes
LAB_DNSD="" lab_account dnsd laptop nas
lab_daemon laptop nas
lab_ready laptop nas
check "the tunnel comes up" lab_ping laptop nas
sleep $REST
before=$(naps laptop)
sleep $LOOK
after=$(naps laptop)
check_equal "nobody has been started anew" "$(cut -d ' ' -f 1 <<<"$before")" "$(cut -d ' ' -f 1 <<<"$after")"
join <(echo "$before") <(echo "$after") | awk '{ print "    ", $1, $2, $5 - $3; n += $5 - $3 } END { print "    all:", n }'
woken=$(($(awk '{ n += $3 } END { print n }' <<<"$after") - $(awk '{ n += $3 } END { print n }' <<<"$before")))
check "all threads woke up $woken times in $LOOK s: less often than once a second" test "$woken" -lt $LOOK
check "and the tunnel is still there" lab_ping laptop nas
