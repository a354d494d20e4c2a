#!/bin/bash
# The port-mapping worker and gateways that break PCP and NAT-PMP in every way: each ends with its
# result by name, none makes the worker ask in a hurry for ever, and nothing is sent anywhere but to
# the gateway.  (UPnP's misdeeds are threat_lan.sh's.)
#
#    laptop 192.168.1.10, rogue .66 ── home 192.168.1.1 ── Internet
LAB_PLAIN=1
export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
. "${0%/*}/lab.sh"

for program in natpmp_drive fake_gateway; do
	cp "${DRIVE:-$AT_BUILD/tests/netns}/$program" $LAB/
done

say() {
	echo "$*" >$LAB/fifo
}

said() {
	grep -E "^$id: " "$(lab_log laptop worker)" | tail -n 1 | grep -E -- "$1"
}

# The questions that the gateway has got.
asked() {
	grep -cE "^version ${1:-.*}" "$(lab_log home gateway)" || :
}

gateway() {
	! lab_running home gateway || lab_stop home gateway >/dev/null 2>&1 || :
	rm -f "$(lab_log home gateway)"
	lab_start home gateway $LAB/fake_gateway 192.168.1.1 "$1"
	lab_wait_until 2 grep -q ready "$(lab_log home gateway)" || lab_die "no gateway"
}

# meets MODE SECONDS PATTERN WHAT [METHODS]: a wish, with that gateway, ends in that state.
id=0
meets() {
	[ $id = 0 ] || say drop $id
	sleep 0.1
	gateway "$1"
	id=$((id + 1))
	say want $id 192.168.1.1 192.168.1.10:4500 "${5:-3}" 3600 0
	check_soon "$1: $4" "$2" said "$3"
}

lab_internet
lab_nat home 11.22.33.2 192.168.1.1/24 none
lab_host laptop home
lab_host rogue home 66
mkfifo $LAB/fifo
lab_start laptop worker $LAB/natpmp_drive $LAB/fifo nobody
lab_start laptop tcpdump tcpdump -Z root --immediate-mode -U -n -i eth0 -w $LAB/pcap/all.pcap ip
lab_wait_until 5 grep -q listening "$(lab_log laptop tcpdump)"

# ---- fair ones, of each age ----
meets pcp 1 'up by pcp at 11.22.33.7:4500 for 3600' "PCP"
meets pmp 1 'up by natpmp at 11.22.33.7:4500 for 3600' "an older router says so and maps"
check_equal "it was not asked by PCP again" 1 "$(asked 2)"
meets older 1 'up by natpmp at 11.22.33.7:4500' "and one that says so in the older way"
meets mute2 1 'up by natpmp at 11.22.33.7:4500' "and one that says nothing"
meets noann 1 'up by pcp at 11.22.33.7:4500' "no ANNOUNCE, but MAP"
meets many 1 'up by pcp at 11.22.33.7:4500' "each answer five times: one mapping"
check_equal "asked once" 1 "$(asked '2 opcode 1')"
meets late 4 'up by pcp at 11.22.33.7:4500' "each answer late"

# ---- refusals ----
meets denied 4 'refused .*forbids mappings by PCP' "NOT_AUTHORIZED, lifetime 0" 2
check_equal "asked once" 1 "$(asked '2 opcode 1')"
meets forever 4 'refused .*no room for another mapping' "NO_RESOURCES for ever" 2
meets pmpzero 4 'refused .*no usable external address' "no external address" 1
meets pmpbad 4 'refused .*NAT-PMP result 77' "a result nobody knows" 1

# ---- what is no answer ----
for mode in nonce port cut nothing nowhere giant elsewhere; do
	meets $mode 5 'silent .*does not answer PCP' "not taken for an answer" 2
done
check "from the wrong port: still asking, slowly" test "$(asked 2)" -le 5
for mode in pmpport pmpshort; do
	meets $mode 5 'silent .*does not answer NAT-PMP' "not taken for an answer" 1
done

# ---- lies ----
meets loop 1 'up by pcp at 127.0.0.1:4500' "an impossible outside is reported as it is" 2
meets victim 1 'up by pcp at 11.22.33.99:4500' "so is another one: the manager compares" 2
meets amnesia 1 'up by pcp' "an epoch that jumps with each answer" 2
sleep 2
check "is no reason to ask for ever" test "$(asked)" -le 6
meets storm 1 'up by pcp' "announcements without end" 2
before=$(asked)
sleep 3
check "are heeded once a second" test "$(($(asked) - before))" -le 4
check "but heeded" test "$(($(asked) - before))" -ge 2
lab_stop home gateway >/dev/null 2>&1 || :
lab_start rogue gateway $LAB/fake_gateway 192.168.1.66 storm
before=$(grep -c announces "$(lab_log laptop worker)" || :)
sleep 1
check_equal "those of a stranger are not" "$before" "$(grep -c announces "$(lab_log laptop worker)" || :)"

# ---- nothing went anywhere else ----
lab_stop laptop tcpdump INT || :
check_equal "packets to anybody but the gateway" "" \
	"$(tcpdump -n -r $LAB/pcap/all.pcap 'src 192.168.1.10 and not dst 192.168.1.1' 2>/dev/null)"
check "and many to it" test "$(tcpdump -n -r $LAB/pcap/all.pcap 'src 192.168.1.10' 2>/dev/null | wc -l)" -gt 50
say quit
check_soon "the worker ends well" 3 grep -F 'worker ended with 0 ' "$(lab_log laptop worker)"
