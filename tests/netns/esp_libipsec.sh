#!/bin/bash
# Our daemon against strongSwan's own, charon with its user-space ESP (libipsec): another IKE peer,
# and ESP that shares no code with ours.
#
#    laptop 11.22.33.5, autotunneld ── Internet ── nas 11.22.33.6, charon with nas's keys
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/charon.sh"
lab_require nft named charon-systemd swanctl busybox

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_account bind laptop nas
LAB_ALLOW=any
lab_daemon laptop nas
lab_ready laptop nas
check "our own to our own" lab_ping laptop nas
laptop=$(lab_ula laptop) nas=$(lab_ula nas)

# Charon takes nas's place: same name, same keys, same port.
lab_daemon_stop nas KILL || :
check_soon "the tunnel ends" 10 eval '! lab_is_up laptop nas'
lab_exec nas nft flush ruleset # the daemon's own, which knows no other tunnel
lab_charon nas nas.$LAB_DOMAIN "$nas/128" laptop.$LAB_DOMAIN "$laptop/128" 11.22.33.5
lab_exec nas ip addr add "$nas/128" dev ipsec0

# bulk FROM TO ADDRESS: a file by TCP from FROM, whose address it is, to TO.
bulk() {
	local pid

	lab_exec "$1" busybox nc -l -p 7 <$LAB/file &
	pid=$!
	lab_wait_until 5 lab_exec "$1" sh -c 'ss -Hltn | grep -q ":7 "'
	lab_exec "$2" bash -c "exec 5<>/dev/tcp/$3/7; cat <&5" >$LAB/got || return
	wait $pid
	cmp $LAB/file $LAB/got
}

head -c 20000000 /dev/urandom >$LAB/file
check_soon "we call: the first packets" 10 lab_exec laptop ping -6 -n -q -c 1 -W 3 "$nas"
check "all paddings" eval 'for size in 0 1 2 3 100 1232; do
	lab_exec laptop ping -6 -n -q -c 1 -W 2 -s $size $nas || exit 1
done'
check "a datagram in fragments" lab_exec laptop ping -6 -n -q -c 2 -W 2 -s 5000 "$nas"
check "a file from charon" bulk nas laptop "$nas"
check "a file to charon" bulk laptop nas "$laptop"
check "new keys" lab_exec nas swanctl --rekey --child peer
check "with the new keys" lab_exec laptop ping -6 -n -q -c 20 -i 0.02 -W 2 "$nas"
check "charon ends it" lab_exec nas swanctl --terminate --ike peer
check_soon "the tunnel is down" 10 eval '! lab_is_up laptop nas'
check "charon calls" lab_exec nas swanctl --initiate --child peer --timeout 5
check "its packets" lab_exec nas ping -6 -n -q -c 20 -i 0.02 -W 2 "$laptop"
sleep 3 # packets are counted every two seconds
check_equal "nothing of charon's was refused" "{}" \
	"$(lab_peer laptop nas '.tunnel.dropped | del(.no_tunnel, .send, .device, .too_big)' | jq -c .)"
