#!/bin/bash
# A device with a wrong TSIG secret: nothing it writes is taken, it says so in one sentence, keeps
# running, and with the right key again all is well.
#
#    laptop .5 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named

lab_internet
lab_ns
lab_host laptop internet 5
lab_account bind laptop
key=/var/lib/autotunnel/tsig.key
lab_exec laptop cp $key /root/good
lab_exec laptop sed -i "s|secret .*|secret \"$(head -c 32 /dev/zero | base64)\";|" $key

lab_daemon laptop
check_soon "status says that the server refuses" 20 eval '[ "$(lab_status laptop .dns.status)" = refused ]'
check "and why" eval 'lab_status laptop .dns.reason | grep -iE "key|sig"'
check_equal "nothing was published" "" "$(lab_exec laptop dig +short laptop.$LAB_DOMAIN AAAA)"
check "the daemon runs" lab_running laptop autotunneld
check_not "no secret in the log" grep -qF "$(head -c 32 /dev/zero | base64)" "$(lab_log laptop autotunneld)"

check "it stops" lab_daemon_stop laptop
lab_exec laptop cp /root/good $key
lab_daemon laptop
check_soon "with the right key it publishes" 20 lab_is_published laptop
