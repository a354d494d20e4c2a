#!/bin/bash
# What a router claims and what is true: a provider's NAT before it, found because the name server
# sees another address; a mapping verified by the name server's knock; a firewall that lets none in; a
# mapping that the router has lost without knowing.
#
#    laptop .10 ── home 192.168.1.1 ── 11.22.44.2 ── cgn ── 11.22.33.7 ─┐  Internet ── ns .53
#                  later straight:     11.22.33.2 ──────────────────────┤
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/map.sh"
lab_require nft miniupnpd

contacts() {
	lab_dig laptop at.laptop.$LAB_DOMAIN A | awk '{ print $5 }' | sort | xargs
}

contacts_are() {
	[ "$(contacts)" = "$1" ]
}

lab_internet
lab_ns
lab_nat cgn 11.22.33.7 11.22.44.1/24 none
lab_nat home 11.22.33.2 192.168.1.1/24 none
ip -n home link del wan
ip link add wan netns home type veth peer name home netns cgn
ip -n cgn link set home master lan up
ip -n home addr add 11.22.44.2/24 dev wan
ip -n home link set wan up
ip -n home route add default via 11.22.44.1
lab_miniupnpd home both
lab_host laptop home
ip link add lan netns ns type veth peer name ns netns home
ip -n home link set ns master lan up
ip -n ns addr add 192.168.1.53/24 dev lan
ip -n ns link set lan up
LAB_DNSD="listen = $LAB_NS, 192.168.1.53" lab_account dnsd laptop

# ---- a provider's NAT ----
lab_capture knocks "src host $LAB_NS and udp and not src port 53"
lab_daemon laptop
check_soon "the router maps" 5 map_is .mapping.state up
check_equal "and claims that outside" 11.22.44.2 "$(map .mapping.external.address)"
check_soon "the name server sees another one" 5 map_is .mapping.seen.address 11.22.33.7
check_soon "a double NAT, called so" 3 map_is .mapping.nat double
check_soon "in the records, too" 5 txt_says 'nat=double'
check_soon "and the useless address is not published" 5 contacts_are 192.168.1.10
lab_exec laptop autotunnel map >$LAB/map.txt
check "map says why" grep -q '^The name server sees another address: another NAT stands' $LAB/map.txt
check "and what was seen" grep -q '^The name server sees this machine at 11\.22\.33\.7\.$' $LAB/map.txt
check "and what to do" grep -q 'bridge mode' $LAB/map.txt
check_not "strictly not well" lab_exec laptop autotunnel map --strict

# ---- the provider takes it away ----
ip -n home link del wan
lab_plug home 11.22.33.2/24 wan
lab_stop home miniupnpd || :
lab_miniupnpd home both
check_soon "another outside" 4 map_is .mapping.external.address 11.22.33.2
check_soon "which is what is seen" 20 map_is .mapping.seen.address 11.22.33.2
check_soon "no double NAT any more" 3 map_is .mapping.nat pcp
check_soon "published" 5 contacts_are 11.22.33.2

# ---- verified, by a knock from outside ----
check_soon "somebody comes in: the name server" 3 map_is .mapping.inbound yes
check "at the place that is published" map_is .mapping.place.address 11.22.33.2
check_soon "which the records say" 5 txt_says 'in=yes'
check "map tells" map_says '^Verified .* ago: what is sent there from outside comes in\.$'

lab_exec laptop autotunnel map -v >$LAB/map.txt
check "with -v, the question" grep -q 'outside *> name server, by IPv4: where do you see us? Knock at port 4500' $LAB/map.txt
check "its answer" grep -q 'outside *< name server: at 11\.22\.33\.2; knocked' $LAB/map.txt
check "and the knock" grep -q "outside *< a knock has come from $LAB_NS:" $LAB/map.txt

# ---- a firewall on this machine ----
lab_exec laptop nft add table inet wall
lab_exec laptop nft add chain inet wall in '{ type filter hook input priority 0; }'
lab_exec laptop nft add rule inet wall in udp dport 4500 drop
check "asked again" lab_exec laptop autotunnel map --verify
check "nothing comes in" map_is .mapping.inbound no
check_soon "which the records say" 5 txt_says 'in=no'
check "map names it" map_says '^A firewall stands in the way\.'
check "and what was tried" map_says '^Tried .* ago: what the name server sends there does not come in\.$'
check "status, too" eval 'lab_exec laptop autotunnel status | grep -q "nothing comes in: a firewall"'
check_not "strictly not well" lab_exec laptop autotunnel map --strict
lab_exec laptop nft delete table inet wall
check "without it, asked again" lab_exec laptop autotunnel map --verify --strict
check "all is well" map_is .mapping.inbound yes
check_soon "which the records say" 5 txt_says 'in=yes'

# ---- a mapping that its router has lost without knowing ----
lab_exec home nft flush chain inet filter prerouting_miniupnpd
lab_exec home conntrack -F 2>/dev/null
check_equal "the mapping is gone" "" "$(lab_mappings home)"
check "asked again" lab_exec laptop autotunnel map --verify
check "the router is asked at the first knock that does not come in" \
	grep -q 'nothing comes in at 11\.22\.33\.2:4500 any more: asking the router again' "$(lab_log laptop autotunneld)"
check_equal "so it stands again" 1 "$(lab_mappings home | grep -c 'dport 4500')"
check "and somebody comes in" map_is .mapping.inbound yes

# ---- the name server knocks where it is asked from, and nowhere else ----
lab_capture_stop knocks
check_equal "at the provider's outside, and at our own" "11.22.33.2.4500 11.22.33.7.4500" \
	"$(tcpdump -n -r "$LAB/pcap/knocks.pcap" 2>/dev/null |
		sed -E 's/.* > ([0-9.]+): .*/\1/' | sort -u | xargs)"

# ---- a forward made by hand ----
lab_daemon_stop laptop
lab_exec home nft -f - <<-'NFT'
	add rule inet filter prerouting iifname wan udp dport 7000 dnat ip to 192.168.1.10:4500
	add rule inet filter forward ct status dnat accept
NFT
printf '[daemon]\nlog = debug\n[mapping]\nmethods = none\nexternal = 11.22.33.2:7000\n' | lab_config laptop
lab_daemon laptop
check_soon "is verified, too" 5 map_is .mapping.inbound yes
check "and named" map_says '^Port mapping: 11\.22\.33\.2:7000 is forwarded by hand\.$'
check "strictly well" lab_exec laptop autotunnel map --strict

# ---- a name server in our own network ----
lab_daemon_stop laptop
printf '[daemon]\nlog = debug\n[account]\nserver = 192.168.1.53\n' | lab_config laptop
lab_daemon laptop
check_soon "knows nothing of the outside: the router is believed" 5 contacts_are 11.22.33.2
check "no double NAT" map_is .mapping.nat pcp
check "nothing is verified" map_is .mapping.inbound unknown
check "map says so" map_says '^Not verified yet: this name server cannot do that'
