#!/bin/bash
# A stolen recovery phrase: the account gets another one, while tunnels are up and one machine is off.  Then
# whoever has the old phrase, and the name server with him, lets nobody in and throws nobody out; he can hide
# a machine's records, as any name server can, until they are written again.
#
#    laptop .5, nas .6, tv .7, radio .8, thief .9 ── Internet ── ns .53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/operator.sh"
lab_require named nsupdate

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host tv internet 7
lab_host radio internet 8
lab_host thief internet 9
lab_account bind laptop nas tv radio
lab_daemon laptop nas tv radio
lab_ready laptop nas tv radio
operator_begin
stolen=$LAB_PHRASE
view() {
	check_soon "$1 goes by the roster of serial $3; what is shown is $2" 70 operator_seen $1 $2 $3
}
addresses() {
	local host

	for host; do
		echo "$host $(lab_ula $host)"
	done
}

check "laptop reaches nas" lab_ping laptop nas
check "laptop reaches radio" lab_ping laptop radio
addresses laptop nas tv radio >$LAB/addresses
# What revoking takes away but for the roster: the name in the list of machines.
listed() {
	operator <<<"update add _autotunnel._udp.$LAB_DOMAIN 60 PTR _autotunnel._udp.$1.$LAB_DOMAIN"
}

check "tv is off" lab_daemon_stop tv
operator_save old
lab_start laptop flow ping -6 -i 0.05 nas.$LAB_DOMAIN
check "another phrase" eval 'lab_exec laptop autotunnel account new-phrase <<<"$stolen" >$LAB/changed'
LAB_PHRASE=$(sed -n 's/^Recovery phrase: *//p' $LAB/changed)
for host in laptop nas radio; do
	view $host current 5
	check_log "$host says what to do" $host autotunneld "recovery phrase number 2 now; .autotunnel join $LAB_DOMAIN."
done
check_equal "no machine was lost" 4 "$(lab_status laptop .roster.machines)"
lab_stop laptop flow INT || :
check_equal "nor a packet" 0 "$(lab_lost laptop flow)"
operator_save new

# bind_keys HOST...: the name server gets the keys of LAB_PHRASE.
bind_keys() {
	lab_zone bind "$@" | lab_exec ns tee /etc/bind/autotunnel.conf >/dev/null
	lab_ns_stop
	lab_ns_restart
}

# The name server is the thief's: it knows his key, and shows the old roster, from which he signs another and
# another.
LAB_PHRASE=$stolen bind_keys laptop nas tv radio evil
check "the server shows the old roster" operator_show old
view nas refused 5
check "with the old phrase tv is revoked in it" eval \
	'lab_exec thief autotunnel revoke --domain $LAB_DOMAIN --server $LAB_NS tv <<<"$stolen"; listed tv'
check "and he joins" eval \
	'lab_exec thief autotunnel join $LAB_DOMAIN --server $LAB_NS --name evil <<<"$stolen" >$LAB/evil; cat $LAB/evil;
	grep "Enrolled: yes" $LAB/evil'
for host in laptop nas radio; do
	view $host refused 5
done
check_equal "because of that" "it is not signed by the account's key; perhaps by that of an old recovery phrase" \
	"$(lab_status nas .roster.reason)"
lab_daemon thief
check_soon "he knows the account's machines" 70 lab_knows thief laptop
check "he does not get in" eval '! lab_ping thief laptop'
check_log "which laptop says" laptop autotunneld "evil.*not on the account's roster"
check "nor are the others thrown out" lab_ping laptop nas
check "none of them" lab_ping radio laptop
lab_daemon_stop thief

# All over again, as after a power cut.
for host in laptop nas; do
	lab_daemon_stop $host
	lab_daemon $host
done
check_soon "started anew they find each other, whatever the server shows" 70 lab_ping laptop nas
view nas refused 5

check "the true roster comes back" operator_show new
lab_daemon tv
view nas current 5
view tv current 5
check_soon "tv, which was off, has its tunnel" 70 lab_ping tv laptop

# The administrator gives the server the new keys; each machine gets its own when it joins again.
bind_keys laptop nas tv radio vps
for host in laptop nas tv radio; do
	check "$host joins again" lab_exec $host autotunnel join $LAB_DOMAIN <<<"$LAB_PHRASE"
	lab_daemon_stop $host
	lab_daemon $host
	check_soon "and publishes with its new key" 30 lab_is_published $host
done
check_soon "laptop reaches nas" 70 lab_ping laptop nas
check_equal "at the address it had" "$(cat $LAB/addresses)" "$(addresses laptop nas tv radio)"

# A machine that knows the new phrase only.
check "a new machine joins" eval 'lab_host vps internet 10; lab_join vps'
lab_daemon vps
check_soon "it is published" 30 lab_is_published vps
for host in laptop nas tv radio; do
	check_soon "$host reaches it" 70 lab_ping $host vps
	check_soon "and it reaches $host" 70 lab_ping vps $host
done
