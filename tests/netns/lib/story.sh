# The demo's story as a test; story_dnsd.sh, story_bind.sh and story_knot.sh say with which name server.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
lab_require nft miniupnpd dig ssh scp sshd ss

lab_pair "$1"
lab_sshd nas laptop
before=$(lab_exec laptop sha256sum /etc/resolv.conf)
lab_capture wire

# broken.sh wants to see this fail: one process of laptop's cannot do its work.
[ -z "${BROKEN:-}" ] || printf '[daemon]\nlog = debug\n%s\n' "$BROKEN" | lab_config laptop

# From nothing to the first byte by name.
start=$(lab_now_ms)
lab_daemon laptop nas
check "the first byte by name arrives" lab_first_byte laptop nas
check_within "cold start to first byte by name" 3000 $(($(lab_now_ms) - start)) ms
check_soon "both know it is up" 5 eval 'lab_is_up laptop nas && lab_is_up nas laptop'

check "the mapping is on laptop's NAT" eval 'lab_mappings home | grep -q 4500'
check "the mapping is on nas's NAT" eval 'lab_mappings office | grep -q 4500'
check_equal "status shows it" 11.22.33.2 "$(lab_status laptop .mapping.external.address)"
name=nas.$LAB_DOMAIN
check_equal "AAAA is the inner address" "$(lab_ula nas)" \
	"$(lab_exec laptop dig +short $name AAAA)"
check_equal "SRV leads to the outer one" 11.22.33.3 "$(lab_exec laptop dig +short \
	"$(lab_exec laptop dig +short "_autotunnel._udp.$name" SRV | sort -n | awk 'NR == 1 { print $4 }')" A |
	head -n 1)"
check "TXT says how it is reached" eval \
	"lab_dig laptop _autotunnel._udp.$name TXT | grep -q 'nat=pcp'"
check_equal "PTR lists both" 2 "$(lab_exec laptop dig +short "_autotunnel._udp.$LAB_DOMAIN" PTR | wc -l)"

check_equal "ssh by short name" nas "$(lab_exec laptop ssh nas hostname)"
check_equal "ssh by full name" nas "$(lab_exec laptop ssh $name hostname)"
sum=$(lab_file laptop 20)
check "a file of 20 MB crosses" lab_exec laptop scp -q /tmp/file nas:/tmp/copy
check_equal "unchanged" "$sum" "$(lab_exec nas sh -c 'sha256sum </tmp/copy')"
check "reverse lookup" eval 'lab_exec laptop getent hosts "$(lab_ula nas)" | grep -q nas'

lab_capture_stop wire
check "ESP in UDP crossed the Internet" test "$(lab_packets wire 'udp port 4500')" -gt 100
check_equal "and nothing else but DNS" 0 "$(lab_packets wire "$LAB_FOREIGN")"
for host in laptop nas; do
	check_equal "nothing of ours listens on $host but UDP 4500 and announcements" "" "$(lab_listening $host)"
done
check_equal "resolv.conf is untouched" "$before" "$(lab_exec laptop sha256sum /etc/resolv.conf)"

# A clean stop takes everything back.
check "nas stops" lab_daemon_stop nas
check_equal "its mapping is gone" "" "$(lab_mappings office)"
check_equal "its addresses are withdrawn" "" "$(lab_exec laptop dig +short "at.$name" A)"
check_not "its interface is gone" lab_exec nas ip link show at0
