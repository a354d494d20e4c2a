#!/bin/bash
# A name server that acknowledges updates and drops them: PowerDNS with a policy that permits nothing.
# The machine reads back what it wrote, and says what is the matter.
#
#    laptop .2 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require pdns_server

lab_internet
lab_ns
lab_host laptop internet 2
lab_account powerdns laptop
lab_daemon laptop
lab_ready laptop

says() {
	lab_status laptop .dns.reason | grep -q "$1"
}

check_soon "the server carries updates out: nothing to say" 5 \
	eval '[ "$(lab_status laptop .dns.status)" = ok ]'
lab_daemon_stop laptop
lab_ns_stop
echo 'function updatepolicy(input) return false end' | lab_exec ns tee /etc/powerdns/autotunnel.lua >/dev/null
lab_ns_restart
lab_daemon laptop
check_soon "an update is acknowledged and dropped: status says so" 30 says "does not carry them out"
check_equal "and that nothing is published" false "$(lab_status laptop .dns.published)"
