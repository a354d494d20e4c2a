#!/bin/bash
# Stolen device: one of four machines is thrown out.  Its tunnels end at every peer, other tunnels
# carry on without losing a packet, and it does not come back; a machine that was off when it was
# revoked is refused at its return, before a packet passes, even with the name server's help.
#
#    laptop .5, nas .6, tv .7, pc .8 ── Internet ── ns .53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/operator.sh"
lab_require named nsupdate

machines="laptop nas tv pc"
lab_internet
lab_ns
address=5
for host in $machines; do
	lab_host $host internet $((address++))
done
lab_account bind $machines
lab_daemon $machines
lab_ready $machines
for host in $machines; do
	check_soon "$host holds the roster" 10 eval \
		"[ \"\$(lab_status $host .roster.serial)\" = 4 ] && [ \"\$(lab_status $host .roster.self)\" = listed ]"
done
check_equal "the roster lists all" 4 "$(lab_status tv .roster.machines)"
check "nas reaches laptop" lab_ping nas laptop
check "nas reaches tv" lab_ping nas tv
check "pc reaches laptop" lab_ping pc laptop
ula_nas=$(lab_ula nas)

# The operator of the name server is on the thief's side: he has all keys that are there.
operator_begin
for host in nas pc; do
	lab_dig laptop _autotunnel._udp.$LAB_DOMAIN PTR | grep $host
	for record in "$host AAAA" "_autotunnel._udp.$host SRV" "at.$host A"; do
		lab_dig laptop ${record/ /.$LAB_DOMAIN }
	done
done >$LAB/records
put_back() {
	grep "$1" $LAB/records | awk '{ print "update add " $0 }' | operator
}
echos() {
	lab_exec laptop awk '/^Icmp6InEchos / { print $2 }' /proc/net/snmp6
}

lab_start laptop keeps ping -6 -i 0.05 "tv.$LAB_DOMAIN"
check_soon "laptop pings tv all the while" 10 lab_is_up laptop tv
check "pc stops" lab_daemon_stop pc

revoke() {
	lab_exec laptop autotunnel revoke "$1" <<<"$LAB_PHRASE"
}
check "laptop revokes nas" revoke nas
began=$(lab_now_ms)
gone() {
	! lab_is_up "$1" nas
}
# Polled, at rest once a minute, soon after changes each 5 s; with Push at once.
for host in laptop tv; do
	check_soon "$host has dropped nas" 65 gone $host
done
echo "note: every peer had dropped it $(($(lab_now_ms) - began)) ms after the revocation"
for host in laptop tv; do
	check_log "$host says why" $host autotunneld 'peer nas.*(its tunnel is ended|disconnected).*revoked'
	check_soon "$host has the new roster" 10 eval "[ \"\$(lab_status $host .roster.revoked)\" = 1 ]"
done
check_not "nas reaches nobody" lab_exec nas ping -6 -c 3 -W 1 "$(lab_ula laptop)"
check_soon "nas knows that it was revoked" 65 eval '[ "$(lab_status nas .roster.self)" = revoked ]'
check_log "and says so" nas autotunneld 'this machine was revoked'
check_soon "its records are gone" 10 eval '[ -z "$(lab_dig laptop nas.$LAB_DOMAIN AAAA)" ]'
check_equal "it is not listed" "" "$(lab_dig laptop _autotunnel._udp.$LAB_DOMAIN PTR | grep nas || :)"

# nas' records and its place in the list are put back by the operator: the roster decides.
check "the operator puts nas' records back" put_back nas
check_soon "laptop reads them" 65 lab_knows laptop nas
lab_exec nas ping -6 -c 4 -i 0.5 -W 1 "$(lab_ula laptop)" >/dev/null 2>&1 || :
check_log "laptop refuses it" laptop autotunneld 'refused "nas.*its key was revoked \(roster serial 5\)'
check_not "there is no tunnel" lab_is_up laptop nas
check_not "and laptop gets none to it" lab_exec laptop ping -6 -c 2 -W 2 "$ula_nas"

# One that is off.
check "laptop revokes pc" revoke pc
check "the operator puts pc's records back" put_back pc
check_soon "laptop knows" 65 eval '[ "$(lab_status laptop .roster.revoked)" = 2 ] && lab_knows laptop pc'
before=$(echos)
lab_daemon pc
check_soon "pc is back" 20 lab_status pc .self.pid
lab_exec pc ping -6 -c 10 -i 0.5 -W 1 "$(lab_ula laptop)" >/dev/null 2>&1 || :
# The log may be silent: it says no more than ten refusals at a time.
check_soon "laptop refuses it" 10 eval 'lab_peer pc laptop .tunnel.reason | grep "it refused us" ||
	grep -E "refused \"pc.*its key was revoked \(roster serial 6\)" "$(lab_log laptop autotunneld)"'
check_equal "not a packet of it has passed" "$before" "$(echos)"
check_not "pc has no tunnel" lab_is_up pc laptop

check "the ping to tv ends" lab_stop laptop keeps INT
check_equal "it has lost nothing" 0 "$(lab_lost laptop keeps)"
check "revoking again is harmless" revoke nas
check_soon "it takes away what the operator put back" 65 eval '! lab_peer laptop nas .name'
check_not "a name that never was is refused" revoke radio

# The name is given again, to a new machine with a new key.
lab_exec ns sed -i '/^key "nas\./,/^};/d' /etc/bind/autotunnel.conf
lab_exec laptop autotunnel zone bind $LAB_DOMAIN --keys-only nas:1 <<<"$LAB_PHRASE" |
	sed -n '/^key "nas\./,/^};/p' | lab_exec ns tee -a /etc/bind/autotunnel.conf >/dev/null
lab_ns_stop
lab_ns_restart
check "a new nas joins" eval 'lab_exec tv true; lab_host nas2 internet 66; lab_exec nas2 autotunnel join $LAB_DOMAIN \
	--server $LAB_NS --name nas --replace <<<"$LAB_PHRASE"'
lab_daemon nas2
check_soon "it publishes with a key of the next generation" 20 lab_is_published nas2
check_soon "laptop knows it" 65 eval '[ "$(lab_peer laptop nas .address)" = "$(lab_ula nas2)" ]'
check_soon "and reaches it" 20 lab_ping laptop nas
check_not "the old key is refused by the server" lab_update nas /var/lib/autotunnel/tsig.key <<-UPDATE
	server $LAB_NS
	zone $LAB_DOMAIN
	update add nas.$LAB_DOMAIN 60 AAAA $ula_nas
	send
UPDATE
