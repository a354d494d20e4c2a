#!/bin/bash
# Hostile or seized DNS server: it hides the roster, shows an old one, one of its own, one with a
# machine added, and leads names to other machines.  It can keep machines from finding each other; it
# adds nobody, redirects nobody, brings nobody back, and status says what it does.
#
#    laptop .5, nas .6, tv .7 ── Internet ── ns .53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/operator.sh"
lab_require named nsupdate

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host tv internet 7
lab_account bind laptop nas tv
lab_daemon laptop nas tv
lab_ready laptop nas tv
operator_begin
view() {
	check_soon "$1; serial $3 counts" 70 operator_seen laptop $2 $3
}
operator_save three
check "laptop reaches nas" lab_ping laptop nas
view "all is well" current 3

check "the server hides the roster" eval ': >$LAB/nothing; operator_show nothing'
view "laptop notices" hidden 3
check "status says so" eval 'lab_exec laptop autotunnel status | grep "the name server has hidden it"'
check_equal "and is not content" 6 "$(lab_exec laptop autotunnel status --strict >/dev/null; echo $?)"
check "tunnels stay" lab_ping laptop nas

check "the server shows it again" operator_show three
view "laptop notices" current 3

# Its own: the very lines, another signature; then one more machine under the old signature.
check "a roster with another signature" eval \
	'sed "s/\"sig=..../\"sig=AAAA/" $LAB/three >$LAB/forged; operator_show forged'
view "is refused" refused 3
check_equal "because of that" "it is not signed by the account's key" "$(lab_status laptop .roster.reason)"
check "a roster with a machine added" eval 'sed -e "s/\"n=3\"/\"n=4\"/" -e "s/\"s=3\"/\"s=4\"/" \
	-e "/_devices/s/\$/ \"evil ok 0 00112233445566778899aabbccddeeff\"/" $LAB/three >$LAB/forged; operator_show forged'
check_soon "the worker has read it" 70 eval "lab_exec laptop dig +short $operator_list TXT | grep evil"
view "is refused" refused 3
check "a text that is no roster" eval 'printf "%s 60 TXT \"v=1 or so\"\n" $operator_head >$LAB/forged; operator_show forged'
view "is refused" refused 3
check "the true one comes back" operator_show three
view "it counts again" current 3

# Names lead elsewhere: tv's address under nas' name, its records leading to tv.
ula_nas=$(lab_ula nas) ula_tv=$(lab_ula tv)
check "the server swaps records" operator <<-UPDATE
	update delete nas.$LAB_DOMAIN AAAA
	update add nas.$LAB_DOMAIN 60 AAAA $ula_tv
	update delete at.nas.$LAB_DOMAIN A
	update add at.nas.$LAB_DOMAIN 60 A 11.22.33.7
UPDATE
check "the laptop starts anew" eval 'lab_daemon_stop laptop; lab_daemon laptop'
check_soon "it reads them" 70 eval '[ "$(lab_peer laptop nas .address)" = "$ula_tv" ]'
check_log "it says what is wrong" laptop autotunneld 'peer nas.*DNS gives it another address than the roster'
check_soon "the name still leads to nas" 10 eval \
	'lab_exec laptop getent hosts nas.$LAB_DOMAIN | grep "^$ula_nas "'
check_not "nothing reaches the wrong machine" lab_exec laptop ping -6 -c 3 -W 1 nas.$LAB_DOMAIN
check_not "there is no tunnel under that name" lab_is_up laptop nas
check "the records are mended by nas itself" eval 'lab_daemon_stop nas; lab_daemon nas'
check_soon "laptop reads nas' own" 70 eval '[ "$(lab_peer laptop nas .address)" = "$ula_nas" ]'
check_soon "and reaches it" 30 lab_ping laptop nas

# An old roster, after a revocation; also for a daemon that was away.
check "tv is revoked" eval 'lab_exec laptop autotunnel revoke tv <<<"$LAB_PHRASE"'
view "laptop knows" current 4
operator_save four
check "the server shows the old roster" operator_show three
view "laptop refuses it" refused 4
check "it says why" eval 'lab_status laptop .roster.reason | grep "an old one: serial 3, but 4 has been seen"'
check "the laptop starts anew" eval 'lab_daemon_stop laptop KILL; lab_daemon laptop'
view "still so" refused 4
check_log "tv stays out" laptop autotunneld 'the zone.s roster is refused: it is an old one'
check_not "no tunnel to tv" lab_exec laptop ping -6 -c 2 -W 1 "$ula_tv"
check "devices shows what was seen" eval \
	'lab_exec laptop autotunnel devices 2>&1 | tee $LAB/devices | grep -E "^tv +revoked" && grep "shows an old roster" $LAB/devices'
check "a change made here writes it again" eval 'lab_exec laptop autotunnel revoke tv <<<"$LAB_PHRASE"'
view "the roster is whole again" current 5
check_equal "tv is revoked in it" 1 "$(lab_status laptop .roster.revoked)"
