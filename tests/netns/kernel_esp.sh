#!/bin/bash
# ESP in the kernel (dataplane = kernel), under a stock Debian kernel in a virtual machine: tunnel
# by name, ssh, a file; the kernel holds the states, in UDP; all of it gone after a clean stop.
#
#    laptop .5 ── Internet ── .6 nas          (public addresses: that kernel has no nftables NAT)
#                    │
#                 ns .53
if [ -z "${LAB_IN_VM:-}" ]; then
	set -euo pipefail
	dir=$(cd "$(dirname "$0")" && pwd)
	export AT_BUILD=${AT_BUILD:-${dir%/tests/netns}/build}
	if [ -z "${AT_STAGE:-}" ]; then
		export AT_STAGE=$AT_BUILD/stage
		make -s -C "$AT_BUILD" install DESTDIR="$AT_STAGE" >"$AT_BUILD/stage.log" 2>&1 || {
			echo "kernel_esp: make install failed: see $AT_BUILD/stage.log" >&2
			exit 1
		}
	fi
	mkdir -p "$AT_BUILD/lab"
	export LAB_IN_VM=1 LAB_LOGS=$AT_BUILD/lab/kernel_esp.$$
	exec "$dir/run-in-vm.sh" -o "$AT_BUILD/lab" "$dir/kernel_esp.sh"
fi
. "${0%/*}/lab.sh"
lab_require ssh scp sshd

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
LAB_DNSD="" lab_account dnsd laptop nas
for host in laptop nas; do
	printf '[daemon]\nlog = debug\ndataplane = kernel\n' | lab_config $host
done
lab_sshd nas laptop
lab_capture wire
lab_daemon laptop nas
lab_ready laptop nas

check_equal "the kernel does ESP" kernel "$(lab_status laptop .self.dataplane)"
check_soon "the name server's knock comes in beside it" 5 eval '[ "$(lab_status laptop .mapping.inbound)" = yes ]'
check "the first packet is not lost" lab_ping laptop nas
check "the way back" lab_ping nas laptop 3
for host in laptop nas; do
	check "$host: the states are ESP in UDP" eval \
		"lab_exec $host ip xfrm state | grep 'encap type espinudp sport 4500 dport 4500'"
done
check_equal "ssh by name" nas "$(lab_exec laptop ssh nas hostname)"
sum=$(lab_file laptop 5)
check "a file of 5 MB crosses" lab_exec laptop scp -q /tmp/file nas:/tmp/copy
check_equal "unchanged" "$sum" "$(lab_exec nas sh -c 'sha256sum </tmp/copy')"
lab_capture_stop wire
check "ESP in UDP was on the wire" test "$(lab_packets wire 'udp port 4500')" -gt 100
check_equal "and nothing else but DNS" 0 "$(lab_packets wire "$LAB_FOREIGN")"
check_equal "nothing of ours listens but UDP 4500" "" "$(lab_listening laptop)"

# The worker that negotiated them dies.  The kernel goes on; then the states that nobody knows any
# more must give way to new ones.
kill -KILL "$(lab_worker nas ipsec)"
check_soon "after a kill of ipsec packets flow" 45 lab_ping laptop nas
check_soon "and nas has a tunnel again that it knows of" 60 eval \
	'lab_ping nas laptop && lab_is_up nas laptop'

for host in laptop nas; do
	check "$host stops" lab_daemon_stop $host
	check_equal "$host: no state is left" "" "$(lab_exec $host ip xfrm state)"
	check_equal "$host: no policy of ours is left" "" \
		"$(lab_exec $host ip xfrm policy | grep 'src fd' || :)"
done
