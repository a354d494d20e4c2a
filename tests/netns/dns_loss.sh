#!/bin/bash
# A bad network and a server that goes away: with a third of all packets lost, both ways, everybody
# still learns everything within 15 s; when a server comes back, what could not be said meanwhile
# stands there within 5 s.
. "${0%/*}/lab.sh"
lab_require dig nsupdate
cells=(dnsd-udp dnsd-tcp dnsd-tls)
lease=60
. "$LAB_DIR/lib/dns_cells.sh"

loss() {
	lab_exec dnsd nft -f - <<-NFT
		table inet loss {
			chain in { type filter hook input priority 0; numgen random mod 100 < $1 drop; }
			chain out { type filter hook output priority 0; numgen random mod 100 < $1 drop; }
		}
	NFT
}

told() {
	grep -E "^ *[0-9]+ ms peer $2.$domain " "$(lab_log "$1" worker)" | tail -n 1 | grep -E -- "$3"
}

# Each cell's records stand, and each other cell knows them.
all_know() {
	local cell other

	for cell in "${cells[@]}"; do
		said "$cell" 'ok published=1 ' || return 1
		for other in "${cells[@]}"; do
			[ "$cell" = "$other" ] || told "$cell" "$other" "at 11.22.33.99:$1\$" || return 1
		done
	done
}

all_stand() {
	local cell

	for cell in "${cells[@]}"; do
		at_port "$cell" "$1" || return 1
	done
}

all_say() {
	local cell

	for cell in "${cells[@]}"; do
		said "$cell" "$1" || return 1
	done
}

cells_start
for cell in "${cells[@]}"; do
	echo "update add _autotunnel._udp.$domain 60 PTR _autotunnel._udp.$cell.$domain"
done >$LAB/list
{ printf 'server %s\nzone %s\n' "${address[dnsd]}" $domain; cat $LAB/list; echo send; } |
	lab_exec dnsd nsupdate -t 5 -y "hmac-sha256:account:$base64"

loss 30
each worker
each zone
for cell in "${cells[@]}"; do publish "$cell" 4501; done
check_soon "30 % lost both ways: all published, all known" 15 all_know 4501
for cell in "${cells[@]}"; do
	say "$cell" hurry 20
	publish "$cell" 4777
done
check_soon "30 % lost both ways: a change of all is known to all" 15 all_know 4777

lab_exec dnsd nft delete table inet loss
lab_stop dnsd dns KILL || :
for cell in "${cells[@]}"; do publish "$cell" 4801; done
check_soon "the server is away: all say so" 25 all_say 'unreachable published=0 .*\[.+\]'
sleep 20 # all waits between tries are as long as they get in the first quarter of an hour
check "what was known is known" eval 'told dnsd-udp dnsd-tls "at 11.22.33.99:4777\$"'
run_server dnsd
check_soon "it is back: what could not be said stands there" 5 all_stand 4801
check_soon "and is known" 10 all_know 4801
