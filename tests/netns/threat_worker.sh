#!/bin/bash
# Compromised worker: whoever has taken one over, within its sandbox and as its user, reads no key, no
# other process, no file; runs nothing, traces nobody, and does not reach the manager but by its own
# channel.  The same attempts without the walls succeed, so they are real ones.
#
#    laptop .5 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named setpriv

lab_internet
lab_ns
lab_host laptop internet 5
lab_account bind laptop
lab_daemon laptop
check_soon "laptop has published its records" 20 lab_is_published laptop
cp "${DRIVE:-$AT_BUILD/tests/netns}/intruder" $LAB/
chmod 755 $LAB $LAB/intruder
state=/var/lib/autotunnel
pids=($(lab_pid laptop autotunneld))
for worker in natpmp dnsupdate ipsec; do
	pids+=("$(lab_worker laptop $worker)")
done
control=$(lab_exec laptop sh -c 'ls /run/autotunnel/*.sock* /run/autotunnel/control 2>/dev/null | head -n 1')
targets=("${pids[@]}" $state/device.key $state/tsig.key $state/account $state/roster
	/etc/autotunnel/autotunnel.conf /etc/shadow /bin/sh "$control")

for worker in natpmp:autotunnel-map dnsupdate:autotunnel-dns ipsec:autotunnel-ike; do
	check "${worker%:*}: every attempt fails" \
		lab_exec laptop $LAB/intruder ${worker%:*} ${worker#*:} "${targets[@]}"
	check_equal "${worker%:*}: of all that it was told to" $((4 + 4 * 4 + 7 * 4 + 1)) "$(grep -c ^refused: $LAB/out)"
done
check "nothing was lost" lab_exec laptop test -s $state/device.key -a -s $state/tsig.key -a -s $state/account
check "the daemon lives" lab_running laptop autotunneld
for worker in natpmp dnsupdate ipsec; do
	check "$worker lives" kill -0 "$(lab_worker laptop $worker)"
done

# Root without walls, with the same targets.
check "without the walls it is easy" lab_exec laptop sh -c "cat $state/tsig.key >/dev/null; kill -CONT ${pids[1]}"
