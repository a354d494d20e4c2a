#!/bin/bash
# What may come in over the tunnels: ssh and replies unless the user said otherwise; the rules of the
# administrator stay as they are.
#
#    laptop .5, nas .6, tv .7 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named nft socat

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host tv internet 7
lab_account bind laptop nas tv
# The administrator of nas has rules of his own, one of them against ssh from tv.
lab_exec nas nft -f - <<-NFT
	table inet filter {
		chain input {
			type filter hook input priority 0; policy accept;
			tcp dport 9999 drop
		}
	}
NFT
before=$(lab_exec nas nft list table inet filter)
lab_daemon laptop nas tv
lab_ready laptop nas tv
ula=$(lab_ula nas)

for port in 22 80 8080 9999; do
	lab_start nas "tcp$port" socat "TCP6-LISTEN:$port,fork,reuseaddr" "SYSTEM:echo port $port"
done
lab_start nas udp53 socat UDP6-LISTEN:5353,fork "SYSTEM:echo port 5353"
get() {
	lab_exec "$1" timeout 4 socat -t 2 - "$3:[${4:-$ula}]:$2" </dev/null | grep "port $2"
}
check_soon "laptop reaches ssh" 10 get laptop 22 TCP6
check "and ICMP" lab_ping laptop nas
check_not "no other service" get laptop 80 TCP6
check "the refusal comes at once, with a reason" eval \
	'{ lab_exec laptop timeout 2 socat - "TCP6:[$ula]:80" </dev/null 2>&1 || :; } | grep "Permission denied"'
check "replies come in: nas asks laptop's ssh" eval \
	'lab_start laptop tcp22 socat TCP6-LISTEN:22,fork,reuseaddr "SYSTEM:echo port 22"; sleep 0.3
	get nas 22 TCP6 "$(lab_ula laptop)"'
check "status says what is let in" eval 'lab_exec nas autotunnel status | grep "^allow    ssh; and replies"'
check_equal "the administrator's rules are untouched" "$before" "$(lab_exec nas nft list table inet filter)"

printf '[daemon]\nlog = debug\n[allow]\neveryone = ssh 9999\nmachines = laptop:tcp/80-81 laptop:udp/5353 tv:any\n' |
	lab_config nas
check "the configuration is read again" lab_exec nas autotunnel reload
check "laptop: the port that was named" get laptop 80 TCP6
check_soon "UDP too" 15 eval 'lab_exec laptop sh -c "echo x | timeout 4 socat -t 2 - UDP6:[$ula]:5353" | grep "port 5353"'
check_not "no other one" get laptop 8080 TCP6
check "tv: any" get tv 8080 TCP6
check_not "but what the administrator refuses stays refused" get tv 9999 TCP6
check "the tunnel never paused" lab_ping laptop nas 3

# A neighbour in the LAN who knows the inner address and sends in plain text.
lab_exec laptop ip -6 addr add fd99::5/64 dev eth0 nodad
lab_exec nas ip -6 addr add fd99::6/64 dev eth0 nodad
lab_exec tv ip -6 addr add fd99::7/64 dev eth0 nodad
lab_exec nas ip -6 route replace fd99::/64 dev eth0
plain() {
	lab_exec tv sh -c "ip -6 route replace $ula/128 via fd99::6 dev eth0 metric 1; timeout 3 socat -t 1 - 'TCP6:[$ula]:22,bind=[fd99::7]' </dev/null; s=\$?
		ip -6 route del $ula/128 via fd99::6 dev eth0 metric 1; exit \$s" | grep "port 22"
}
check_not "plain text for the inner address is dropped" plain
check "that is counted" eval 'lab_exec nas nft list chain inet autotunnel input; lab_exec nas nft list chain inet autotunnel input | grep -E "missing counter packets [1-9]"'

check "a wrong line is refused" eval 'printf "[allow]\neveryone = sshh\n" | lab_config nas
	! lab_exec nas autotunnel reload 2>$LAB/err && grep "no service" $LAB/err'
check "and changes nothing" get tv 8080 TCP6
check "the daemon stops" lab_daemon_stop nas
check_not "its table is gone" lab_exec nas nft list table inet autotunnel
check_equal "the administrator's is still there" "$before" "$(lab_exec nas nft list table inet filter)"
