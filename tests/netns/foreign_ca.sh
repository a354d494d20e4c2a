#!/bin/bash
# A machine that is not of the account, with the name server on its side: it has the name nas, the
# records of nas lead to it, but its certificate is by another CA.  It gets nowhere, and the log
# says why.
#
#    laptop .5 ── Internet ── .66 mallory ("nas", another account of the same domain)
#                    │
#                 ns .53
. "${0%/*}/lab.sh"
lab_require named nsupdate

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host mallory internet 66
lab_account bind laptop nas
lab_daemon laptop nas
lab_ready laptop nas
check "the real nas is reached" lab_ping laptop nas
ula=$(lab_ula nas)
lab_daemon_stop nas KILL || :
lab_daemon_stop laptop || :

# Mallory's own account: same domain, same name, another phrase, so another CA.
check "mallory makes an account of his own" lab_exec mallory \
	autotunnel init --domain $LAB_DOMAIN --server $LAB_NS --name nas
lab_daemon mallory
# The server's operator is with him: the records of nas keep its address inside, lead to mallory.
lab_exec nas cat /var/lib/autotunnel/tsig.key | lab_exec ns tee /root/nas.key >/dev/null
check "the records of nas lead to mallory" lab_update ns /root/nas.key <<-UPDATE
	server $LAB_NS
	zone $LAB_DOMAIN
	update delete at.nas.$LAB_DOMAIN
	update add at.nas.$LAB_DOMAIN 60 A 11.22.33.66
	send
UPDATE

lab_capture wire host 11.22.33.66 and udp port 4500
lab_daemon laptop
check_soon "laptop reads them" 20 eval \
	"[ \"\$(lab_peer laptop nas '.records.contacts[0].address')\" = 11.22.33.66 ]"
check_not "no packet gets through" lab_exec laptop ping -6 -c 3 -W 3 "$ula"
check_not "there is no tunnel" lab_is_up laptop nas
check_not "nor on his side" lab_exec mallory sh -c \
	'autotunnel status --json | jq -e ".peers[] | select(.tunnel.state == \"up\")"'
lab_capture_stop wire
check "it was tried" test "$(lab_packets wire 'src host 11.22.33.5')" -gt 0
check "a log says that the certificate is not of this account" eval \
	"grep -hiE 'certificate|not (of|by) (this|our|the) account|account CA|trust' \
	'$(lab_log laptop autotunneld)' '$(lab_log mallory autotunneld)'"
check "status of laptop says that nas cannot be reached, and why" eval \
	"lab_peer laptop nas .tunnel.reason | grep ."
