#!/bin/bash
# autotunnel trace: the ladder of an attempt to connect, and of one that comes to nothing.
. "${0%/*}/lab.sh"
lab_require nft miniupnpd named jq

trace() {
	lab_exec laptop autotunnel trace "$@"
}
# json FILTER OPTION...: is it true of what is traced?  trace tells by its status how the peer is.
json() {
	local filter=$1

	shift
	trace --json "$@" nas >$LAB/trace.json || [ $? -eq 5 ] || return
	jq -e "$filter" $LAB/trace.json >/dev/null
}

lab_pair bind
lab_daemon laptop nas
lab_ready laptop nas

# There is no tunnel: trace itself has one made.
check "a trace brings the tunnel up" trace nas
check_soon "the tunnel is up" 20 lab_is_up laptop nas
trace nas >$LAB/trace.txt
for line in 'nas.*: connected after .* ms, .* by way of 11.22.33.3:' 'a packet waits' \
	' 1  try 11.22.33.3:' '1  ----> IKE_SA_INIT request' '1  <---- IKE_SA_INIT response' \
	'1  ----> IKE_AUTH request' '1  <---- IKE_AUTH response' 'connected by way of 11.22.33.3:'; do
	check "the picture has \"$line\"" grep -Eq -e "$line" $LAB/trace.txt
done
check "the same in JSON" json '.schema == 1 and (.ladders | length) == 1 and
	(.ladders[0] | .outcome == "connected" and .after_ms > 0 and
	 ([.steps[].kind] | index("wanted") == 0 and (index("try") < index("sent")) and
	  (index("sent") < index("heard")) and (index("heard") < index("up"))))'
check "who was called keeps it, too" lab_exec nas autotunnel trace laptop

# A machine that has died is still in the zone; a daemon that knows nothing yet calls it in vain.
lab_daemon_stop nas KILL || :
lab_daemon_stop laptop
lab_daemon laptop
check_soon "laptop knows where nas was" 70 lab_knows laptop nas
check_equal "a trace without tunnel has its own status" 5 "$(trace -W 60 nas >$LAB/t; echo $?)"
for line in 'nas.*: failed after .* ms' '1  ----> IKE_SA_INIT request' 'no answer yet' \
	'end of this try: no answer' 'given up: no answer'; do
	check "its picture has \"$line\"" grep -Eq -e "$line" $LAB/t
done
