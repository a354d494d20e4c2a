#!/bin/bash
# Ten machines and our own name server, which pushes changes: two seconds after a machine was revoked
# it has no tunnel with anybody.
#
#    m0 .10 ... m9 .19 ── Internet ── ns .53
. "${0%/*}/lab.sh"

lab_internet
lab_ns
machines=()
for n in 0 1 2 3 4 5 6 7 8 9; do
	machines+=("m$n")
	lab_host "m$n" internet "1$n"
done
LAB_DNSD="tls-listen = $LAB_NS" lab_account dnsd "${machines[@]}"
pin=$(lab_exec ns autotunnel-dnsd --pin)
check "the server says its pin" test -n "$pin"
for host in "${machines[@]}"; do
	printf '[account]\ntls-pin = %s\n' "$pin" | lab_config "$host"
done
lab_daemon "${machines[@]}"
has_all() {
	[ "$(lab_status "$1" '[.peers[] | select(.records.contacts | length > 0)] | length')" = 9 ] &&
		[ "$(lab_status "$1" .roster.machines)" = 10 ]
}
for host in "${machines[@]}"; do
	check_soon "$host knows the others" 60 has_all "$host"
done
for host in "${machines[@]}"; do
	check_soon "changes are pushed to $host" 30 eval '[ "$(lab_status $host .dns.source)" = push ]'
done
for host in "${machines[@]:1}"; do
	check "$host has a tunnel with m0" lab_ping "$host" m0
done
tunnels() {
	local host

	for host in "${machines[@]:1}"; do
		lab_is_up "$host" m0 && echo "$host"
	done || :
}
check_soon "m0 has nine tunnels" 10 eval "[ \"\$(tunnels | wc -l)\" = 9 ]"
# What the operator sees of a revocation: the command has come back when the server has it on disk.
check "m1 revokes m0" eval 'lab_exec m1 autotunnel revoke m0 <<<"$LAB_PHRASE"'
done_ms=$(((${EPOCHREALTIME/./} - LAB_BEGAN) / 1000)) # as the logs are stamped
check_soon "all of them are gone" 65 eval '[ -z "$(tunnels)" ]'
last=0
for host in "${machines[@]:1}"; do
	check_log "$host says why" "$host" autotunneld 'peer m0.*its tunnel is ended: its key was revoked'
	ms=$(grep -E 'peer m0.*its tunnel is ended' "$(lab_log "$host" autotunneld)" |
		awk '{ printf "%d\n", $1 * 1000; exit }')
	[ "$ms" -lt "$last" ] || last=$ms
done
check_within "from the revocation to the end of the last tunnel" 2000 $((last - done_ms)) ms
check "the others carry on" lab_ping m1 m2
