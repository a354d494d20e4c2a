#!/bin/bash
# Leases that end, at a real router that grants short ones: renewed in time as long as we live, gone by
# themselves when we have died, made again when the router let one end all the same.
#
#    laptop 192.168.1.10 ── home 192.168.1.1 (miniupnpd, ten seconds at most) ── Internet
LAB_PLAIN=1
export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
. "${0%/*}/lab.sh"
lab_require nft miniupnpd
cp "${DRIVE:-$AT_BUILD/tests/netns/natpmp_drive}" $LAB/natpmp_drive

say() {
	echo "$*" >$LAB/fifo
}

said() {
	grep -E "^$1: " "$(lab_log laptop worker)" | tail -n 1 | grep -E -- "$2"
}

mapped() {
	lab_mappings home | grep -E " dport $1 dnat"
}

not() {
	! "$@"
}

# Answers by PCP so far.
renewals() {
	grep -c '^    < PCP mapped to' "$(lab_log laptop worker)" || :
}

worker() {
	rm -f "$(lab_log laptop worker)" $LAB/fifo
	mkfifo $LAB/fifo
	lab_start laptop worker $LAB/natpmp_drive $LAB/fifo nobody
	lab_wait_until 3 grep hello "$(lab_log laptop worker)"
}

lab_internet
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_host laptop home
lab_miniupnpd home both "min_lifetime=5
max_lifetime=10"
worker
say want 1 192.168.1.1 192.168.1.10:4500 2 3600 0
say want 2 192.168.1.1 192.168.1.10:4600 1 60 0
check_soon "PCP: ten seconds" 2 said 1 'up by pcp at 11.22.33.2:4500 for 10 '
check_soon "NAT-PMP grants what is asked for" 2 said 2 'up by natpmp at 11.22.33.2:4600 for 60 renews in 30'
asked=$(renewals)
sleep 21
check "after 21 s both stand" eval 'mapped 4500 && mapped 4600'
check_not "and never did not" grep -E '^[12]: (silent|refused)' "$(lab_log laptop worker)"
renewed=$(($(renewals) - asked))
check "renewed after a half to five eighths of ten seconds, each time ($renewed)" \
	test $renewed -ge 3 -a $renewed -le 5

# ---- one that ends ----
lab_exec home nft add table inet wall
lab_exec home nft add chain inet wall in '{ type filter hook input priority 0; }'
lab_exec home nft add rule inet wall in udp dport 5351 drop
check_soon "the router is deaf: the lease ends" 15 not mapped 4500
check_soon "and is not claimed any more" 10 said 1 'asking|silent'
lab_exec home nft delete table inet wall
check_soon "it hears again: made again" 15 mapped 4500

# ---- we die ----
kill -KILL "$(pgrep -P "$(lab_pid laptop worker)")"
check "killed: the mapping stands" mapped 4500
check_soon "it ends by itself" 15 not mapped 4500
